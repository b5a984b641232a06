// The cards that need no channel: a clock that is polled, and what other origins may read.

import { element } from "/assets/page.js";
import { cardFrame, figure, span } from "./card.js";

const every = 2000;

export function addTimeCard(parent, description) {
  const requests = figure("Requests", "requests");
  const changes = figure("Changes", "messages");
  const latency = figure("Latency", "latency");
  const time = element("pre", { textContent: "–", "data-testid": "time" });
  const { judge } = cardFrame(
    parent, description,
    element("dl", { className: "figures" }, changes.block, requests.block, latency.block), time);
  let asked = 0;
  let changed = 0;
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    const start = performance.now();
    requests.value.textContent = String((asked += 1));
    try {
      const answer = await fetch("/clock/time", { cache: "no-store" });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      if (text !== time.textContent) changes.value.textContent = String((changed += 1));
      time.textContent = text;
      latency.value.textContent = span(performance.now() - start);
      judge("good", "answered");
    } catch (error) {
      judge("bad", error.message);
    }
  };
  setInterval(look, every);
  look();
}

export function addOriginsCard(parent, description) {
  const results = element("pre", { className: "results", "data-testid": "results" });
  const ask = element("button", { type: "button", textContent: "Ask the other origin", "data-testid": "ask" });
  const { judge } = cardFrame(parent, description, element("div", { className: "row" }, ask), results);
  const other = otherName();
  results.textContent = other
    ? `this page: ${location.origin}\nthe other:  ${other}`
    : "This server is known under one name here; open the page as localhost to try it.";
  ask.disabled = !other;
  ask.addEventListener("click", async () => {
    const outcomes = [
      ["fetch, same origin", await settled(fetchText("/clock/time"))],
      ["fetch, other origin", await settled(fetchText(`${other}/clock/time`))],
      ["JSONP, other origin", await settled(script(`${other}/clock/time`))],
    ];
    results.textContent = outcomes.map(([name, { text }]) => `${name.padEnd(19)} ${text}`).join("\n");
    // Whether fetch may read the other origin is the route's decision; the other two must work.
    const broken = outcomes.find(([name, { ok }]) => !ok && name !== "fetch, other origin");
    judge(broken ? "bad" : "good", broken ? `${broken[0]} failed` : "as declared");
  });
}

/// Another origin that reaches the same server, on a machine of one's own.
function otherName() {
  const names = { localhost: "127.0.0.1", "127.0.0.1": "localhost" };
  const name = names[location.hostname];
  return name && `${location.protocol}//${name}:${location.port}`;
}

async function fetchText(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer.text();
}

let scripts = 0;

function script(address) {
  return new Promise((resolve, reject) => {
    const name = `gallery_${(scripts += 1)}`;
    const node = element("script", { src: `${address}?cb=${name}` });
    const finish = (settle, value) => {
      delete window[name];
      node.remove();
      settle(value);
    };
    window[name] = (value) => finish(resolve, value);
    node.onerror = () => finish(reject, new Error("refused"));
    document.head.append(node);
  });
}

function settled(promise) {
  return promise.then(
    (value) => ({ ok: true, text: String(value).trim() }),
    (error) => ({ ok: false, text: error instanceof TypeError ? "refused by the browser" : error.message }),
  );
}
