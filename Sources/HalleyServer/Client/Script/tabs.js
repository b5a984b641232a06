// One tab leads for all that look at the same address: it holds a Web Lock, and when it goes the next one gets it.

import { randomKey } from "./request.js";

const leaseLasts = 5_000;

export class Tabs {
  isLeader = false;
  #name;
  #led;
  #heard;
  #bus;
  #resign;

  // `led(isLeader)` is called when this tab's part changes, `heard(data)` with what another tab posts.
  constructor(name, led, heard) {
    this.#name = name;
    this.#led = led;
    this.#heard = heard;
  }

  join() {
    this.#bus = new BroadcastChannel(this.#name);
    this.#bus.onmessage = ({ data }) => this.#bus && this.#heard(data);
    this.#resign = (navigator.locks ? lock : lease)(this.#name, (isLeader) => {
      if (!this.#bus || isLeader === this.isLeader) return;
      this.isLeader = isLeader;
      this.#led(isLeader);
    });
  }

  post(data) {
    this.#bus?.postMessage(data);
  }

  leave() {
    this.isLeader = false;
    this.#bus?.close();
    this.#bus = undefined;
    this.#resign?.();
    this.#resign = undefined;
  }
}

function lock(name, lead) {
  const wait = new AbortController();
  let release;
  const hold = () => {
    lead(true);
    return new Promise((resolve) => (release = resolve));
  };
  navigator.locks.request(name, { signal: wait.signal }, hold).catch(() => {});
  return () => {
    wait.abort();
    release?.();
  };
}

// Pages without Web Locks (plain HTTP) hold a lease in `localStorage`. Who finds it free writes it and leads if it is
// still there a moment later; two leaders for that moment cost a connection, no message.
function lease(name, lead) {
  const me = randomKey();
  let timer;
  let holds = false;
  const look = () => {
    let owner, until;
    try {
      [owner, until] = JSON.parse(localStorage.getItem(name)) ?? [];
      const mine = owner === me;
      if (mine || !(until > Date.now())) localStorage.setItem(name, JSON.stringify([me, Date.now() + leaseLasts]));
      holds = mine;
    } catch {
      // Nowhere to meet: every tab on its own.
      holds = true;
    }
    lead(holds);
    timer = setTimeout(look, holds || owner !== me && until > Date.now() ? 1000 : 100);
  };
  look();
  return () => {
    clearTimeout(timer);
    if (holds) localStorage.removeItem(name);
  };
}
