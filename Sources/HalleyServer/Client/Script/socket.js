// A WebSocket that comes back: the surface of `WebSocket` and the options that pages know from
// reconnecting-websocket. For raw mode and handlers: payloads only, no cursor, nothing is replayed.

import { meaning } from "./websocket.js";

const defaults = {
  minReconnectionDelay: 1_000 + Math.random() * 4_000,
  maxReconnectionDelay: 10_000,
  reconnectionDelayGrowFactor: 1.3,
  minUptime: 5_000,
  connectionTimeout: 4_000,
  maxRetries: Infinity,
  maxEnqueuedMessages: Infinity,
  startClosed: false,
};

export class HalleySocket extends EventTarget {
  onopen = null;
  onmessage = null;
  onerror = null;
  onclose = null;

  #address;
  #protocols;
  #options;
  #socket;
  #queue = [];
  #timer;
  #retries = -1;
  #binaryType = "blob";
  #isOver = false;

  // `url`: text, or a function that returns it or a promise of it.
  constructor(url, protocols = [], options = {}) {
    super();
    this.#address = url;
    this.#protocols = protocols;
    this.#options = { ...defaults, ...options };
    if (this.#options.startClosed) this.#isOver = true;
    else this.#connect();
  }

  get readyState() {
    if (this.#isOver) return this.#socket ? this.#socket.readyState : 3;
    return this.#socket?.readyState === 1 ? 1 : 0;
  }

  get url() {
    return this.#socket?.url ?? "";
  }

  get protocol() {
    return this.#socket?.protocol ?? "";
  }

  get extensions() {
    return this.#socket?.extensions ?? "";
  }

  get bufferedAmount() {
    return new Blob(this.#queue).size + (this.#socket?.bufferedAmount ?? 0);
  }

  // Connections tried again since the last one that lasted.
  get retryCount() {
    return Math.max(this.#retries, 0);
  }

  get binaryType() {
    return this.#binaryType;
  }

  set binaryType(type) {
    this.#binaryType = type;
    if (this.#socket) this.#socket.binaryType = type;
  }

  // Sent when open, else kept for the next connection.
  send(data) {
    if (this.#socket?.readyState === 1) this.#socket.send(data);
    else if (this.#queue.length < this.#options.maxEnqueuedMessages) this.#queue.push(data);
  }

  // Ends it; nothing reconnects but `reconnect`.
  close(code = 1000, reason) {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#socket?.close(code, reason);
  }

  reconnect(code, reason) {
    const old = this.#socket;
    this.#isOver = false;
    this.#retries = -1;
    clearTimeout(this.#timer);
    this.#socket = undefined;
    old?.close(code, reason);
    this.#connect();
  }

  async #connect() {
    this.#retries += 1;
    const { connectionTimeout, minUptime } = this.#options;
    const turn = (this.#socket = {});
    let url, socket;
    try {
      url = await (typeof this.#address === "function" ? this.#address() : this.#address);
      if (this.#isOver || this.#socket !== turn) return;
      const absolute = new URL(url, location.href).href.replace(/^http/, "ws");
      socket = new WebSocket(absolute, this.#protocols);
    } catch (error) {
      if (this.#socket === turn) this.#ended({ code: 1006, reason: error.message, wasClean: false });
      return;
    }
    this.#socket = socket;
    socket.binaryType = this.#binaryType;
    let uptime;
    const timeout = setTimeout(() => socket.close(), connectionTimeout);
    const mine = (act) => (event) => this.#socket === socket && act(event);
    socket.onopen = mine(() => {
      clearTimeout(timeout);
      uptime = setTimeout(() => (this.#retries = 0), minUptime);
      this.#fire(new Event("open"));
      this.#queue.splice(0).forEach((data) => this.send(data));
    });
    socket.onmessage = mine(({ data, origin }) => this.#fire(new MessageEvent("message", { data, origin })));
    socket.onerror = mine(() => this.#fire(new Event("error")));
    socket.onclose = (event) => {
      clearTimeout(timeout);
      clearTimeout(uptime);
      if (this.#socket === socket) this.#ended(event);
    };
  }

  #ended({ code, reason, wasClean }) {
    this.#socket = undefined;
    const { maxRetries, minReconnectionDelay, maxReconnectionDelay, reconnectionDelayGrowFactor } = this.#options;
    const { terminal, retry = 0, atOnce } = meaning({ code, reason });
    if (terminal || this.#retries >= maxRetries) this.#isOver = true;
    if (!this.#isOver) {
      const grown = minReconnectionDelay * reconnectionDelayGrowFactor ** Math.max(this.#retries, 0);
      const delay = atOnce ? Math.random() * 1_000 : Math.min(maxReconnectionDelay, grown);
      this.#timer = setTimeout(() => this.#connect(), Math.max(delay, retry));
    }
    this.#fire(new CloseEvent("close", { code, reason, wasClean }));
  }

  #fire(event) {
    try {
      this[`on${event.type}`]?.(event);
    } catch (error) {
      reportError(error);
    }
    this.dispatchEvent(event);
  }
}

["CONNECTING", "OPEN", "CLOSING", "CLOSED"].forEach((name, state) => {
  HalleySocket[name] = HalleySocket.prototype[name] = state;
});
