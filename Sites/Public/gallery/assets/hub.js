// The hub page. Its script lives here because below /hub/ every name is a channel.

import { Halley } from "/_halley/halley.mjs";
import { element, find, parameter, remember, showState, transportPicker } from "./page.js";

const most = 100;
const list = find("#messages");
const field = find("#channel");
let transports = transportPicker(find("#transport"), (choice) => {
  transports = choice;
  feed.use(choice);
});
let feed;

field.value = channelName(parameter("channel"));
open();

field.addEventListener("change", () => {
  field.value = channelName(field.value);
  remember("channel", field.value);
  feed.close();
  open();
});

find("#form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = find("#answer");
  try {
    const { id } = await feed.publish(payload(find("#text").value));
    answer.textContent = `Published as ${id}`;
  } catch (error) {
    answer.textContent = `Not published: ${error.message}`;
  }
});

function open() {
  list.replaceChildren();
  find("#count").textContent = "0";
  const address = new URL(`/hub/${field.value}`, location.href).href;
  showCommands(address);
  const opened = new Halley(address, { transports, start: "last-20" });
  feed = opened;
  opened.on("message", ({ data, id, event }) => {
    list.prepend(element(
      "tr", { "data-testid": "message" },
      element("td", { textContent: id }),
      element("td", { textContent: event ?? "" }),
      element("td", { textContent: typeof data === "string" ? data : JSON.stringify(data) }),
    ));
    if (list.children.length > most) list.lastElementChild.remove();
    find("#count").textContent = String(opened.stats.messages);
    find("#cursor").textContent = opened.cursor;
  });
  opened.on("state", (state) => {
    if (opened !== feed) return;
    showState(find("#state"), state);
    if (opened.cursor) find("#cursor").textContent = opened.cursor;
  });
  opened.on("reset", () => list.replaceChildren());
}

function showCommands(address) {
  find("#curl").textContent = [
    `# subscribe: server-sent events, one long-poll, JSONP`,
    `curl -N -H 'Accept: text/event-stream' ${address}`,
    `curl '${address}?cursor=latest'`,
    `curl '${address}?callback=show&hold=0'`,
    ``,
    `# publish`,
    `curl -H 'Content-Type: application/json' -d '{"hello":"comet"}' ${address}`,
  ].join("\n");
}

function payload(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function channelName(text) {
  return (text ?? "").replace(/[^A-Za-z0-9_.:-]/g, "").slice(0, 64) || "demo";
}
