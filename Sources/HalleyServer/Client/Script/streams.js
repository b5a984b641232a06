// Answers that do not end: an event stream whose data are frames, and a fetch that reads one frame per line.

import { ask } from "./request.js";

export function openEventStream(session) {
  const address = session.address({ transport: "sse", format: "frames" });
  const source = new EventSource(address, { withCredentials: session.options.credentials === "include" });
  source.onmessage = ({ data }) => session.text(data);
  // The browser would come back in its own time and with an address that grows old; the feed does both better.
  source.onerror = () => session.end();
  return { close: () => source.close() };
}

export function openStream(session) {
  const stop = new AbortController();
  read(session, stop.signal).then(session.end, session.failed);
  return { close: () => stop.abort() };
}

async function read(session, signal) {
  const { body } = await ask(session, { transport: "stream" }, { signal });
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    lines.filter((line) => line.trim()).forEach(session.text);
  }
}
