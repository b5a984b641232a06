// What a demonstration works with: a channel of its own, listeners with a network and a check of their own, and words.

import { Ledger } from "../card/ledger.js";
import { Feed } from "../line/feed.js";
import { Network } from "../line/network.js";

const patience = 45_000;

export class Trial {
  #feeds = [];
  #ends = [];

  /// Tells what has just happened; `kind` is `good`, `bad` or nothing.
  step;

  constructor(step) {
    this.step = step;
  }

  /// The address of a channel that nobody else uses.
  room() {
    const name = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(36)).join("");
    return `/gallery/lab/${name}`;
  }

  async publish(address, data, query = "") {
    const answer = await fetch(address + query, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(data),
    });
    if (!answer.ok) throw new Error(`publishing was answered ${answer.status}`);
    return (await answer.json()).id;
  }

  /// Listens by a technique and checks what it shows.
  listen(technique) {
    const listener = new Listener(technique);
    this.#feeds.push(listener.feed);
    listener.feed.start();
    return listener;
  }

  /// The same, attached: what is published from now on must arrive.
  async attached(technique) {
    const listener = this.listen(technique);
    await this.until(() => listener.feed.cursor, "the listener is attached");
    return listener;
  }

  check(condition, words) {
    if (!condition) throw new Error(`Not so: ${words}`);
    this.step(words, "good");
  }

  /// Waits for a condition; `words` say what for.
  async until(condition, words) {
    const end = performance.now() + patience;
    for (;;) {
      const value = await condition();
      if (value) return value;
      if (performance.now() > end) throw new Error(`Waited in vain until ${words}`);
      await this.pause(50);
    }
  }

  pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  onEnd(close) {
    this.#ends.push(close);
  }

  end() {
    for (const feed of this.#feeds) feed.stop();
    for (const close of this.#ends) close();
  }
}

/// One listener: `shown` are the payloads in the order in which they came. The technique may have a `message(message)`
/// of its own, which hears them as well.
class Listener {
  network = new Network();
  ledger = new Ledger();
  shown = [];
  reset = "";
  heartbeats = 0;
  waits = [];
  duplicates = 0;

  constructor(technique) {
    this.feed = new Feed(technique, this.network, {
      message: (message) => {
        this.ledger.take(message.id);
        this.shown.push(message.data);
        technique.message?.(message);
      },
      start: (cursor) => this.ledger.start(cursor),
      reset: (reason, cursor) => {
        this.reset = reason;
        this.ledger.reset(cursor);
      },
      repeated: () => void (this.duplicates += 1),
      heartbeat: () => void (this.heartbeats += 1),
      state: (name, text) => name === "waiting" && this.waits.push(text),
    });
  }

  /// Whether it has shown exactly these.
  shows(...data) {
    return !this.ledger.fault && JSON.stringify(this.shown) === JSON.stringify(data);
  }
}
