// Who is here: the list as the server keeps it, moved on by the events that come with the messages.

export class Presence {
  #url;
  #changed;
  #users = new Set();
  #since = null; // where in the channel the list is true; null until it has come
  #early = []; // events that came before it

  /// `changed` is called with all names whenever they have changed.
  constructor(url, changed) {
    this.#url = new URL(url);
    this.#url.searchParams.set("presence", "");
    this.#changed = changed;
  }

  /// Asks for the list: when the connection is live, and after a reset.
  async load() {
    this.#since = null;
    const answer = await fetch(this.#url);
    if (!answer.ok) return;
    const { members, cursor } = await answer.json();
    this.#users = new Set(members.map(({ user }) => user));
    this.#since = position(cursor);
    for (const early of this.#early.splice(0)) this.#apply(early);
    this.#changed([...this.#users]);
  }

  /// Takes an event of the channel: `presence.join` or `presence.leave`.
  saw({ event, data, id }) {
    if (this.#since) this.#apply({ event, data, id });
    else this.#early.push({ event, data, id });
    if (this.#since) this.#changed([...this.#users]);
  }

  #apply({ event, data, id }) {
    const at = position(id);
    if (at.epoch === this.#since.epoch && at.offset <= this.#since.offset) return; // the list knows
    if (event === "presence.join") this.#users.add(data.user);
    else this.#users.delete(data.user);
  }
}

function position(id) {
  const [epoch, offset] = id.split("-");
  return { epoch, offset: Number(offset) };
}
