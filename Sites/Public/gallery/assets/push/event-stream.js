// Server-sent events: the browser's EventSource reads, reconnects, and presents the last event ID by itself.

import { withQuery } from "./url.js";

export function openEventStream(session) {
  const source = new EventSource(withQuery(session.url, { cursor: session.position() }));
  let welcomed = false;

  const control = ({ data }) => {
    welcomed = true;
    session.frame(JSON.parse(data));
  };
  const message = ({ type, data, lastEventId }) =>
    session.frame({ type: "message", id: lastEventId, data, event: type === "message" ? undefined : type });

  for (const name of ["welcome", "reset", "status", "move"]) source.addEventListener(`halley.${name}`, control);
  for (const name of ["message", ...(session.options.events ?? [])]) source.addEventListener(name, message);
  source.onopen = () => session.requested();
  source.onerror = () => {
    // CLOSED: an answer that was not an event stream; the browser has given up. Before the first welcome the caller
    // decides what to try next. Otherwise the browser comes back on its own, with its last event ID.
    if (welcomed && source.readyState === EventSource.CONNECTING) {
      session.interrupted("Connection lost; the browser is reconnecting");
    } else {
      source.close();
      session.ended();
    }
  };

  return { close: () => source.close() };
}
