// A small push client: one channel, any transport, one cursor.
//
//   import { connect } from "/assets/push.js";
//   const channel = connect("/tracker/positions", { onmessage: ({ data, id }) => … });
//   channel.publish({ lat: 48.1, lon: 11.5 });
//
// The cursor outlives connections and transports, so nothing is lost when either changes; a message that arrives
// twice is dropped by its offset. Where the server no longer has what was missed, `onreset` says so.

import { openWebSocket } from "./push/websocket.js";
import { openEventStream } from "./push/event-stream.js";
import { openLongPoll, openJSONP } from "./push/poll.js";
import { Backoff } from "./push/backoff.js";
import { Cursor } from "./push/cursor.js";
import { post, randomKey } from "./push/publish.js";

const openers = { websocket: openWebSocket, sse: openEventStream, poll: openLongPoll, jsonp: openJSONP };

/// The order of `auto`: the next one is tried after two failures before a first frame.
const automatic = ["websocket", "sse", "poll"];

/// What people call the transports.
export const transportNames = {
  auto: "Automatic",
  websocket: "WebSocket",
  sse: "Server-sent events",
  poll: "Long-poll",
  jsonp: "JSONP",
};

const inWords = { ...transportNames, sse: "server-sent events", poll: "long-poll" };

/// A transport counts as broken if nothing arrives for so long after it was opened (proxies that buffer).
const firstFrameTimeout = 5000;

/// Opens a channel.
///
/// Options, all of them optional:
/// - `transport`: `auto` (the default), `websocket`, `sse`, `poll` or `jsonp`;
/// - `start`: where to begin without a cursor: `latest` (the default), `oldest` or `last-<n>`;
/// - `onmessage({ data, id, event, key, replayed })`: each message once, in order;
/// - `onstate({ name, text, transport, cursor })`: `connecting`, `live`, `waiting`, `paused`, `refused` or `closed`;
/// - `onreset(reason)`: messages are missing and will not come; load your snapshot again;
/// - `onframe(frame)`: everything the server said, for those who want to watch;
/// - `events`: names of published events to listen for; an EventSource hears only those it was asked to;
/// - `every`: milliseconds between polls that are answered at once, instead of polls that are held;
/// - `callback`: the query parameter that names the JSONP callback (`callback`);
/// - `pauseAfter`: milliseconds in a hidden tab after which the connection is given up until it shows again (5 min).
export function connect(url, options = {}) {
  return new Channel(new URL(url, location.href), options);
}

class Channel {
  #url;
  #options;
  #cursor = new Cursor();
  #backoff = new Backoff();
  #link = null; // the open transport; what an older one still says is not heard
  #timer = 0;
  #pauseTimer = 0;
  #failures = 0; // in a row, before a first frame
  #automaticIndex = 0;
  #choice;
  #moveRetry = 0;
  #acks = new Map();
  #replayLeft = 0;

  /// `name`, `text` for people, `transport`.
  state = { name: "connecting", text: "Starting", transport: "" };

  /// Requests and connections made, messages passed on, duplicates dropped, resets.
  stats = { requests: 0, messages: 0, duplicates: 0, resets: 0 };

