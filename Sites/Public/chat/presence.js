// Who is here: pages say when they come and go, and those already here answer a newcomer.

const silentAfter = 300_000; // a page that vanished without a word is not shown for ever

export class Presence {
  #names = new Map();

  /// Notes a sign of life; true if this person is new here.
  saw({ id, name, at }) {
    const known = this.#names.has(id);
    this.#names.set(id, { name, at: Math.min(at, Date.now()) });
    return !known;
  }

  left(id) {
    this.#names.delete(id);
  }

  clear() {
    this.#names.clear();
  }

  get names() {
    const now = Date.now();
    return [...this.#names.values()].filter(({ at }) => now - at < silentAfter).map(({ name }) => name);
  }
}
