import { events, eventsCross, eventsLongPoll, eventsShortPoll } from "../bare/event-source.js";
import { crossing, live, route } from "./shared.js";

export const serverSentEvents = {
  id: "server-sent-events",
  title: "Server-sent events",
  text: "A stream that the browser itself reads. It reconnects on its own and names the last id it has seen; only an " +
    "answer that is not an event stream makes it stop for good.",
  cards: [
    live({
      slug: "sse",
      title: "EventSource",
      open: events,
      held: true,
      library: { transports: "sse" },
      source: "bare/event-source.js",
      text: "One answer that does not end, one block per message, each with its id.",
      use: "when the server talks and pages mostly listen.",
      code: route(".sse()"),
    }),
    live({
      slug: "sse-poll",
      title: "EventSource as short poll",
      open: eventsShortPoll,
      source: "bare/event-source.js",
      text: "The answer ends at once, and the browser comes back after the time that the server named, three seconds.",
      use: "behind proxies that hold back what does not end.",
      code: route(".sse()   // the page asks with hold=0"),
    }),
    live({
      slug: "sse-long-poll",
      title: "EventSource as long-poll",
      open: eventsLongPoll,
      held: true,
      source: "bare/event-source.js",
      text: "The answer ends after the first batch; the browser comes back at once.",
      use: "behind the same proxies, when seconds matter.",
      code: route(".sse()   // the page asks with hold=20"),
    }),
    crossing({
      slug: "sse-cross",
      title: "EventSource, other origin",
      open: eventsCross,
      address: "/gallery/feed/credentials",
      publishes: false,
      held: true,
      library: { transports: "sse", credentials: "include" },
      source: "bare/event-source.js",
      text: "From this server's other name, every second connection with cookies. The answer names this page's origin " +
        "exactly; a star would never do for cookies.",
      use: "when the push server has a host of its own.",
      code: 'Route("/gallery/feed/credentials", feed)\n  .sse()\n  .cors(.origins("http://localhost:8080", …).credentials())',
    }),
    live({
      slug: "sse-two-way",
      title: "EventSource down, POST up",
      open: events,
      held: true,
      library: { transports: "sse" },
      source: "bare/event-source.js",
      text: "The answer to a POST is the id under which the message then arrives as an event: so the page knows its own.",
      use: "for chat and games of moderate pace; two plain requests replace a protocol.",
      code: route(".sse()", ".publish(as: .json)"),
    }),
  ],
};
