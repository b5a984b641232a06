// What the second tab of a card says: the code that a page needs with halley.js, and how the bad network gets at it.

import { otherOrigin } from "../line/origins.js";

/// What the network switch acts on, by transport.
const objects = {
  websocket: "its WebSocket: delays or drops what arrives, really closes it, lets none open",
  sse: "its EventSource: delays or drops what arrives, really closes it, lets none open",
  stream: "its fetch: delays or drops what arrives, really aborts it, lets none out",
  poll: "its fetch: delays or drops answers, really aborts requests, lets none out",
  jsonp: "its script elements: delays or drops answers, lets none ask; a cut can take back only answers",
};

export const words = ({ transports }) =>
  `The served client in a hidden frame, held to this transport. The network switch acts on ${objects[transports]}. ` +
  "The client comes back on its own.";

/// As a page would write it.
export function code({ address, library, origin, publishes }) {
  const options = Object.entries(library).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(", ");
  const lines = [
    'import { Halley } from "/_halley/halley.mjs";',
    "",
    `const feed = new Halley("${origin ? otherOrigin : ""}${address}", { ${options} });`,
    'feed.on("message", ({ id, data }) => show(id, data));',
    'feed.on("reset", ({ reason }) => loadSnapshot(reason));',
    'feed.on("state", ({ state, reason }) => tell(state, reason));',
  ];
  if (publishes) lines.push("const { id } = await feed.publish({ number: 1 });");
  return lines.join("\n");
}
