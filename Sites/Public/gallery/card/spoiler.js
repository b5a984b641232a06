// Plants one fault between the transport and the check, so that anybody can see that the check finds it.

export class Spoiler {
  static kinds = { lost: "Lose one", doubled: "Double one", swapped: "Swap two" };
  #pass;
  #kind = "";
  #kept = null;

  constructor(pass) {
    this.#pass = pass;
  }

  plan(kind) {
    this.#kind = kind;
  }

  take(message) {
    const kind = this.#kind;
    this.#kind = "";
    if (kind === "lost") return;
    if (kind === "swapped") {
      this.#kept = message;
      return;
    }
    this.#pass(message);
    if (kind === "doubled") this.#pass(message);
    if (this.#kept) this.#pass(this.#kept);
    this.#kept = null;
  }
}
