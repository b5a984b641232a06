// What a card has received, by id: each offset exactly once and one more than the last, or it is a fault.

import { positions } from "/assets/push/cursor.js";

export class Ledger {
  #epoch = "";
  #last = 0;
  fault = "";
  count = 0;

  /// The position the server announced: the next message must be the one after it.
  start(cursor) {
    if (this.#epoch || !cursor) return;
    [[this.#epoch, this.#last]] = positions(cursor);
  }

  /// The server said that messages are missing: counting starts again there, and that is no fault.
  reset(cursor) {
    [[this.#epoch, this.#last]] = positions(cursor);
  }

  take(id) {
    const [[epoch, offset]] = positions(id);
    this.count += 1;
    if (!this.#epoch) [this.#epoch, this.#last] = [epoch, offset - 1];
    if (epoch !== this.#epoch) this.#blame(`${id} is of another life of the channel`);
    else if (offset === this.#last) this.#blame(`${id} came twice`);
    else if (offset < this.#last) this.#blame(`${id} came after ${epoch}-${this.#last}`);
    else if (offset > this.#last + 1) this.#blame(`${offset - this.#last - 1} lost before ${id}`);
    this.#epoch = epoch;
    this.#last = Math.max(offset, this.#last);
  }

  #blame(text) {
    this.fault ||= text; // the first one tells most
  }
}
