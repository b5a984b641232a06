import { randomKey } from "/assets/push/publish.js";
import { find, parameter } from "/assets/page.js";
import { ChannelCard } from "./card.js";
import { addOriginsCard, addTimeCard } from "./time.js";
import { channelTechniques, corsTechnique, timeTechnique } from "./techniques.js";

const address = `/hub/${(parameter("channel") ?? "gallery").replace(/[^A-Za-z0-9_.:-]/g, "") || "gallery"}`;
const me = randomKey();
let published = 0;

const parent = find("#cards");
const mine = (data) => data?.from === me;
const cards = channelTechniques.map((technique) => new ChannelCard(parent, address, technique, mine));
addTimeCard(parent, timeTechnique);
addOriginsCard(parent, corsTechnique);

find("#one").addEventListener("click", () => publish(1));
find("#twenty").addEventListener("click", () => publish(20));
setInterval(summarise, 500);

async function publish(count) {
  for (let number = 0; number < count; number += 1) {
    const at = performance.timeOrigin + performance.now();
    // By the WebSocket while it lives, else by POST: the page sends, whatever the technique listens with.
    try {
      await cards[0].channel.publish({ from: me, number: published + 1, at });
      published += 1;
    } catch (error) {
      find("#summary").textContent = `Not published: ${error.message}`;
      return;
    }
  }
  summarise();
}

function summarise() {
  if (published === 0) return;
  const faults = cards.filter((card) => card.fault).length;
  const complete = cards.filter((card) => !card.fault && card.count >= published).length;
  find("#summary").textContent = `${published} published; ${complete} of ${cards.length} cards have them all` +
    (faults ? `, ${faults} with a fault` : "");
}
