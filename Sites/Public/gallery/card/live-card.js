// A technique that runs on the shared channel: what it shows, what it costs, and whether it keeps its promise.

import { element } from "/assets/page.js";
import { Feed } from "../line/feed.js";
import { Ledger } from "./ledger.js";
import { Spoiler } from "./spoiler.js";
import { client } from "../library/client.js";
import * as tab from "../library/tab.js";
import { bytes, cardFrame, figure, folded, pageCode, span } from "./frame.js";
import { tabs } from "./tabs.js";

const traceLength = 30;

export class LiveCard {
  #technique;
  #frame;
  #ledger = new Ledger();
  #spoiler = new Spoiler((message) => this.#show(message));
  #state = element("span", { className: "state", textContent: "Not started", "data-testid": "state" });
  #figures = {
    messages: figure("Messages", "messages"),
    missed: figure("Missed", "missed"),
    repeated: figure("Repeated", "repeated"),
    latency: figure("Latency", "latency"),
    requests: figure("Requests", "requests"),
    resets: figure("Resets", "resets"),
    heads: figure("Heads ↑ ↓", "heads"),
    payload: figure("Body ↑ ↓", "payload"),
  };
  #cursor = element("div", { className: "cursor mono", textContent: "cursor –", "data-testid": "cursor" });
  #trace = element("pre", { className: "trace", tabIndex: 0, "aria-label": "Wire trace", "data-testid": "trace" });
  #lines = [];
  #latency = 0;
  #drawing = false;
  #mine;

  /// `mine(data)` tells whether this page published a message; only then are both clocks the same.
  constructor(parent, technique, network, mine) {
    this.#technique = technique;
    this.#mine = mine;
    this.#state.dataset.state = "paused";
    const { box, library, source } = technique;
    this.#frame = cardFrame(
      parent, { ...technique, source: library ? "" : source }, ...(box?.elements ?? []), ...this.#ways(), this.#state,
      element("dl", { className: "figures" }, ...Object.values(this.#figures).map(({ block }) => block)),
      this.#cursor, this.#trace, this.#buttons(), this.#spoilers());
    this.feed = new Feed(technique, network, {
      message: (message) => this.#spoiler.take(message),
      start: (cursor) => this.#ledger.start(cursor),
      reset: (reason, cursor) => this.#reset(reason, cursor),
      repeated: (id) => this.#write("=", `${id} came again; dropped by its offset`),
      state: (name, text) => this.#tell(name, text),
      trace: (direction, text) => this.#write(direction, text),
    });
    this.#draw();
  }

  /// By hand, and where halley.js has the transport, by halley.js: the same channel, counters and check, and the place
  /// is kept from one to the other.
  #ways() {
    const technique = this.#technique;
    if (!technique.library) return [];
    const byLibrary = {
      ...technique, every: undefined, returns: true, open: client(technique.library, technique.origin),
    };
    const ways = { hand: technique, library: byLibrary };
    const told = (text) => element("p", { className: "muted small", textContent: text });
    return tabs(technique.slug, `${technique.title}: written in two ways`, {
      hand: {
        title: "By hand",
        content: [told("The browser's bare object, as in the page code."), pageCode(technique.source)],
      },
      library: {
        title: "halley.js",
        content: [
          told(tab.words(technique.library)),
          folded("Page code", element("pre", { textContent: tab.code(technique), tabIndex: 0 })),
        ],
      },
    }, (name) => this.feed.use(ways[name]));
  }

  get element() {
    return this.#frame.card;
  }

  get fault() {
    return this.#ledger.fault;
  }

  has(id) {
    return this.#ledger.has(id);
  }

  #tell(name, text) {
    this.#state.dataset.state = name;
    if (this.#state.textContent !== text) this.#state.textContent = text;
    if (this.element.dataset.verdict === "none") this.#frame.judge("none", "waiting");
    this.#draw();
  }

  #reset(reason, cursor) {
    this.#ledger.reset(cursor);
    this.#write("!", `reset (${reason}): what was missed is gone, the page loads its snapshot again`);
    this.#judge();
  }

  #show({ id, data }) {
    this.#ledger.take(id);
    this.#technique.box?.show(data);
    if (this.#mine(data)) this.#latency = performance.timeOrigin + performance.now() - data.at;
    this.#judge();
  }

  #judge() {
    if (this.fault) this.#frame.judge("bad", this.fault);
    else if (this.#ledger.resets) this.#frame.judge("reset", "reset told, complete since");
    else this.#frame.judge("good", "complete");
    this.#draw();
  }

  #write(direction, text) {
    const at = new Date().toLocaleTimeString([], { hour12: false });
    this.#lines.push(`${at} ${direction} ${text}`);
    if (this.#lines.length > traceLength) this.#lines.shift();
    this.#draw();
  }

  /// At most once a frame, however much has come.
  #draw() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      const { meter, cursor } = this.feed;
      const values = {
        messages: this.#ledger.count,
        missed: this.#ledger.missed,
        repeated: this.#ledger.repeated,
        latency: this.#latency ? span(this.#latency) : "–",
        requests: meter.requests,
        resets: this.#ledger.resets,
        heads: `${bytes(meter.headOut)} ${bytes(meter.headIn)}`,
        payload: `${bytes(meter.payloadOut)} ${bytes(meter.payloadIn)}`,
      };
      for (const [name, value] of Object.entries(values)) this.#figures[name].value.textContent = value;
      this.#cursor.textContent = `cursor ${cursor || "–"}`;
      this.#trace.textContent = this.#lines.join("\n");
      this.#trace.scrollTop = this.#trace.scrollHeight;
    });
  }

  #buttons() {
    const { box, publish: publishes } = this.#technique;
    const act = async () => {
      try {
        await publishes(this.feed);
      } catch (error) {
        this.#write("×", `not published: ${error.message}`);
      }
    };
    const publish = button(box ? "Say it" : "Publish", "card-publish", act);
    publish.disabled = !publishes;
    if (box) box.onsay = act;
    return element("div", { className: "row" }, publish, this.#runButton());
  }

  /// A visitor's own choice outlasts scrolling.
  held = false;

  #runButton() {
    const run = button("Hold", "hold", () => {
      this.held = !this.held;
      run.textContent = this.held ? "Go on" : "Hold";
      run.setAttribute("aria-pressed", String(this.held));
      this.onheld?.();
    });
    run.title = "Stops this card; when it goes on, it has missed nothing";
    return run;
  }

  /// Faults of the page's own making, behind the transport: the check must see them.
  #spoilers() {
    const buttons = Object.entries(Spoiler.kinds).map(([kind, words]) => {
      return button(words, `spoil-${kind}`, () => this.#spoiler.plan(kind));
    });
    const words = "Spoil the next messages on their way from the transport to the card, and see it turn red.";
    return folded(
      "Does the check work?", element("p", { className: "muted small", textContent: words }),
      element("div", { className: "row" }, ...buttons));
  }
}

function button(text, testid, click) {
  const made = element("button", { type: "button", className: "little", textContent: text, "data-testid": testid });
  made.addEventListener("click", click);
  return made;
}
