// One clock on the page: the time it was given last, and how old that is by now.

import { element } from "/assets/page.js";

const full = 6000; // an age that fills the bar

export class Dial {
  #time = element("div", { className: "time", textContent: "--:--:--", "data-testid": "time" });
  #bar = element("div");
  #requests = element("dd", { textContent: "0", "data-testid": "requests" });
  #updates = element("dd", { textContent: "0", "data-testid": "updates" });
  #age = element("dd", { textContent: "–", "data-testid": "age" });
  #shown = 0;
  #changed = 0;

  /// Says how the connection stands; pages that poll have none.
  state = element("span", { className: "state", textContent: "Starting", "data-testid": "state" });

  constructor(parent, id, title, explanation) {
    this.state.dataset.state = "connecting";
    const figure = (name, value) => element("div", {}, element("dt", { textContent: name }), value);
    parent.append(element(
      "article", { className: "panel clock", "data-testid": `clock-${id}` },
      element("header", {}, element("h3", { textContent: title })),
      this.#time,
      element("div", { className: "age", "aria-hidden": "true" }, this.#bar),
      element("dl", { className: "figures" },
        figure("Requests", this.#requests), figure("Updates", this.#updates), figure("Age", this.#age)),
      element("p", { className: "muted small", textContent: explanation }),
      this.state,
    ));
  }

  /// Takes a time from the server; only a new one counts as an update.
  show(time) {
    const at = moment(time);
    if (at === undefined || at === this.#shown) return;
    this.#shown = at;
    this.#changed = performance.now();
    this.#updates.textContent = String(Number(this.#updates.textContent) + 1);
    this.#time.textContent = new Date(at).toLocaleTimeString([], { hour12: false });
  }

  requests(count) {
    this.#requests.textContent = String(count);
  }

  /// Called for every frame.
  draw() {
    if (!this.#changed) return;
    const age = performance.now() - this.#changed;
    this.#bar.style.transform = `scaleX(${Math.min(1, age / full).toFixed(3)})`;
    this.#bar.className = age > 3500 ? "very-old" : age > 1500 ? "old" : "";
    const text = `${(age / 1000).toFixed(1)} s`;
    if (this.#age.textContent !== text) this.#age.textContent = text;
  }
}

/// Milliseconds since 1970 from what a route may send: a date in text, a number, or an object with one of them.
function moment(value) {
  if (typeof value === "object" && value !== null) return moment(value.time ?? value.now);
  const at = typeof value === "number" ? value : Date.parse(String(value).trim());
  return Number.isFinite(at) ? at : undefined;
}
