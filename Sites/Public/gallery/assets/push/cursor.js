// Where a client stands: opaque text for the server, and the last offset of each epoch to recognise duplicates by.

export class Cursor {
  text = "";
  #last = new Map();

  /// A position the server told; offsets already seen stay seen.
  moveTo(text) {
    if (typeof text !== "string") return;
    this.text = text;
    for (const [epoch, offset] of positions(text)) {
      this.#last.set(epoch, Math.max(offset, this.#last.get(epoch) ?? 0));
    }
  }

  /// After a reset: what was known before counts no more.
  replace(text) {
    this.#last.clear();
    this.moveTo(text);
  }

  /// Takes a message's id; false if it has been seen before.
  advance(id, cursor) {
    const [[epoch, offset]] = positions(id);
    if (offset <= (this.#last.get(epoch) ?? 0)) return false;
    this.#last.set(epoch, offset);
    this.text = cursor ?? id;
    return true;
  }
}

/// `kQ3fZx9a-42.Pm2aT0xY-7` → [["kQ3fZx9a", 42], ["Pm2aT0xY", 7]]
export function positions(text) {
  return String(text).split(".").map((entry) => {
    const dash = entry.lastIndexOf("-");
    return [entry.slice(0, dash), Number(entry.slice(dash + 1))];
  });
}
