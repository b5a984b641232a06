import { socket } from "../bare/socket.js";
import * as sockets from "../trial/sockets.js";
import { tracker } from "../trial/server.js";
import { live, route, silent, trial } from "./shared.js";

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
      library: { transports: "websocket" },
      source: "bare/socket.js",
      text: "Subprotocol halley.v1: a JSON frame per message. This card publishes over its socket, and the " +
        "acknowledgement names the id.",
      use: "when pages send as often as they listen, or for binary data.",
      code: route(".websocket(inbound: .publish(as: .json))"),
    }),
    trial({
      slug: "websocket-frames",
      title: "Frames",
      run: sockets.frames,
      source: "trial/sockets.js",
      text: "Text and binary over the echo, at each of the three length forms, up to a mebibyte.",
      code: 'Route("/").websocket(maxMessage: .mebibytes(16)) { socket in\n' +
        "  for try await message in socket { try await socket.send(message) }\n}",
    }),
    trial({
      slug: "websocket-states",
      title: "States and close codes",
      run: sockets.states,
      source: "trial/sockets.js",
      text: "readyState from CONNECTING to CLOSED, which is 3, bufferedAmount, and closes that say why.",
      code: route(".websocket(inbound: .publish(as: .json))"),
    }),
    trial({
      slug: "websocket-broadcast",
      title: "Relay to all",
      run: sockets.broadcast,
      source: "trial/sockets.js",
      text: "Three sockets without a subprotocol, each sending; what one sends, all get, in one order.",
      code: route(".websocket(inbound: .publish(as: .json))"),
    }),
    trial({
      slug: "tracker",
      title: "Tracker",
      run: tracker,
      source: "trial/server.js",
      text: "Pages send where they are, all pages see all of them move, one row a person. Played here with two " +
        "people on a channel of its own; the Tracker site is the real one.",
      code: 'Route("/positions", positions, start: .oldest)\n  .websocket(inbound: .publish(as: .json))',
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
