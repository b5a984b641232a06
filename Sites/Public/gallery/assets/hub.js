// The hub page. Its script lives here because below /hub/ every name is a channel.

import { connect } from "./push.js";
import { element, find, parameter, remember, showState, transportPicker } from "./page.js";

const most = 100;
const list = find("#messages");
const field = find("#channel");
let transport = transportPicker(find("#transport"), (choice) => {
  transport = choice;
  channel.use(choice);
});
let channel;

field.value = channelName(parameter("channel"));
open();

field.addEventListener("change", () => {
  field.value = channelName(field.value);
  remember("channel", field.value);
  channel.close();
  open();
});

find("#form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = find("#answer");
  try {
    const { id } = await channel.publish(payload(find("#text").value));
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
  channel = connect(address, {
    transport,
    start: "last-20",
    onmessage({ data, id, event }) {
      list.prepend(element(
        "tr", { "data-testid": "message" },
        element("td", { textContent: id }),
        element("td", { textContent: event ?? "" }),
        element("td", { textContent: typeof data === "string" ? data : JSON.stringify(data) }),
      ));
      if (list.children.length > most) list.lastElementChild.remove();
      find("#count").textContent = String(channel.stats.messages);
      find("#cursor").textContent = id;
    },
    onstate(state) {
      showState(find("#state"), state);
      if (state.cursor) find("#cursor").textContent = state.cursor;
    },
    onreset: () => list.replaceChildren(),
  });
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
