// What the server keeps, and what it says by itself.

import { socket } from "../bare/socket.js";
import { ask } from "./ask.js";

const waiters = async () => (await ask("/_halley/health")).json.waiters;

/// Held requests are counted, and the count falls when they go.
export async function leaving(trial) {
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
  const health = (await ask("/_halley/health")).json;
  for (const name of ["connections", "webSockets", "eventStreams", "waiters", "queuedBytes"]) {
    trial.step(`${name}: ${health[name]}`);
  }
  trial.check(health.status === "ok", "the server counts what it holds; ./halley bench prints bytes per connection");
}

/// Two people move on a map of their own, and somebody looks late; then the true one.
export async function tracker(trial) {
  const address = trial.room();
  const drawn = (positions) => {
    const rows = new Map(positions.map(({ id, lat, lon }) => [id, `${id} at ${lat}, ${lon}`]));
    return [...rows.values()].join("; ");
  };
  const page = await trial.attached({ open: socket, address });
  const moves = [["Ada", 51.5, -0.1], ["Grace", 40.7, -74], ["Ada", 51.6, -0.1]];
  for (const [id, lat, lon] of moves) await trial.publish(address, { id, lat, lon }, `?key=${id}`);
  await trial.until(() => page.shown.length === moves.length, "the page has all moves");
  const rows = "Ada at 51.6, -0.1; Grace at 40.7, -74";
  trial.check(drawn(page.shown) === rows, `three positions of two people are two rows: ${rows}`);
  const { messages } = (await ask(`${address}?cursor=oldest&hold=0`)).json;
  trial.check(drawn(messages.map(({ data }) => data)) === rows, "a page that comes late draws the same");

  const map = (await ask("/tracker/positions?cursor=oldest&hold=0")).json;
  const people = new Set(map.messages.map(({ data }) => data?.id)).size;
  trial.step(`on the tracker's map: ${people || "nobody; open it and share your position"}`);
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
