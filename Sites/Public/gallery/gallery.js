// The page: sections of cards, the publisher, and the bad network.

import { element, find } from "/assets/page.js";
import { addSilentCard } from "./card/frame.js";
import { LiveCard } from "./card/live-card.js";
import { TrialCard } from "./card/trial-card.js";
import { Attention } from "./card/attention.js";
import { Network } from "./line/network.js";
import { weigh } from "./line/meter.js";
import { Publisher } from "./publisher.js";
import { sections } from "./catalog/sections.js";
import { feedAddress } from "./catalog/shared.js";

const network = new Network();
const publisher = new Publisher(feedAddress);
const cards = [];

const makers = {
  live(parent, technique) {
    const { box, publishes } = technique;
    const publish = publishes && ((feed) => (box ? feed.publish(box.take()) : publisher.by(feed)));
    const card = new LiveCard(parent, { ...technique, publish }, network, (data) => publisher.isMine(data));
    card.element.toggleAttribute("data-shared", technique.address.startsWith(feedAddress));
    cards.push(card);
  },
  trial: (parent, technique) => new TrialCard(parent, technique, alone),
  silent: addSilentCard,
};

for (const { id, title, text, cards: techniques } of sections) {
  const grid = element("div", { className: "cards" });
  find("#sections").append(element(
    "section", { id, "aria-labelledby": `${id}-title`, className: "family" },
    element("h2", { id: `${id}-title`, textContent: title }), element("p", { className: "muted", textContent: text }), grid));
  find("#contents").append(element("a", { href: `#${id}`, textContent: title }));
  for (const technique of techniques) makers[technique.kind](grid, technique);
}

weigh(feedAddress).catch(() => {}); // guesses stay
const attention = new Attention(cards);

// The address may name a card that only now exists.
if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();

/// Demonstrations run one after the other and take the connections that the cards would hold.
let trials = 0;
let lastTrial = Promise.resolve();
function alone(work) {
  trials += 1;
  attention.paused = "Paused for a demonstration";
  lastTrial = lastTrial.then(work).finally(() => {
    trials -= 1;
    if (trials === 0) attention.paused = "";
  });
}

// --- controls ---

find("#one").addEventListener("click", () => publish(1));
find("#twenty").addEventListener("click", () => publish(20));
find("#all").addEventListener("click", () => {
  attention.all = !attention.all;
  find("#all").setAttribute("aria-pressed", String(attention.all));
});
find("#cut").addEventListener("click", () => network.cut());
for (const choice of document.querySelectorAll("[name=network]")) {
  choice.addEventListener("change", () => network.change(choice.value));
}
network.addEventListener("change", () => {
  document.body.dataset.network = network.mode;
  find("#network-words").textContent = find(`[name=network][value=${network.mode}]`).dataset.words;
});

async function publish(count) {
  try {
    for (let number = 0; number < count; number += 1) await publisher.post();
  } catch (error) {
    find("#summary").textContent = `Not published: ${error.message}`;
  }
}

// --- the whole in one line ---

setInterval(() => {
  const shared = cards.filter((card) => card.feed.attempts > 0 && "shared" in card.element.dataset);
  const faults = cards.filter((card) => card.fault).length;
  find("#summary").dataset.kind = faults ? "bad" : "";
  if (!publisher.last) return;
  const complete = shared.filter((card) => !card.fault && card.has(publisher.last)).length;
  find("#summary").textContent = `${publisher.count} published; ${complete} of ${shared.length} running cards have ` +
    `them all${faults ? `, ${faults} with a fault` : ""}`;
}, 300);
