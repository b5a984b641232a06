import { longPoll } from "../bare/poll.js";
import * as delivery from "../trial/delivery.js";
import * as server from "../trial/server.js";
import { live, silent, trial } from "./shared.js";

export const systems = {
  id: "systems",
  title: "Systems",
  text: "What well-known servers and libraries stand for, and where it is here.",
  cards: [
    trial({
      slug: "icomet",
      title: "iComet",
      run: delivery.fourWays,
      source: "trial/delivery.js",
      text: "A libevent server for very many channels: poll, stream, events and iframe of one channel. Here they are one " +
        "route.",
      code: 'Route("/gallery/lab/:name", …)\n  .longPoll()\n  .stream()\n  .sse()\n  .iframe()',
    }),
    trial({
      slug: "dwr",
      title: "Reverse Ajax",
      run: server.calls,
      source: "trial/server.js",
      text: "A handler on the server calls functions of the page by name; the name travels as the event.",
      code: 'Post("/gallery/calls/:function") { request in\n  try await calls.publish(text, event: request["function"])\n}',
    }),
    live({
      slug: "webchat",
      title: "Web chat",
      address: "/chat/rooms/gallery",
      publishes: false,
      open: longPoll,
      held: true,
      source: "bare/poll.js",
      text: "The chats of the large portals ran on long-polls for everybody. This card reads the chat's room “gallery”; " +
        "write in it on the chat page.",
      use: "as the proof that chat needs no WebSocket.",
      code: 'Route("/rooms/:room", …)\n  .longPoll()',
    }),
    silent({
      slug: "native",
      title: "No library",
      text: "Every card here uses the browser's bare objects, one small module a family: see “Page code”.",
      reason: "It is the whole page. Halley's own client, at /_halley/halley.js, runs in the other sites.",
    }),
    silent({
      slug: "reconnecting-websocket",
      title: "reconnecting-websocket",
      text: "A WebSocket that comes back. Halley's client has one with the same options, Halley.WebSocket.",
      reason: "It is part of the client library; this page uses none.",
    }),
    silent({
      slug: "sockjs",
      title: "SockJS",
      text: "Fallbacks for any browser behind a WebSocket-like object.",
      reason: "Its mount is not built yet.",
    }),
    silent({
      slug: "socketio",
      title: "Socket.IO",
      text: "Polling first, then an upgrade; events with acknowledgements, namespaces, binary.",
      reason: "Its mount is not built yet.",
    }),
  ],
};
