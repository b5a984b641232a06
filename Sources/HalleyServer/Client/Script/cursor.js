// Where a feed stands: for each channel's epoch the offset of the last message seen. One for all transports.

export class Cursor {
  #last = new Map();

  // As the server writes it, `kQ3fZx9a-42.Pm2aT0xY-7`; empty until the server has told a position.
  get text() {
    return Array.from(this.#last, (entry) => entry.join("-")).join(".");
  }

  // Whether everything up to another cursor has been seen.
  covers(text) {
    return positions(text).every(([epoch, offset]) => this.#last.get(epoch) >= offset);
  }

  // A position the server told. What has been seen stays seen: a second connection may begin further back.
  moveTo(text) {
    this.#last = new Map(positions(text).map(([epoch, offset]) => [epoch, Math.max(offset, this.#last.get(epoch) ?? 0)]));
  }

  // After a reset what was known before counts no more.
  replace(text) {
    this.#last.clear();
    this.moveTo(text);
  }

  // Takes a message; false if it has been seen before.
  advance(id, cursor) {
    const [[epoch, offset]] = positions(id);
    if (offset <= this.#last.get(epoch)) return false;
    if (cursor) this.moveTo(cursor);
    else if (!this.#last.has(epoch)) this.#last.clear();
    this.#last.set(epoch, offset);
    return true;
  }
}

// `kQ3fZx9a-42.Pm2aT0xY-7` → [["kQ3fZx9a", 42], ["Pm2aT0xY", 7]]
function positions(text) {
  return String(text ?? "").split(".").filter(Boolean).map((entry) => {
    const dash = entry.lastIndexOf("-");
    return [entry.slice(0, dash), Number(entry.slice(dash + 1))];
  });
}
