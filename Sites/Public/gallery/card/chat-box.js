// The chat of one card: what was said last, and a line to say something.

import { element, randomKey } from "/assets/page.js";

const longest = 5; // lines

export class ChatBox {
  /// Called when the visitor presses Enter.
  onsay = () => {};
  #me = randomKey();
  #lines = element("ol", { className: "chat-lines", "data-testid": "lines", "aria-label": "What was said last" });
  #text = element("input", {
    type: "text", maxLength: 200, placeholder: "Say something", autocomplete: "off", "aria-label": "Say something",
    "data-testid": "line",
  });

  constructor() {
    this.#text.addEventListener("keydown", ({ key, isComposing }) => key === "Enter" && !isComposing && this.onsay());
  }

  get elements() {
    return [this.#lines, this.#text];
  }

  show({ id, name, text }) {
    this.#lines.append(element("li", {}, element("b", { textContent: id === this.#me ? "You" : name }), ` ${text}`));
    if (this.#lines.children.length > longest) this.#lines.firstChild.remove();
  }

  /// What the line says, as the chat's rooms take it.
  take() {
    const text = this.#text.value.trim() || "Hello";
    this.#text.value = "";
    return { id: this.#me, name: "Somebody at the gallery", at: Date.now(), text };
  }
}
