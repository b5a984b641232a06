// One attempt of a technique: from its request to its end, over the page's network with its faults.
//
// The techniques in bare/ use the browser's own objects; a line is what they report to: `get` before they ask, `head`
// and `hear` when something arrives, `frame` or `answer` for what it means, `end` or `fail` when it is over.

import { requestWeight, headWeight, size } from "./meter.js";

/// The server has refused for good: trying again would not help.
export class Refusal extends Error {}

/// What an aborted line was aborted for.
export const reasons = { stop: "stopped", cut: "cut", lost: "lost", turn: "turn over", silent: "silent" };

export class Line {
  #feed;
  #network;
  #abort = new AbortController();
  #tail = Promise.resolve();
  #due = 0;
  #settle;
  #watched = false;
  #silence = 0; // milliseconds without a sign of life after which the connection counts as dead
  #watchdog = 0;

  /// Settles when the connection is over: resolved by its normal end, rejected by anything else.
  over = new Promise((resolve, reject) => void (this.#settle = { resolve, reject }));

  constructor(feed, network) {
    this.#feed = feed;
    this.#network = network;
    this.over.catch(() => {}); // polls do not wait for it
    network.addEventListener("cut", () => this.abort(reasons.cut), { signal: this.signal });
    this.signal.addEventListener("abort", () => {
      clearTimeout(this.#watchdog);
      this.#settle.reject(this.signal.reason);
    });
  }

  /// Aborted when the card stops or its connection is cut.
  get signal() {
    return this.#abort.signal;
  }

  get cursor() {
    return this.#feed.cursor;
  }

  /// Which attempt this is, from 1.
  get number() {
    return this.#feed.attempts;
  }

  abort(reason) {
    this.#abort.abort(reason);
  }

  /// `close` runs when the line is over, however that comes: its feed aborts it in the end.
  onOver(close) {
    this.signal.addEventListener("abort", close);
  }

  // --- asking ---

  /// The address with cursor and query, counted as one request.
  get(query = {}, { extra = 0, origin } = {}) {
    const url = this.address({ cursor: this.cursor, ...query }, origin);
    this.asked(url, { extra });
    return url.href;
  }

  /// One request to `url`, with `extra` bytes of fields.
  asked(url, { method = "GET", body = "", extra = 0 } = {}) {
    this.#feed.trace("→", `${method} ${url.pathname}${url.search} ${body}`.trimEnd());
    this.#feed.meter.request(requestWeight(url, method) + extra);
    this.#feed.meter.sent(0, size(body));
  }

  address(query, origin) {
    const url = new URL(this.#feed.address, origin ?? location.href);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== "") url.searchParams.set(name, value);
    }
    return url;
  }

  /// Text sent on an open socket, with `overhead` bytes of framing.
  sent(text, overhead) {
    this.#feed.trace("→", text);
    this.#feed.meter.sent(overhead, size(text));
  }

  // --- hearing ---

  /// The head of a `fetch` or XHR answer; one that is not 200 ends the line.
  head({ ok, status, headers }) {
    this.weigh(headers);
    if (ok) return;
    if (status === 429 || status >= 500) throw new Error(`answered ${status}`);
    throw new Refusal(`The server answered ${status}`);
  }

  /// The same for an XMLHttpRequest.
  headOf(request) {
    const lines = request.getAllResponseHeaders().trim().split("\r\n");
    try {
      this.head({ ok: request.status === 200, status: request.status, headers: lines.map((text) => text.split(": ")) });
    } catch (error) {
      this.fail(error);
    }
  }

  /// The head of an answer whose meaning is somebody else's business.
  weigh(headers) {
    this.#feed.meter.received(headWeight(headers), 0);
  }

  /// A head that the browser does not show; its size is asked for once (meter.js).
  unseenHead(kind) {
    this.#feed.meter.received(kind, 0);
  }

  /// For transports whose heartbeats a script can see: a silence longer than two of them ends the line. Some deaths
  /// make no other sound, such as a half-open connection, or a forever-iframe that was cut.
  watch() {
    this.#watched = true;
  }

  #alive() {
    if (!this.#silence) return;
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.abort(reasons.silent), this.#silence);
  }

  /// Something has arrived. `handle(text)` runs now, or later, or never, as the network has it; always in order.
  hear(text, handle, overhead = 0) {
    this.#feed.meter.received(overhead, size(text));
    if (this.signal.aborted) return;
    this.#alive();
    if (this.#network.loses()) {
      this.#feed.trace("×", `lost on the way: ${text}`);
      return this.abort(reasons.lost);
    }
    this.#due = Math.max(this.#due, performance.now() + this.#network.delay());
    const wait = this.#due - performance.now();
    this.#tail = this.#tail.then(async () => {
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, this.#due - performance.now()));
      if (this.signal.aborted) return;
      this.#feed.trace("←", text);
      handle(text);
    }).catch((error) => this.fail(error));
  }

  /// One frame of the server's vocabulary.
  frame(frame) {
    if (this.#watched && frame.heartbeat) this.#silence = 2 * frame.heartbeat + 5000;
    this.#feed.place.frame(frame);
  }

  /// The answer of a poll: messages, and the position after them.
  answer(answer) {
    if (answer.error) throw new Error(`answered ${answer.error}`);
    this.#feed.place.answer(answer);
  }

  // --- a client that comes back by itself ---

  /// A connection that such a client opens: counted and traced as this line's, and the page's network acts on it.
  under() {
    const line = new Line(this.#feed, this.#feed.network);
    this.signal.addEventListener("abort", () => line.abort(reasons.stop), { signal: line.signal });
    const over = () => line.abort(reasons.stop);
    line.over.then(over, over);
    if (this.signal.aborted || this.#feed.network.isDown) line.abort(reasons.cut);
    return line;
  }

  /// Calls `act` when the page's network is back.
  onBack(act) {
    this.#feed.network.addEventListener("back", act, { signal: this.signal });
  }

  /// A message as the client handed it over.
  handed(message) {
    this.#feed.place.handed(message);
  }

  tell(state, text) {
    this.#feed.tell(state, text);
  }

  // --- over ---

  /// The normal end; what is still on its way is handed over first.
  end() {
    this.#tail.then(this.#settle.resolve);
  }

  fail(error) {
    this.#tail.then(() => this.#settle.reject(error));
  }

  /// Waits for what is still on its way; throws if the line was cut meanwhile.
  async settled() {
    await this.#tail;
    if (this.signal.aborted) throw this.signal.reason;
  }
}
