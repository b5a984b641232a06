// Halley's browser client: one channel (or several on one connection) over any transport, nothing lost, nothing twice.

import { Connection, everyTransport } from "./connection.js";
import { Cursor } from "./cursor.js";
import { watchPage } from "./page.js";
import { Publisher, pack, post, unpack } from "./publisher.js";
import { HalleySocket } from "./socket.js";
import { Tabs } from "./tabs.js";
import { randomKey } from "./request.js";
import { watch } from "./timing.js";

// A leader that says nothing at all for so long is gone, whatever its lock says; the first answer comes at once.
const leaderSilent = 45_000;
const leaderAnswers = 1_000;

export class Halley {
  static transports = everyTransport;
  static WebSocket = HalleySocket;

  url;
  options;
  state = { state: "connecting", reason: "Starting" };
  stats = { requests: 0, messages: 0, duplicates: 0, resets: 0 };

  #handlers = {};
  #cursor = new Cursor();
  #connection;
  #publisher = new Publisher();
  #tabs;
  // When the leading tab was last heard, and for how long it may be silent.
  #leader = {};
  #replayLeft = 0;
  // "on", "paused" or "over".
  #part = "paused";
  #unwatch;

  constructor(url, options = {}) {
    this.url = new URL(url, location.href).href;
    this.options = options;
    const feed = this;
    this.#connection = new Connection({
      url: this.url,
      options,
      stats: this.stats,
      position: () => feed.position,
      token: () => feed.#token(),
      hear: (frame) => feed.#hear(frame),
      tell: (state, reason, more) => {
        feed.#tell({ state, reason, transport: feed.transport, ...more });
        if (state === "refused") feed.#end();
      },
      lost: () => feed.#publisher.lost(),
    }, this.#list(options.transports));
    this.#unwatch = watchPage({
      wake: (isNetwork) => this.#wake(isNetwork),
      pause: (reason) => this.#pause(reason),
      resume: () => this.#resume(),
    }, options.pauseAfter ?? 300_000);
    // After the page had its chance to listen.
    queueMicrotask(() => this.#resume());
  }

  // Where this feed stands; empty until the server has said so.
  get cursor() {
    return this.#cursor.text;
  }

  // What to ask the server for: where this feed stands, or where it is to begin.
  get position() {
    return this.#cursor.text || this.options.cursor || this.options.start || "";
  }

  // The transport in use or being tried.
  get transport() {
    return this.#connection.isRunning ? this.#connection.transport : this.state.transport;
  }

  on(type, handler) {
    (this.#handlers[type] ??= new Set()).add(handler);
    return this;
  }

  off(type, handler) {
    this.#handlers[type]?.delete(handler);
    return this;
  }

  // Changes to other transports without losing the place.
  use(transports) {
    this.options = { ...this.options, transports };
    this.#connection.use(this.#list(transports));
    if (this.#part !== "on") return;
    this.#leave();
    this.#connection.start();
    this.#join();
  }

  // Publishes JSON or bytes; resolves with the id once the message is in the log.
  publish(data, { event, key, channel, idempotencyKey = randomKey() } = {}) {
    const message = { data, event, key, channel, idempotencyKey };
    if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
      message.data = pack(new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0, data.byteLength));
      message.encoding = "base64";
    }
    return this.#publish(message);
  }

  close() {
    if (this.#part === "over") return;
    this.#end();
    this.#tell({ state: "closed", reason: "Closed by the page" });
  }

  // --- begin and end ---

  #list(transports = everyTransport) {
    return [transports].flat();
  }

  #resume() {
    if (this.#part !== "paused") return;
    this.#part = "on";
    this.#join();
  }

  #pause(reason) {
    if (this.#part !== "on") return;
    this.#stop();
    this.#part = "paused";
    this.#tell({ state: "paused", reason });
  }

  #end() {
    this.#stop();
    this.#part = "over";
    this.#unwatch();
  }

  #stop() {
    this.#leave();
    this.#connection.stop();
  }

  #wake(isNetwork) {
    this.#connection.wake(isNetwork);
    this.#ask();
  }

  #join() {
    const { share, token, start = "", transports = "" } = this.options;
    if (!(share ?? !token) || !window.BroadcastChannel) return this.#connection.start();
    const name = `halley ${[this.url, transports, start, share].join()}`;
    this.#tabs = new Tabs(name, (isLeader) => this.#led(isLeader), (data) => this.#overheard(data));
    this.#tabs.join();
    this.#ask();
  }

  #leave() {
    clearTimeout(this.#leader.timer);
    this.#tabs?.leave();
    this.#tabs = undefined;
  }

  // --- tabs ---

  #led(isLeader) {
    if (!isLeader) return this.#ask();
    clearTimeout(this.#leader.timer);
    this.#connection.start();
    this.#share({});
  }

  // Who leads? Without an answer this tab connects by itself until it hears one.
  #ask() {
    if (!this.#tabs || this.#tabs.isLeader) return;
    clearTimeout(this.#leader.timer);
    this.#leader = { limit: leaderAnswers };
    watch(this.#leader, () => {
      this.#leader.limit = leaderSilent;
      this.#connection.start();
    });
    this.#tabs.post({ ask: true });
  }

  // The leader tells the others all it hears, and where it stood before.
  #share(what) {
    if (this.#tabs?.isLeader) this.#tabs.post({ ...what, before: this.cursor, state: this.state });
  }

  #overheard({ ask, publish, settle, before, state, frame }) {
    if (this.#tabs.isLeader) {
      if (ask) this.#share({});
      if (publish) this.#publishFor(publish);
      return;
    }
    if (settle) return this.#publisher.settle(settle);
    if (before === undefined) return;
    this.#leader.heard = performance.now();
    this.#leader.limit = leaderSilent;
    const { cursor, start } = this.options;
    if (before && !this.position.replace("latest", "") && !cursor && start === "latest") this.#cursor.moveTo(before);
    // What the leader hears next goes on where this tab stands, or it does not: then this tab catches up by itself.
    if (before ? !this.#cursor.covers(before) : this.#cursor.text || cursor) return this.#connection.start();
    if (this.#connection.isRunning) {
      if (state.state !== "live") return;
      this.#connection.stop();
    }
    this.#tell(state);
    if (frame) this.#take(frame);
  }

  #publishFor({ ref, type, ...message }) {
    const settle = (result) => this.#tabs?.post({ settle: { ref, ...result } });
    this.#publish(message).then(settle, (error) => settle({ error: error.message }));
  }

  // --- what the server says ---

  #hear(frame) {
    if (frame.type === "ack" || frame.type === "error") this.#publisher.settle(frame);
    else this.#share({ frame });
    this.#take(frame);
    // A tab that has caught up asks whether it may follow.
    if (!this.#replayLeft) this.#ask();
  }

  #take(frame) {
    this.#emit("frame", frame);
    switch (frame.type) {
      case "welcome":
        if (frame.cursor) this.#cursor.moveTo(frame.cursor);
        this.#replayLeft = frame.replay ?? 0;
        break;
      case "message":
        this.#message(frame);
        break;
      case "cursor":
        this.#cursor.moveTo(frame.cursor);
        break;
      case "reset":
        this.#cursor.replace(frame.cursor);
        this.#replayLeft = 0;
        this.stats.resets += 1;
        this.#emit("reset", { reason: frame.reason, channels: frame.channels, cursor: this.cursor });
        break;
      case "heartbeat":
        this.#emit("heartbeat", frame);
    }
  }

  #message({ id, data, event, key, channel, encoding, cursor }) {
    const replayed = this.#replayLeft > 0;
    if (replayed) this.#replayLeft -= 1;
    if (!this.#cursor.advance(id, cursor)) {
      this.stats.duplicates += 1;
      return;
    }
    this.stats.messages += 1;
    this.#emit("message", { id, data: encoding ? unpack(data) : data, event, key, channel, replayed });
  }

  async #token() {
    const { token } = this.options;
    return typeof token === "function" ? token() : token;
  }

  #publish(message) {
    return this.#publisher.publish(message, [
      (message) => this.#publisher.byFrame(message, (frame) => this.#connection.send(frame)),
      (message) => this.#publisher.byFrame(message, (publish) => {
        const follows = this.#tabs && !this.#tabs.isLeader && !this.#connection.isRunning;
        if (follows) this.#tabs.post({ publish });
        return follows;
      }),
      async (message) => post(this, await this.#token(), message, !this.#publisher.refusesFrames && this.transport === "websocket"),
    ]);
  }

  #tell(state) {
    const { state: name, reason, retryIn } = this.state;
    if (name === state.state && reason === state.reason && retryIn === state.retryIn) return;
    this.state = state;
    this.#share({});
    this.#emit("state", state);
  }

  #emit(type, value) {
    for (const handler of this.#handlers[type] ?? []) {
      try {
        handler(value);
      } catch (error) {
        // The page's mistake must not cost the connection.
        reportError(error);
      }
    }
  }
}

export default Halley;
export { HalleySocket };
