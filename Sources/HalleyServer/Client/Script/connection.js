// One connection at a time to one address, over the best transport that works: opens it, watches it, brings it back.

import { openWebSocket } from "./websocket.js";
import { openEventStream, openStream } from "./streams.js";
import { openLongPoll, openJSONP } from "./polls.js";
import { backoff, now, watch } from "./timing.js";
import { withQuery } from "./request.js";

// How each is opened and called, in the order of preference.
const known = {
  websocket: [openWebSocket, "WebSocket"],
  sse: [openEventStream, "server-sent events"],
  stream: [openStream, "a streamed answer"],
  poll: [openLongPoll, "long-poll"],
  jsonp: [openJSONP, "JSONP"],
};

export const everyTransport = Object.keys(known);

const inWords = (transport) => known[transport][1];

// A transport works if its first frame comes within this time; proxies that buffer show here.
const firstFrame = 5_000;
// A connection that has lived so long ends a row of failures.
const stable = 10_000;
// For so long a choice among the transports stands before better ones are tried again.
const choiceLasts = 600_000;

export class Connection {
  #feed;
  #list;
  #index = 0;
  // In a row, before a first frame, of this transport; and attempts in a row of any.
  #failures = 0;
  #attempts = 0;
  // A link is one opened transport. The candidate is a second one that takes over with its first frame.
  #link;
  #candidate;
  #timer;
  #betterTimer;
  // The server asked not to come back before.
  #notBefore = 0;
  // Transports that have worked here: worth a quick second look after an outage.
  #proven = new Set();

  // `feed` has `url`, `options`, `stats`, `position()`, `token()`, `hear(frame)`, `tell(state, reason, more)`, `lost()`.
  constructor(feed, list) {
    this.#feed = feed;
    this.#choose(list);
  }

  get transport() {
    return this.#list[this.#index];
  }

