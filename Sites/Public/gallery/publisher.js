// Publishes to the shared channel. It has a network of its own: with the page's network down, it is another visitor.

export class Publisher {
  #address;
  #me = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36)).join("");
  #last = "";
  count = 0;

  constructor(address) {
    this.#address = address;
  }

  /// The id of the newest message that this page has published.
  get last() {
    return this.#last;
  }

  isMine(data) {
    return data?.from === this.#me;
  }

  async post() {
    const answer = await fetch(this.#address, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(this.#message()),
    });
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    this.#published((await answer.json()).id);
  }

  /// By the way of one card's technique, over the page's network.
  async by(feed) {
    this.#published(await feed.publish(this.#message()));
  }

  #message() {
    return { from: this.#me, number: this.count + 1, at: performance.timeOrigin + performance.now() };
  }

  #published(id) {
    this.count += 1;
    if (offset(id) > offset(this.#last)) this.#last = id;
  }
}

const offset = (id) => Number(id.slice(id.lastIndexOf("-") + 1) || 0);
