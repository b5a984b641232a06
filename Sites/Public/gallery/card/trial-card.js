// A behaviour that is shown by doing it: a button, the steps as they happen, and a verdict.

import { element } from "/assets/page.js";
import { cardFrame } from "./frame.js";
import { Trial } from "../trial/trial.js";

export class TrialCard {
  #technique;
  #frame;
  #steps = element("ol", { className: "steps", "data-testid": "steps" });
  #button = element("button", { type: "button", className: "little", textContent: "Show it", "data-testid": "run" });

  #alone;

  /// `alone(work)` runs one demonstration at a time, with the connections that it needs.
  constructor(parent, technique, alone) {
    this.#technique = technique;
    this.#alone = alone;
    this.#frame = cardFrame(parent, technique, element("div", { className: "row" }, this.#button), this.#steps);
    this.#frame.card.toggleAttribute("data-trial", true);
    this.#frame.judge("none", "not shown yet");
    this.#button.addEventListener("click", () => {
      this.#button.disabled = true;
      this.#frame.judge("none", "waits");
      this.#alone(() => this.#run());
    });
  }

  async #run() {
    this.#steps.replaceChildren();
    this.#frame.judge("none", "running");
    const trial = new Trial((text, kind = "") => {
      const step = element("li", { textContent: text });
      if (kind) step.dataset.kind = kind;
      this.#steps.append(step);
    });
    try {
      await this.#technique.run(trial);
      this.#frame.judge("good", "as promised");
    } catch (error) {
      trial.step(error.message, "bad");
      this.#frame.judge("bad", "not as promised");
    } finally {
      trial.end();
      this.#button.disabled = false;
      this.#button.textContent = "Show it again";
    }
  }
}
