// Long-polling by fetch and by script element: ask, be answered with a batch or with nothing, ask again.
//
// The first request is not held: it establishes the cursor, so that no answer that gets lost can lose the place.
// Each request's cursor says "I have everything up to here", which also covers the time between two polls.

import { withQuery } from "./url.js";

/// No hold is longer than a minute; an answer that takes longer has been lost.
const fetchTimeout = 70_000;
const scriptTimeout = 45_000;

export function openLongPoll(session) {
  return poll(session, askByFetch);
}

export function openJSONP(session) {
  // A script that is held would hold up the page's `load` as well.
  return poll(session, async (...request) => {
    if (document.readyState !== "complete") await once(window, "load");
    return askByScript(...request);
  });
}

function poll(session, ask) {
  const stop = new AbortController();
  run(session, ask, stop.signal).catch((end) => stop.signal.aborted || session.ended(end));
  return { close: () => stop.abort() };
}

async function run(session, ask, stopped) {
  const every = session.options.every;
  let established = false;
  while (!stopped.aborted) {
    session.requested();
    const hold = established && !every ? undefined : "0";
    const answer = await ask(session, { cursor: session.position(), hold }, stopped);
    if (stopped.aborted) return;
    const { resume, reason, cursor, messages = [], more, retry = 0 } = answer;
    if (resume === "reset") session.frame({ type: "reset", reason, cursor });
    else if (!established) {
      // The cursor of an answer is the position after its batch, so it follows the messages.
      session.frame({ type: "welcome", resume, replay: messages.length });
    }
    established = true;
    for (const message of messages) session.frame({ type: "message", ...message });
    if (resume !== "reset") session.frame({ type: "cursor", cursor });
    const wait = more ? 0 : Math.max(retry, every ?? 0);
    if (wait > 0) await sleep(wait, stopped);
  }
}

async function askByFetch(session, query, stopped) {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(fetchTimeout)]);
  let answer;
  try {
    answer = await fetch(withQuery(session.url, { transport: "poll", ...query }), { signal, cache: "no-store" });
  } catch {
    throw {};
  }
  if (answer.ok) return answer.json().catch(() => Promise.reject({}));
  const { retry, error } = await answer.json().catch(() => ({}));
  const passing = answer.status === 429 || answer.status >= 500;
  throw { retry, terminal: !passing, text: `The server answered ${answer.status}${error ? ` (${error})` : ""}` };
}

let scripts = 0;

function askByScript(session, query, stopped) {
  return new Promise((resolve, reject) => {
    const name = `halley_callback_${(scripts += 1)}`;
    const script = document.createElement("script");
    const parameter = session.options.callback ?? "callback";
    const finish = (settle, result) => {
      clearTimeout(timer);
      stopped.removeEventListener("abort", aborted);
      script.remove();
      // A script that was only late still calls its callback: leave it something harmless.
      window[name] = () => delete window[name];
      if (settle === resolve) delete window[name];
      settle(result);
    };
    const aborted = () => finish(reject, {});
    const timer = setTimeout(() => finish(reject, { text: "No answer" }), scriptTimeout);
    stopped.addEventListener("abort", aborted);
    window[name] = (answer) => {
      if (answer.error) finish(reject, { retry: answer.retry, text: `The server answered "${answer.error}"` });
      else finish(resolve, answer);
    };
    script.onerror = () => finish(reject, {});
    script.src = withQuery(session.url, { transport: "jsonp", [parameter]: name, ...query });
    document.head.append(script);
  });
}

function once(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}

function sleep(milliseconds, stopped) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stopped.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
