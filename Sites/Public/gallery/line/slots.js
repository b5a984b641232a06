// A browser opens at most six HTTP/1.1 connections to a host, and every held poll or stream occupies one for as long as
// it lasts. Cards take turns on four of them; two stay free for short polls and for publishing. WebSockets have a limit
// of their own, far away. A card whose turn is over has its cursor, so it misses nothing while it waits.

const limit = 4;
const turn = 2000; // milliseconds, when somebody waits

class Slots {
  #holders = new Set();
  #queue = [];
  #timer = 0;

  /// Resolves with `release` when there is room; `yieldNow` is called when the turn is over and others wait.
  take(yieldNow, signal) {
    if (this.#holders.size < limit) return Promise.resolve(this.#admit(yieldNow));
    return new Promise((resolve, reject) => {
      const entry = { yieldNow, resolve };
      signal.addEventListener("abort", () => {
        this.#queue = this.#queue.filter((other) => other !== entry);
        reject(signal.reason);
      });
      this.#queue.push(entry);
      this.#watch();
    });
  }

  #admit(yieldNow) {
    const holder = { since: performance.now(), yieldNow };
    this.#holders.add(holder);
    return () => {
      this.#holders.delete(holder);
      const next = this.#queue.shift();
      next?.resolve(this.#admit(next.yieldNow));
      this.#watch();
    };
  }

  /// Asks the one that has had its turn for longest to make room.
  #watch() {
    clearTimeout(this.#timer);
    const [eldest] = this.#holders;
    if (this.#queue.length === 0 || !eldest) return;
    this.#timer = setTimeout(() => {
      const over = [...this.#holders].filter((holder) => performance.now() - holder.since >= turn);
      for (const holder of over.slice(0, this.#queue.length)) holder.yieldNow();
      this.#watch();
    }, Math.max(250, eldest.since + turn - performance.now()));
  }
}

const hosts = new Map();

/// The connections to one host.
export function slotsOf(host) {
  if (!hosts.has(host)) hosts.set(host, new Slots());
  return hosts.get(host);
}
