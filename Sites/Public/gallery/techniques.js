// The words of the cards.

const route = (...modifiers) => ['Route("/:channel", channel: { … })', ...modifiers].join("\n  ");

/// Those that listen to the shared channel; `transport` and `every` are what the client is asked to use.
export const channelTechniques = [
  {
    slug: "websocket",
    title: "WebSocket",
    transport: "websocket",
    text: "One connection, frames in both directions. The first frame carries the cursor, so a new connection goes on " +
      "where the old one ended.",
    use: "when pages also send often, or for binary data.",
    code: route(".websocket(inbound: .publish)"),
  },
  {
    slug: "sse",
    title: "Server-sent events",
    transport: "sse",
    text: "One answer that does not end. The browser reconnects by itself and names the last id it has seen.",
    use: "when the server talks and pages mostly listen.",
    code: route(".sse()"),
  },
  {
    slug: "long-poll",
    title: "Long-poll",
    transport: "poll",
    text: "A request is held until there is something to say, answered with the batch, and asked again. The cursor " +
      "covers the time in between.",
    use: "where proxies break everything that streams.",
    code: route(".longPoll(hold: .seconds(20))"),
  },
  {
    slug: "jsonp-poll",
    title: "JSONP long-poll",
    transport: "jsonp",
    text: "The same by script elements, which may come from any origin. The server checks the name of the callback.",
    use: "only in places without CORS.",
    code: route(".jsonp(callback: \"callback\")"),
  },
  {
    slug: "short-poll",
    title: "Short poll",
    transport: "poll",
    every: 3000,
    text: "A request every three seconds, answered at once with what is new: mostly nothing.",
    use: "when seconds do not matter and requests are cheap.",
    code: route(".longPoll()   // the page asks with hold=0"),
  },
];

/// Those that ask a normal route.
export const timeTechnique = {
  slug: "time-poll",
  title: "Asking for the time",
  text: "The oldest way: a normal request every two seconds for something that may have changed.",
  use: "as a measure for everything else.",
  code: 'Get("/time") { _ in .text(now) }',
};

export const corsTechnique = {
  slug: "cors",
  title: "Other origins",
  text: "A page may read an answer of another origin only if that origin lists it. Ask this server under its other " +
    "name: fetch is refused unless the route lists this page, JSONP is answered.",
  use: "with an exact list of origins; never with *.",
  code: 'Get("/time") { _ in .text(now) }\n  .cors(.origins("https://example.com"))\n  .jsonp(callback: "cb")',
};