  constructor(url, options) {
    this.#url = url;
    this.#options = options;
    this.#choice = options.transport in openers ? options.transport : "auto";
    addEventListener("online", () => this.#soon());
    addEventListener("pagehide", () => this.#pause("Left the page"));
    addEventListener("pageshow", (event) => event.persisted && this.#soon());
    document.addEventListener("visibilitychange", () => this.#visibility());
    this.#open();
  }

  /// Where this client stands; empty until the server has said so.
  get cursor() {
    return this.#cursor.text;
  }

  /// The transport in use: never `auto`.
  get transport() {
    return this.#choice === "auto" ? automatic[this.#automaticIndex] : this.#choice;
  }

  /// Changes to another transport without losing the place.
  use(transport) {
    this.#choice = transport in openers ? transport : "auto";
    this.#automaticIndex = 0;
    this.#failures = 0;
    this.#backoff.reset();
    this.#drop();
    this.#open();
  }

  /// Publishes JSON by the WebSocket that is open, else by POST. Safe to repeat: both carry one idempotency key.
  async publish(data, { event, key } = {}) {
    const message = { data, event, key, idempotencyKey: randomKey() };
    if (this.#link?.publish && this.state.name === "live") {
      try {
        return await this.#publishByFrame(message);
      } catch (error) {
        if (!error.connectionLost) throw error;
      }
    }
    this.stats.requests += 1;
    return post(this.#url, message);
  }

  /// Ends it for good.
  close() {
    this.#drop();
    this.#tell("closed", "Closed");
  }

  // --- one link at a time ---

  #open() {
    clearTimeout(this.#timer);
    const transport = this.transport;
    this.#tell("connecting", `Connecting over ${inWords[transport]}`);
    const session = { heard: false };
    const heard = (call) => (...values) => this.#link?.session === session && call(...values);
    session.url = this.#url;
    session.options = this.#options;
    session.position = () => this.cursor || this.#options.start || "";
    session.requested = () => void (this.stats.requests += 1);
    session.frame = heard((frame) => this.#frame(frame));
    session.interrupted = heard((text) => this.#tell("waiting", text));
    session.ended = heard((end) => this.#ended(end ?? {}));
    this.#moveRetry = 0;
    this.#replayLeft = 0;
    this.#link = { session, close() {} };
    try {
      Object.assign(this.#link, openers[transport](session));
    } catch (error) {
      // Refused by the browser before anything was sent, such as ws: from a page of https:.
      queueMicrotask(() => session.ended({ text: error.message }));
    }
    this.#timer = setTimeout(
      heard(() => this.#ended({ text: "No answer" })),
      firstFrameTimeout,
    );
  }

  #drop() {
    clearTimeout(this.#timer);
    const link = this.#link;
    this.#link = null;
    link?.close();
    const lost = Object.assign(new Error("connection lost"), { connectionLost: true });
    for (const ack of this.#acks.values()) ack.reject(lost);
    this.#acks.clear();
  }

  #ended({ retry, terminal, atOnce, text = "Connection lost" }) {
    const heard = this.#link.session.heard;
    this.#drop();
    if (terminal) return this.#tell("refused", text);
    this.#failures = heard ? 0 : this.#failures + 1;
    if (this.#choice === "auto" && this.#failures >= 2) {
      this.#failures = 0;
      this.#automaticIndex = (this.#automaticIndex + 1) % automatic.length;
    }
    const delay = Math.max(atOnce ? Math.random() * 1000 : this.#backoff.next(), retry ?? this.#moveRetry);
    this.#tell("waiting", `${text}; trying again in ${(delay / 1000).toFixed(1)} s`);
    this.#timer = setTimeout(() => this.#open(), delay);
  }

  // --- what the server says ---

  #frame(frame) {
    const session = this.#link.session;
    if (!session.heard) {
      session.heard = true;
      clearTimeout(this.#timer);
    }
    this.#options.onframe?.(frame);
    switch (frame.type) {
      case "welcome":
        this.#cursor.moveTo(frame.cursor);
        this.#replayLeft = frame.replay ?? 0;
        this.#live();
        break;
      case "message":
        this.#message(frame);
        break;
      case "cursor":
        this.#cursor.moveTo(frame.cursor);
        break;
      case "reset":
        this.#cursor.replace(frame.cursor);
        this.stats.resets += 1;
        this.#live();
        this.#options.onreset?.(frame.reason);
        break;
      case "move":
        this.#moveRetry = frame.retry ?? 0;
        break;
      case "status":
        if (frame.delivery === "degraded") this.#tell("live", "Connected; delivery is delayed");
        else this.#live();
        break;
      case "ack":
        this.#acks.get(frame.ref)?.resolve({ id: frame.id, duplicate: frame.duplicate === true });
        this.#acks.delete(frame.ref);
        break;
      case "error":
        this.#acks.get(frame.ref)?.reject(new Error(frame.error));
        this.#acks.delete(frame.ref);
        break;
    }
  }

  #message(frame) {
    const replayed = this.#replayLeft > 0;
    if (replayed) this.#replayLeft -= 1;
    if (!this.#cursor.advance(frame.id, frame.cursor)) {
      this.stats.duplicates += 1;
      return;
    }
    this.stats.messages += 1;
    const { id, event, key } = frame;
    try {
      this.#options.onmessage?.({ data: value(frame), id, event, key, replayed });
    } catch (error) {
      reportError(error); // the page's mistake must not cost the connection
    }
  }

  #live() {
    this.#backoff.stable();
    this.#tell("live", `Live over ${inWords[this.transport]}`);
  }

  #publishByFrame(message) {
    const ref = randomKey();
    const answer = new Promise((resolve, reject) => this.#acks.set(ref, { resolve, reject }));
    this.#link.publish({ type: "publish", ref, ...message });
    return answer;
  }

  // --- the page comes and goes ---

  #soon() {
    if (this.state.name !== "waiting" && this.state.name !== "paused") return;
    this.#drop();
    this.#backoff.reset();
    this.#timer = setTimeout(() => this.#open(), Math.random() * 1000);
  }

  #pause(text) {
    if (this.state.name === "closed" || this.state.name === "refused") return;
    this.#drop();
    this.#tell("paused", text);
  }

  #visibility() {
    clearTimeout(this.#pauseTimer);
    if (document.visibilityState === "visible") this.#soon();
    else {
      const after = this.#options.pauseAfter ?? 300_000;
      this.#pauseTimer = setTimeout(() => this.#pause("Paused while the tab is hidden"), after);
    }
  }

  #tell(name, text) {
    this.state = { name, text, transport: this.transport };
    this.#options.onstate?.({ ...this.state, cursor: this.cursor });
  }
}

// An event stream hands over text where a frame hands over the value itself: the page sees values either way.
function value({ data, encoding }) {
  if (typeof data !== "string" || encoding) return data;
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
