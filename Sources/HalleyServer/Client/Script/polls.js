// Long-polling by fetch and by script element: ask, be answered with a batch or with nothing, ask again.
//
// The first request is not held: it establishes the cursor, so that no answer that gets lost can lose the place.
// Each request's cursor says "I have everything up to here", which also covers the time between two polls.

import { ask, randomKey } from "./request.js";
import { sleep } from "./timing.js";

// Seconds that a request may be held; the watchdog's limit of 2 × 12.5 s + 5 s is ten seconds above.
const longest = 20;
const heartbeat = 12_500;

export const openLongPoll = (session) =>
  poll(session, async (query, signal) => (await ask(session, { transport: "poll", ...query }, { signal })).json());

export const openJSONP = (session) => poll(session, (query, signal) => askByScript(session, query, signal));

function poll(session, next) {
  const stop = new AbortController();
  run(session, next, stop.signal).then(session.end, session.failed);
  return { close: () => stop.abort() };
}

async function run(session, next, signal) {
  const { every } = session.options;
  let degraded;
  for (let first = true; !signal.aborted; first = false) {
    const answer = await next({ hold: first || every ? 0 : longest }, signal);
    if (signal.aborted) return;
    const { resume, reason, channels, cursor, messages = [], more, retry, delivery } = answer;
    const isReset = resume === "reset";
    if (isReset) session.frame({ type: "reset", reason, channels, cursor, heartbeat });
    else if (first) session.frame({ type: "welcome", resume, replay: messages.length, heartbeat });
    for (const message of messages) session.frame({ type: "message", ...message });
    // The cursor of an answer is the position after its batch.
    if (!isReset) session.frame({ type: "cursor", cursor });
    if (degraded !== delivery) session.frame({ type: "status", delivery: delivery ?? "live" });
    degraded = delivery;
    if (retry > 0) return session.frame({ type: "move", retry });
    if (every && !more) await sleep(every, signal);
  }
}

async function askByScript(session, query, signal) {
  // A script that is held would hold up the page's `load` as well.
  if (query.hold && document.readyState !== "complete") {
    await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
  }
  return new Promise((resolve, reject) => {
    const name = `halley_${randomKey()}`;
    const script = document.createElement("script");
    const finish = (settle, value) => {
      script.remove();
      // A script that is only late still calls its function: leave it something harmless.
      window[name] = () => delete window[name];
      if (settle === resolve) delete window[name];
      settle(value);
    };
    window[name] = (answer) => {
      if (!answer.error) return finish(resolve, answer);
      finish(reject, { retry: answer.retry, reason: `The server answered "${answer.error}"` });
    };
    script.onerror = () => finish(reject, {});
    signal.addEventListener("abort", () => finish(reject, {}));
    script.src = session.address({ transport: "jsonp", [session.options.callback ?? "callback"]: name, ...query });
    document.head.append(script);
  });
}
