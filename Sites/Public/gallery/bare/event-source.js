// EventSource: the browser reads, reconnects, and names the last id it has seen.

export const events = (line) => open(line, {});

/// The answer ends at once; the browser comes back by itself after the `retry:` the server named, 3 s.
export const eventsShortPoll = (line) => open(line, { hold: 0 });

/// The answer ends after the first batch; the browser comes back after 100 ms. Only the first is not held: it brings
/// the cursor.
export const eventsLongPoll = (line) => (line.cursor ? open(line, { hold: 20 }) : open(line, { hold: 0 }, { once: true }));

/// From the server's other name. Every second connection sends cookies as well; both are allowed here, and only
/// because the route lists this page's origin and asks for credentials.
export const eventsCross = (origin) => (line) =>
  open(line, {}, { origin, withCredentials: line.number % 2 === 0 });

function open(line, query, { origin, withCredentials = false, once = false } = {}) {
  const source = new EventSource(line.get({ transport: "sse", ...query }, { origin }), { withCredentials });
  let opened = 0;

  source.onopen = () => {
    line.unseenHead("sse");
    if ((opened += 1) > 1) line.get(query, { origin }); // the browser's own reconnection
  };
  source.onmessage = ({ data, lastEventId }) => {
    const overhead = "id: \ndata: \n\n".length + lastEventId.length;
    line.hear(data, () => line.frame({ type: "message", id: lastEventId, data: value(data) }), overhead);
  };
  for (const name of ["welcome", "reset", "status", "move"]) {
    const overhead = `event: halley.${name}\nid: \ndata: \n\n`.length;
    source.addEventListener(`halley.${name}`, ({ data }) => {
      line.hear(data, () => line.frame(JSON.parse(data)), overhead);
    });
  }
  source.onerror = () => {
    // CLOSED: the answer was no event stream, and the browser has given up. Otherwise it comes back by itself.
    if (source.readyState === EventSource.CLOSED) line.fail(new Error("no event stream"));
    else if (once) line.end();
  };
  line.onOver(() => source.close());
  return line.over;
}

/// An event stream carries text; JSON is known by being JSON.
function value(data) {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}
