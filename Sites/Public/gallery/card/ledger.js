// What a card has shown, by id: each offset once, and one more than the last, or it is a fault. It knows nothing of how
// the messages came, and trusts nobody who says they are complete.

import { positions } from "../line/place.js";

export class Ledger {
  #epoch = "";
  #last = 0;
  /// The first fault in words: it tells most.
  fault = "";
  count = 0;
  missed = 0;
  repeated = 0;
  resets = 0;

  /// The position that the server announced: the next message must be the one after it.
  start(cursor) {
    if (this.#epoch || !cursor) return;
    [[this.#epoch, this.#last]] = positions(cursor);
  }

  /// The server said that messages are missing: counting starts again there, and that is no fault.
  reset(cursor) {
    this.resets += 1;
    [[this.#epoch, this.#last]] = positions(cursor);
  }

  take(id) {
    const [[epoch, offset]] = positions(id);
    this.count += 1;
    if (!this.#epoch) [this.#epoch, this.#last] = [epoch, offset - 1];
    if (epoch !== this.#epoch) this.#blame(`${id} is of another life of the channel`);
    else if (offset === this.#last) this.#repeat(`${id} came twice`);
    else if (offset < this.#last) this.#repeat(`${id} came after ${epoch}-${this.#last}`);
    else if (offset > this.#last + 1) {
      this.missed += offset - this.#last - 1;
      this.#blame(`${offset - this.#last - 1} lost before ${id}`);
    }
    this.#last = epoch === this.#epoch ? Math.max(offset, this.#last) : offset;
    this.#epoch = epoch;
  }

  /// Whether everything up to this id has been shown.
  has(id) {
    const [[epoch, offset]] = positions(id);
    return epoch === this.#epoch && offset <= this.#last;
  }

  #repeat(text) {
    this.repeated += 1;
    this.#blame(text);
  }

  #blame(text) {
    this.fault ||= text;
  }
}
