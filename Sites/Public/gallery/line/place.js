// Where a card stands. One cursor for every transport: it outlives connections, and is all that a new one needs.

export class Place {
  cursor = "";
  #last = new Map(); // epoch → last offset handed on
  #deliver;
  #listener;

  /// `deliver(message)` gets each message once; `listener` hears `live()`, `start(cursor)`, `reset(reason, cursor)`,
  /// `repeated(id)`, `retry(milliseconds)` and `heartbeat()`.
  constructor(deliver, listener) {
    this.#deliver = deliver;
    this.#listener = listener;
  }

  /// A frame of a stream.
  frame(frame) {
    switch (frame.type) {
      case "welcome":
        this.#stand(frame.cursor);
        this.#listener.live();
        break;
      case "message":
        this.#message(frame);
        break;
      case "cursor":
        this.#stand(frame.cursor);
        break;
      case "reset":
        this.#reset(frame);
        break;
      case "move":
        this.#listener.retry(frame.retry ?? 0);
        break;
      case "heartbeat":
        this.#listener.heartbeat();
        break;
    }
  }

  /// The answer of a poll. Its cursor is the position after its messages.
  answer({ resume, reason, cursor, messages, retry, more }) {
    if (resume === "reset") this.#reset({ reason, cursor });
    else if (messages.length === 0) this.#stand(cursor);
    for (const message of messages) this.#message(message);
    this.cursor = cursor;
    this.#listener.live();
    this.#listener.retry(more ? 0 : retry);
  }

  /// A message from a client that has dropped by itself what came twice: if it has not, the check must see it.
  handed(message) {
    const [[epoch, offset]] = positions(message.id);
    this.#last.set(epoch, offset);
    this.cursor = message.cursor ?? message.id;
    this.#deliver(message);
  }

  #message(message) {
    const [[epoch, offset]] = positions(message.id);
    if (offset <= (this.#last.get(epoch) ?? 0)) this.#listener.repeated(message.id);
    else this.handed(message);
  }

  #stand(cursor) {
    if (!this.cursor) this.#listener.start(cursor);
    this.cursor = cursor;
  }

  #reset({ reason, cursor }) {
    this.#last.clear();
    this.cursor = cursor;
    this.#listener.reset(reason, cursor);
    this.#listener.live();
  }
}

/// `kQ3fZx9a-42.Pm2aT0xY-7` → [["kQ3fZx9a", 42], ["Pm2aT0xY", 7]]
export function positions(text) {
  return String(text).split(".").map((entry) => {
    const dash = entry.lastIndexOf("-");
    return [entry.slice(0, dash), Number(entry.slice(dash + 1))];
  });
}
