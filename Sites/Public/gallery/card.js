// One card: a technique on the shared channel, what it costs, and whether it keeps its promise.

import { connect } from "/assets/push.js";
import { element, showState } from "/assets/page.js";
import { Ledger } from "./ledger.js";

const traceLength = 40;

/// The frame of every card; `parts` come between the title and what it is good for.
export function cardFrame(parent, { slug, title, text, use, code }, ...parts) {
  const verdict = element("span", { className: "verdict", textContent: "waiting", "data-testid": "verdict" });
  const card = element(
    "article", { className: "panel card", id: slug, "data-testid": `card-${slug}`, "data-verdict": "none" },
    element("header", {}, element("h2", { textContent: title }), verdict),
    element("p", { className: "small", textContent: text }),
    ...parts,
    element("p", { className: "muted small use" }, element("b", { textContent: "Use it " }), use),
    element("details", {}, element("summary", { textContent: "Server code" }), element("pre", { textContent: code })),
  );
  parent.append(card);
  return {
    card,
    judge(kind, words) {
      card.dataset.verdict = kind;
      verdict.textContent = words;
    },
  };
}

export function figure(name, testid) {
  const value = element("dd", { textContent: "–", "data-testid": testid });
  return { value, block: element("div", {}, element("dt", { textContent: name }), value) };
}

/// `6.4 ms`, `56 ms`, `1.5 s`
export function span(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

export class ChannelCard {
  #ledger = new Ledger();
  #frame;
  #state = element("span", { className: "state", textContent: "Starting", "data-testid": "state" });
  #messages = figure("Messages", "messages");
  #requests = figure("Requests", "requests");
  #latency = figure("Latency", "latency");
  #cursor = element("div", { className: "cursor mono", textContent: "cursor –", "data-testid": "cursor" });
  #trace = element("pre", { className: "trace", tabIndex: 0, "aria-label": "Last frames", "data-testid": "trace" });
  #lines = [];

  /// `mine(data)` tells whether this page published a message; only then are both clocks the same.
  constructor(parent, address, description, mine) {
    this.#state.dataset.state = "connecting";
    this.#frame = cardFrame(
      parent, description, this.#state,
      element("dl", { className: "figures" }, this.#messages.block, this.#requests.block, this.#latency.block),
      this.#cursor, this.#trace);
    this.#messages.value.textContent = "0";
    this.channel = connect(address, {
      transport: description.transport,
      every: description.every,
      pauseAfter: 0, // a hidden page leaves the browser's six connections to the one that is looked at
      onstate: (state) => showState(this.#state, state),
      onframe: (frame) => this.#heard(frame),
      onmessage: ({ data, id }) => this.#received(data, id, mine),
      onreset: () => this.#ledger.reset(this.channel.cursor),
    });
  }

  get count() {
    return this.#ledger.count;
  }

  get fault() {
    return this.#ledger.fault;
  }

  #heard(frame) {
    if (frame.type === "welcome" || frame.type === "cursor") this.#ledger.start(frame.cursor);
    if (frame.type !== "ack") this.#write(frame);
    // What a frame changes is known once it has been dealt with.
    queueMicrotask(() => {
      this.#requests.value.textContent = String(this.channel.stats.requests);
      this.#cursor.textContent = `cursor ${this.channel.cursor || "–"}`;
    });
  }

  #received(data, id, mine) {
    this.#ledger.take(id);
    this.#messages.value.textContent = String(this.#ledger.count);
    if (mine(data)) {
      const latency = performance.timeOrigin + performance.now() - data.at;
      this.#latency.value.textContent = span(latency);
    }
    if (this.fault) this.#frame.judge("bad", this.fault);
    else this.#frame.judge("good", "complete");
  }

  #write(frame) {
    const at = new Date().toLocaleTimeString([], { hour12: false });
    this.#lines.push(`${at} ${JSON.stringify(frame)}`);
    if (this.#lines.length > traceLength) this.#lines.shift();
    this.#trace.textContent = this.#lines.join("\n");
    this.#trace.scrollTop = this.#trace.scrollHeight;
  }
}
