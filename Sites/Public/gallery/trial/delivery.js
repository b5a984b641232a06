// The promise of delivery, tried at each place where it could break.

import { events } from "../bare/event-source.js";
import { iframePollSerial } from "../bare/frame-poll.js";
import { longPoll } from "../bare/poll.js";
import { scriptPoll } from "../bare/script.js";
import { socket } from "../bare/socket.js";
import { fetchStream, xhrStream } from "../bare/stream.js";
import { Place } from "../line/place.js";
import { ask } from "./ask.js";

const techniques = {
  "WebSocket": socket,
  "EventSource": events,
  "fetch stream": fetchStream,
  "XHR stream": xhrStream,
  "long-poll": longPoll,
  "JSONP": scriptPoll(),
  "iframes": iframePollSerial,
};

/// Published exactly between two connections, on every transport.
export async function gap(trial) {
  for (const [name, open] of Object.entries(techniques)) {
    const address = trial.room();
    const listener = await trial.attached({ open, address });
    listener.feed.stop();
    await trial.publish(address, "in between");
    listener.feed.start();
    await trial.until(() => listener.shown.length, `${name} shows what came in between`);
    listener.feed.stop();
    trial.check(listener.shows("in between"), `${name}: found by the cursor`);
  }
}

/// The answer left the server and never arrived: the same cursor asks for the same messages.
export async function lostResponse(trial) {
  const address = trial.room();
  const { cursor } = (await ask(`${address}?hold=0`)).json;
  const id = await trial.publish(address, "once");
  await ask(`${address}?cursor=${cursor}`);
  trial.step(`an answer with ${id} arrived and is thrown away, its cursor with it`);
  const again = (await ask(`${address}?cursor=${cursor}`)).json;
  trial.check(again.messages.length === 1 && again.messages[0].id === id, "the next request gets it again");
}

/// Two answers that overtake one another.
export async function ordering(trial) {
  const address = trial.room();
  const { cursor } = (await ask(`${address}?hold=0`)).json;
  await trial.publish(address, 1);
  const early = (await ask(`${address}?cursor=${cursor}`)).json;
  await trial.publish(address, 2);
  const late = (await ask(`${address}?cursor=${cursor}`)).json;
  const shown = [];
  let dropped = 0;
  const silent = { start() {}, live() {}, retry() {}, repeated: () => void (dropped += 1) };
  const place = new Place(({ data }) => shown.push(data), silent);
  place.answer(late);
  place.answer(early);
  trial.step(`the answer with ${late.messages.length} messages was handed over first, the older one after it`);
  trial.check(shown.join() === "1,2", "each was shown once, in order");
  trial.check(dropped === 1, "the stale one was known by its offset and dropped");
}

/// Away for longer than the history reaches back.
export async function reset(trial) {
  const address = trial.room();
  const listener = await trial.attached({ open: longPoll, address });
  listener.network.change("down");
  for (let number = 1; number <= 25; number += 1) await trial.publish(address, number);
  trial.step("offline while 25 messages were published; the history holds 20");
  listener.network.change("whole");
  await trial.until(() => listener.reset, "the reset arrives");
  trial.check(listener.reset === "expired", "the answer is a reset: expired; the page loads its snapshot again");
  await trial.publish(address, "after");
  await trial.until(() => listener.shown.length, "the next message arrives");
  trial.check(listener.shows("after"), "and goes on from there");
}

/// Back after three losses, at times that nobody shares.
export async function reconnecting(trial) {
  const address = trial.room();
  const listener = await trial.attached({ open: fetchStream, address });
  for (let number = 1; number <= 3; number += 1) {
    listener.network.cut();
    await trial.until(() => listener.waits.length >= number, "the loss is noticed");
    await trial.publish(address, number);
    await trial.until(() => listener.shown.length >= number, "it is back");
    trial.step(listener.waits[number - 1]);
  }
  trial.check(listener.shows(1, 2, 3), "each time at random within a growing bound, and nothing was missed");
}

/// Every pair of transports, one after the other, while somebody publishes.
export async function switching(trial) {
  const address = trial.room();
  const names = Object.keys(techniques);
  // Seven is a prime: steps of 1 to 6 round the circle pass each ordered pair once.
  const route = [names[0]];
  for (let step = 1; step < names.length; step += 1) {
    for (const _ of names) route.push(names[(names.indexOf(route.at(-1)) + step) % names.length]);
  }
  const listener = await trial.attached({ open: techniques[route[0]], address });
  const published = [];
  for (const name of route.slice(1)) {
    listener.feed.use({ open: techniques[name], address });
    published.push(published.length + 1);
    await trial.publish(address, published.length);
    await trial.until(() => listener.shown.length >= published.length, `${name} shows message ${published.length}`);
  }
  trial.check(listener.shows(...published), `${published.length} changes, as many messages, each once and in order`);
}

/// A sign of life in what a script can see, and its absence.
export async function heartbeat(trial) {
  const listener = await trial.attached({ open: fetchStream, address: "/gallery/feed" });
  const start = performance.now();
  await trial.until(() => listener.heartbeats >= 1, "a heartbeat arrives");
  trial.check(true, `a heartbeat after ${((performance.now() - start) / 1000).toFixed(1)} s of silence`);
  trial.step("two of them missing, and 5 s more, and the page gives the connection up");
}

/// One message, four ways, one route.
export async function fourWays(trial) {
  const address = trial.room();
  const listeners = [];
  for (const name of ["long-poll", "fetch stream", "EventSource", "iframes"]) {
    listeners.push([name, await trial.attached({ open: techniques[name], address })]);
  }
  await trial.publish(address, "to all");
  for (const [name, listener] of listeners) {
    await trial.until(() => listener.shown.length, `${name} shows it`);
    trial.check(listener.shows("to all"), name);
  }
}
