// Full jitter: after a restart thousands of clients must not come back in step.

const base = 500;
const cap = 20_000;
const stableAfter = 10_000;

export class Backoff {
  #failures = 0;
  #stableSince = 0;

  /// Milliseconds to wait before the next try: anything between 0 and a bound that doubles.
  next() {
    if (this.#stableSince && performance.now() - this.#stableSince >= stableAfter) this.#failures = 0;
    this.#stableSince = 0;
    const bound = Math.min(cap, base * 2 ** this.#failures);
    this.#failures += 1;
    return Math.random() * bound;
  }

  /// A connection works; after ten seconds of that the failures are forgotten.
  stable() {
    this.#stableSince ||= performance.now();
  }

  reset() {
    this.#failures = 0;
  }
}
