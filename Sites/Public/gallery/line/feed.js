// Keeps one technique running: attempt after attempt, each from where the last one stood, with full jitter after a
// failure, a slot among the host's six connections, and nothing at all while the card is stopped.

import { Line, Refusal, reasons } from "./line.js";
import { Meter, requestWeight, headWeight, size } from "./meter.js";
import { Network } from "./network.js";
import { Place } from "./place.js";
import { slotsOf } from "./slots.js";

const shortest = 500;
const longest = 8000;
/// What acts on a line whose client has the page's network under it.
const calm = new Network();

export class Feed {
  meter = new Meter();
  attempts = 0;
  #technique;
  #network;
  #listener;
  #stop = null;
  #line = null;
  #failures = 0;
  #retry = 0;
  #fresh = true;
  #wake = () => {};

  /// `technique`: `open(line)`, `address`, and optional `origin`, `every` (milliseconds between requests), `held`
  /// (whether it keeps an HTTP connection) and `returns` (whether it reconnects by itself: then the page's network acts
  /// on the connections under its line, not on the line). `listener`: what `Place` tells, `message`,
  /// `state(name, text)`, `trace`.
  constructor(technique, network, listener) {
    this.#technique = technique;
    this.#network = network;
    this.#listener = listener;
    this.place = new Place((message) => listener.message(message), {
      start: (cursor) => listener.start?.(cursor),
      reset: (reason, cursor) => listener.reset?.(reason, cursor),
      repeated: (id) => listener.repeated?.(id),
      heartbeat: () => listener.heartbeat?.(),
      retry: (milliseconds) => void (this.#retry = milliseconds),
      live: () => {
        this.#failures = 0;
        listener.state("live", "Live");
      },
    });
  }

  get cursor() {
    return this.place.cursor;
  }

  get address() {
    return this.#technique.address;
  }

  get network() {
    return this.#network;
  }

  get isRunning() {
    return this.#stop !== null;
  }

  start() {
    if (this.#stop) return;
    this.#stop = new AbortController();
    this.#fresh = true;
    this.#run(this.#stop.signal);
  }

  stop(text = "Stopped") {
    if (!this.#stop) return;
    this.#stop.abort(reasons.stop);
    this.#stop = null;
    this.#listener.state("paused", text);
  }

  /// Goes on by another technique, from where this one stands.
  use(technique) {
    this.#technique = technique;
    this.#fresh = true;
    this.#line?.abort(reasons.turn);
    this.#wake();
  }

  tell(state, text) {
    this.#listener.state(state, text);
  }

  trace(direction, text) {
    this.#listener.trace?.(direction, text);
  }

  async #run(stopped) {
    while (!stopped.aborted) {
      const wait = await this.#attempt(stopped).catch((error) => this.#after(error, stopped));
      if (wait > 0) await this.#sleep(wait, stopped);
    }
  }

  /// Returns the milliseconds until the next attempt.
  async #attempt(stopped) {
    const technique = this.#technique;
    const { open, held, every, origin, returns } = technique;
    let release;
    if (held) {
      if (this.#fresh) this.#wait("Waits for a connection");
      release = await slotsOf(new URL(origin ?? location.href).host).take(() => this.#turnOver(), stopped);
    }
    const line = new Line(this, returns ? calm : this.#network);
    const stop = () => line.abort(reasons.stop);
    stopped.addEventListener("abort", stop);
    this.#line = line;
    try {
      stopped.throwIfAborted();
      if (technique !== this.#technique) throw reasons.turn;
      if (this.#network.isDown && !returns) throw reasons.cut;
      if (this.#fresh) this.#listener.state("connecting", "Asking");
      this.#fresh = false;
      this.attempts += 1;
      this.#retry = 0;
      await open(line);
      await line.settled();
      return Math.max(this.#retry, every ?? 0);
    } finally {
      this.#line = null;
      stopped.removeEventListener("abort", stop);
      line.abort(reasons.stop);
      release?.();
    }
  }

  #wait(text) {
    this.#listener.state("queued", text);
    this.#fresh = true;
  }

  #turnOver() {
    if (!this.#line) return;
    this.#wait("Waits for its turn");
    this.#line.abort(reasons.turn);
  }

  #after(error, stopped) {
    if (stopped.aborted || error === reasons.turn) return 0;
    if (error instanceof Refusal) {
      this.stop();
      this.#listener.state("refused", error.message);
      return 0;
    }
    const wait = Math.random() * Math.min(longest, shortest * 2 ** this.#failures);
    this.#failures += 1;
    const words = { [reasons.lost]: "An answer was lost", [reasons.silent]: "The line went silent" };
    const why = this.#network.isDown ? "No network" : words[error] ?? "Connection lost";
    this.#listener.state("waiting", `${why}; again in ${(wait / 1000).toFixed(1)} s`);
    return Math.max(wait, 50);
  }

  /// Until the time is over, the card stops, or the network is back.
  #sleep(milliseconds, stopped) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stopped.removeEventListener("abort", done);
        this.#network.removeEventListener("back", soon);
        this.#wake = () => {};
        resolve();
      };
      this.#wake = done;
      const soon = () => setTimeout(done, Math.random() * 500);
      const timer = setTimeout(done, milliseconds);
      stopped.addEventListener("abort", done);
      this.#network.addEventListener("back", soon);
    });
  }

  // --- publishing ---

  /// By the technique's own way if it has one, else by POST. Returns the id.
  async publish(data) {
    const body = JSON.stringify(data);
    if (this.#line?.publish) return this.#line.publish(data);
    const url = new URL(this.address, location.href);
    this.trace("→", `POST ${url.pathname} ${body}`);
    this.meter.request(requestWeight(url, "POST"));
    this.meter.sent(0, size(body));
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const text = await answer.text();
    this.meter.received(headWeight(answer.headers), size(text));
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    this.trace("←", text);
    return JSON.parse(text).id;
  }
}
