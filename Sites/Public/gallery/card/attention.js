// Which cards run: those that are seen, or all of them. None while the page is hidden: its connections are worth more
// to the page that is looked at. A card that comes back goes on from its cursor.

const linger = 1500; // milliseconds that a card runs on after it was scrolled away

export class Attention {
  #cards;
  #seen = new Set();
  #all = false;
  #paused = "";

  constructor(cards) {
    this.#cards = cards;
    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) this.#seen.add(target);
        else this.#seen.delete(target);
      }
      this.#look();
    }, { rootMargin: "40px" });
    for (const card of cards) {
      observer.observe(card.element);
      card.onheld = () => this.#look();
    }
    document.addEventListener("visibilitychange", () => this.#look());
  }

  get all() {
    return this.#all;
  }

  set all(value) {
    this.#all = value;
    this.#look();
  }

  /// Stops all cards, with the reason for it, until it is empty again.
  set paused(reason) {
    this.#paused = reason;
    this.#look();
  }

  #look() {
    for (const card of this.#cards) {
      if (this.#wants(card)) card.feed.start();
      else if (card.held) card.feed.stop("Held");
      else if (document.hidden) card.feed.stop("Paused while the page is hidden");
      else if (this.#paused) card.feed.stop(this.#paused);
    }
    setTimeout(() => {
      for (const card of this.#cards) if (!this.#wants(card)) card.feed.stop("Paused: not in view");
    }, linger);
  }

  #wants(card) {
    return !document.hidden && !this.#paused && !card.held && (this.#all || this.#seen.has(card.element));
  }
}
