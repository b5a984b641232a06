import { socket } from "../bare/socket.js";
import { live, route, silent } from "./shared.js";

export const webSocket = {
  id: "websockets",
  title: "WebSocket",
  text: "Frames in both directions over one connection, on the same port and under the same origin rules as the rest. A " +
    "close event alone resumes nothing: the first frame of the next connection carries the cursor.",
  cards: [
    live({
      slug: "websocket",
      title: "WebSocket",
      open: socket,
      source: "bare/socket.js",
      text: "Subprotocol halley.v1: a JSON frame per message. This card publishes over its socket, and the " +
        "acknowledgement names the id.",
      use: "when pages send as often as they listen, or for binary data.",
      code: route(".websocket(inbound: .publish(as: .json))"),
    }),
    silent({
      slug: "hixie",
      title: "Hixie-76",
      text: "The handshake of 2010, with two numbers hidden among spaces and eight bytes after the head. Halley refuses " +
        "it with 400.",
      reason: "No browser speaks it since 2012, and a page cannot write such a handshake.",
    }),
  ],
};
