import { ChatBox } from "../card/chat-box.js";
import { longPoll } from "../bare/poll.js";
import * as delivery from "../trial/delivery.js";
import * as library from "../trial/library.js";
import { calls } from "../trial/calls.js";
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
      run: calls,
      source: "trial/calls.js",
      text: "A handler on the server calls functions of the page by name, over any transport: the name travels as " +
        "the event. What is pending also rides on the answer of the page's own request.",
      code: 'Post("/gallery/calls/:function") { request in\n' +
        '  try await calls.publish(text, event: request["function"])\n' +
        "  // and what came after the page's cursor, as the answer:\n  calls.messages(from: .cursor(since))\n}",
    }),
    live({
      slug: "webchat",
      title: "Web chat",
      address: "/chat/rooms/gallery",
      box: new ChatBox(),
      open: longPoll,
      held: true,
      library: { transports: "poll" },
      source: "bare/poll.js",
      text: "The chats of the large portals ran on long-polls for everybody. This card is in the room “gallery” " +
        "of the chat, and holds nothing but polls.",
      use: "as the proof that chat needs no WebSocket.",
      code: 'Route("/rooms/:room", of: ChatEvent.self, …)\n  .longPoll()\n  .publish()',
    }),
    trial({
      slug: "native",
      title: "No library",
      run: library.native,
      source: "trial/library.js",
      text: "Every card here uses the browser's bare objects, one small module a family: see “Page code”. Where " +
        "halley.js has the transport, a second tab runs it on the same channel, from the same place.",
    }),
    trial({
      slug: "reconnecting-websocket",
      title: "reconnecting-websocket",
      run: library.reconnectingWebSocket,
      source: "trial/library.js",
      text: "A WebSocket that comes back, with the surface of the browser's own and the options of the library of " +
        "that name: Halley.WebSocket. The page cuts the network under it.",
      use: "for pages written for it, and for routes with raw payloads.",
      code: 'new Halley.WebSocket("/gallery/lab/…", [], { minReconnectionDelay: 200 })',
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
