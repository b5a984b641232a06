// What the server keeps, and what it calls.

import { events } from "../bare/event-source.js";
import { ask } from "./ask.js";

const waiters = async () => (await ask("/_halley/health")).json.waiters;

/// Operations pages are for the server's own machine and whom `operations.from` lists; others are told so.
async function isShown(trial) {
  if ((await ask("/_halley/health")).status !== 403) return true;
  trial.step("the server shows what it holds to its own machine only; open the gallery there, or see operations.from");
  return false;
}

/// Held requests are counted, and the count falls when they go.
export async function leaving(trial) {
  if (!(await isShown(trial))) return;
  const address = trial.room();
  const { cursor } = (await ask(`${address}?hold=0`)).json;
  const before = await waiters();
  const abort = new AbortController();
  const held = ask(`${address}?cursor=${cursor}`, { signal: abort.signal }).catch(() => {});
  await trial.until(async () => (await waiters()) > before, "the server holds the request");
  trial.step("one request more is held");
  abort.abort();
  await held;
  await trial.until(async () => (await waiters()) <= before, "the server has noticed");
  trial.check(true, "the page left, and nothing is held for it any more");
}

/// What the process holds now.
export async function cost(trial) {
  if (!(await isShown(trial))) return;
  const health = (await ask("/_halley/health")).json;
  for (const name of ["connections", "webSockets", "eventStreams", "waiters", "queuedBytes"]) {
    trial.step(`${name}: ${health[name]}`);
  }
  trial.check(health.status === "ok", "the server counts what it holds; ./halley bench prints bytes per connection");
}

/// A handler on the server calls functions of the page by name.
export async function calls(trial) {
  const functions = {
    setTitle: (words) => trial.step(`setTitle(“${words}”)`),
    addLine: (words) => trial.step(`addLine(“${words}”)`),
  };
  const called = [];
  const source = new EventSource("/gallery/calls?transport=sse");
  trial.onEnd(() => source.close());
  for (const [name, act] of Object.entries(functions)) {
    source.addEventListener(name, ({ data }) => {
      called.push(name);
      act(data);
    });
  }
  await new Promise((resolve) => source.addEventListener("halley.welcome", resolve, { once: true }));
  await ask("/gallery/calls/setTitle", { method: "POST", body: "called from Swift" });
  await ask("/gallery/calls/addLine", { method: "POST", body: "and again" });
  await trial.until(() => called.length >= 2, "both were called");
  const { status } = await ask("/gallery/calls/anything", { method: "POST", body: "" });
  trial.check(status === 404, "a function that is not listed is not called");
}

/// A message of a position in the tracker's channel; one row per user.
export async function tracker(trial) {
  const rows = new Map();
  const listener = trial.listen({ open: events, address: "/tracker/positions" });
  await trial.until(() => listener.feed.cursor, "the positions are read");
  for (const position of listener.shown) rows.set(position.id, position);
  trial.step(rows.size ? `${rows.size} on the map at this moment` : "nobody is on the map; open the tracker and share");
  trial.check(!listener.ledger.fault, "each user keeps one row; a late page is told the last positions");
}

/// A page that reloads itself: two reloads, no message missed.
export async function refresh(trial) {
  const shown = new Set();
  let loads = 0;
  const frame = document.createElement("iframe");
  const listen = ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== location.origin || data?.kind !== "refresh") return;
    loads += 1;
    for (const { id } of data.answer.messages) shown.add(id);
  };
  addEventListener("message", listen);
  trial.onEnd(() => (removeEventListener("message", listen), frame.remove()));
  frame.hidden = true;
  frame.src = "/gallery/refresh";
  document.body.append(frame);
  for (let load = 1; load <= 2; load += 1) {
    await trial.until(() => loads >= load, "the page has loaded");
    const id = await trial.publish("/gallery/feed", { number: load });
    await trial.until(() => shown.has(id), `${id} shows after a reload`);
    trial.check(true, `${id} was published after load ${load}, and the next load shows it`);
  }
}