  get isRunning() {
    return Boolean(this.#link || this.#timer);
  }

  start() {
    if (!this.isRunning) this.#connect();
  }

  stop() {
    [this.#link, this.#candidate].forEach(drop);
    clearTimeout(this.#timer);
    clearTimeout(this.#betterTimer);
    this.#link = this.#candidate = this.#timer = undefined;
    this.#attempts = this.#failures = 0;
    this.#feed.lost();
  }

  // Changes to other transports: the new link first, then the old one is closed.
  use(list) {
    this.#choose(list);
    if (!this.isRunning) return;
    if (this.#link?.live) return this.#try(this.transport);
    this.stop();
    this.#connect();
  }

  // Sends a frame if this transport can; what the server says to it comes as a frame.
  send(frame) {
    if (!this.#link?.live || !this.#link.send) return false;
    this.#link.send(frame);
    return true;
  }

  // The network is back, or the page is seen again: come back soon, or see whether the link still lives.
  wake(isNetwork) {
    const link = this.#link;
    const woken = now();
    if (!link && this.#timer) {
      this.#attempts = 0;
      this.#wait(Math.max(Math.random() * 1000, this.#notBefore - woken), "Connection lost");
    } else if (link?.live) {
      setTimeout(() => {
        const alive = isNetwork ? link.heard > woken : now() - link.heard < link.limit / 2;
        if (!alive && this.#link === link && !this.#candidate) this.#try(link.transport);
      }, Math.random() * 1000);
    }
  }

  // --- links ---

  #connect() {
    this.#timer = undefined;
    this.#feed.tell("connecting", `Connecting over ${inWords(this.transport)}`);
    this.#link = this.#open(this.transport);
  }

  // `better`: its place in the list, if this is only a look whether a better transport works by now.
  #try(transport, better) {
    drop(this.#candidate);
    this.#candidate = this.#open(transport, better);
  }

  #open(transport, better) {
    const { url, options, stats } = this.#feed;
    const link = { transport, better, limit: firstFrame };
    const end = (how) => this.#ended(link, how ?? {});
    const session = {
      url,
      options,
      position: () => this.#feed.position(),
      address: (query) => {
        stats.requests += 1;
        return withQuery(url, { ...query, cursor: session.position(), token: session.token });
      },
      frame: (frame) => this.#heard(link, frame),
      text: (text) => {
        let frame;
        try {
          frame = JSON.parse(text);
        } catch {
          return end({ reason: "The server does not speak in frames" });
        }
        this.#heard(link, frame);
      },
      end,
      // A failure of the browser's own is no word of the server's.
      failed: (error) => end(error instanceof Error ? {} : error),
    };
    watch(link, () => end({ reason: link.answered ? "The line went silent" : "No answer" }));
    this.#feed.token().then((token) => {
      if (link.closed) return;
      session.token = token;
      if (transport === "websocket") stats.requests += 1;
      const { send, close } = known[transport][0](session);
      Object.assign(link, { send, close });
      if (link.closed) close();
    }).catch((error) => end({ reason: error.message }));
    return link;
  }

  #heard(link, frame) {
    if (link.closed) return;
    link.heard = now();
    if (!link.answered) {
      if (link === this.#candidate && !this.#promote(link, frame)) return;
      link.answered = true;
      link.limit = 35_000;
      this.#works(link.transport);
    }
    if (frame.heartbeat) link.limit = 2 * frame.heartbeat + 5_000;
    if (frame.type === "move") link.retry = frame.retry ?? 0;
    if (frame.type === "message") link.useful = true;
    if (frame.type === "welcome" || frame.type === "reset") link.live ??= now();
    this.#feed.hear(frame);
    if (link.closed) return;
    if (["welcome", "reset", "status"].includes(frame.type)) {
      const over = `Live over ${inWords(link.transport)}`;
      this.#feed.tell("live", frame.delivery === "degraded" ? `${over}; delivery is delayed` : over);
    }
  }

  // The new link can go on where the old one stands, so the old one can go.
  #promote(link, { type }) {
    if (type !== "welcome") {
      this.#ended(link, {});
      return false;
    }
    drop(this.#link);
    this.#feed.lost();
    this.#link = link;
    this.#candidate = undefined;
    this.#index = this.#list.indexOf(link.transport);
    return true;
  }

  #ended(link, { code, reason = "Connection lost", retry, atOnce, terminal, unoffered }) {
    if (link.closed) return;
    drop(link);
    if (unoffered) this.#strike(link.transport);
    if (link === this.#candidate) {
      this.#candidate = undefined;
      if (link.better === undefined) this.#ended(this.#link, { reason });
      else this.#tryBetter(unoffered ? link.better : link.better + 1);
      return;
    }
    this.#link = undefined;
    clearTimeout(this.#betterTimer);
    this.#feed.lost();
    if (terminal || !this.#list.length) return this.#feed.tell("refused", reason, { code });
    if (this.#candidate) {
      this.#link = this.#candidate;
      this.#candidate = undefined;
      return this.#feed.tell("connecting", `${reason}; connecting over ${inWords(this.#link.transport)}`);
    }
    if (now() - link.live > stable) this.#attempts = 0;
    const least = retry ?? link.retry;
    let delay = atOnce && link.answered ? Math.random() * 1000 : backoff(this.#attempts++);
    if (!link.answered && least === undefined && !unoffered && ++this.#failures >= 2) {
      this.#failures = 0;
      this.#index = (this.#index + 1) % this.#list.length;
      // Each transport has its own two attempts; only from round to round the waits grow.
      if (this.#index) this.#attempts -= 2;
    }
    // A server that moves its clients has spread them already.
    if (unoffered || (link.useful && link.retry !== undefined)) delay = 0;
    if (least) this.#notBefore = now() + least;
    this.#wait(Math.max(delay, least ?? 0), link.retry === undefined ? reason : "The server asked to come back");
  }

  #wait(delay, reason) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), delay);
    const retryIn = Math.round(delay);
    this.#feed.tell("waiting", `${reason}; trying again in ${(delay / 1000).toFixed(1)} s`, { retryIn });
  }

  // --- which transport ---

  #choose(list) {
    this.#list = list.filter((name) => known[name]);
    if (!this.#list.length) throw new TypeError("no transport");
    this.#failures = this.#attempts = 0;
    clearTimeout(this.#betterTimer);
    const [transport, at] = this.#remembered();
    this.#index = Date.now() - at < choiceLasts ? Math.max(0, this.#list.indexOf(transport)) : 0;
  }

  // The route does not offer it.
  #strike(transport) {
    const index = this.#list.indexOf(transport);
    this.#list.splice(index, 1);
    if (index < this.#index) this.#index -= 1;
    this.#index %= this.#list.length || 1;
  }

  #works(transport) {
    this.#failures = 0;
    clearTimeout(this.#betterTimer);
    let [last, since] = this.#remembered();
    if (last !== transport || Date.now() - since >= choiceLasts) since = this.#remember(transport);
    // After an outage of everything, what worked before it does so again.
    const quick = this.#list.slice(0, this.#index).some((name) => this.#proven.has(name));
    this.#proven.add(transport);
    if (this.#index > 0) this.#later(quick ? stable : since + choiceLasts - Date.now());
  }

  #later(delay) {
    this.#betterTimer = setTimeout(() => this.#tryBetter(0), delay);
  }

  #tryBetter(index) {
    if (!this.#link?.live || this.#candidate) return this.#later(stable);
    if (index < this.#index) return this.#try(this.#list[index], index);
    this.#list.slice(0, this.#index).forEach((name) => this.#proven.delete(name));
    this.#remember(this.transport);
    this.#later(choiceLasts);
  }

  #remembered() {
    try {
      return JSON.parse(sessionStorage.getItem(`halley ${this.#feed.url}`)) ?? [];
    } catch {
      return [];
    }
  }

  #remember(transport) {
    const at = Date.now();
    try {
      if (this.#list.length > 1) sessionStorage.setItem(`halley ${this.#feed.url}`, JSON.stringify([transport, at]));
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    return at;
  }
}

function drop(link) {
  if (!link) return;
  link.closed = true;
  clearTimeout(link.timer);
  link.close?.();
}
