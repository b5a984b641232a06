// What a poll can end by, and what asking can never know.

import { ask, script } from "./ask.js";
import { otherOrigin } from "../line/origins.js";

/// The same question three times; the answer changes on its own and nobody says so.
export async function timePoll(trial) {
  const seen = new Set();
  for (let number = 0; number < 3; number += 1) {
    const start = performance.now();
    const { text } = await ask("/clock/time");
    seen.add(text);
    trial.step(`${text}, asked and answered in ${Math.round(performance.now() - start)} ms`);
    await trial.pause(1100);
  }
  trial.check(seen.size === 3, "three requests, three times; what happened in between is not known");
  if (!otherOrigin) return trial.step("The second origin needs this page to be opened as localhost or 127.0.0.1");
  trial.check(/^\d{4}-/.test(await script(`${otherOrigin}/clock/time`, "cb")), "the other origin by a script element");
}

/// The three ends of a held request, and that none of them leaves anything behind.
export async function pollEndings(trial) {
  const address = trial.room();
  const { cursor } = (await ask(`${address}?hold=0`)).json;
  const held = ask(`${address}?cursor=${cursor}`);
  await trial.publish(address, "news");
  const { json } = await held;
  trial.check(json.messages.length === 1, "data: the held request was answered with the message");

  const start = performance.now();
  const expiry = (await ask(`${address}?cursor=${json.cursor}&hold=5`)).json;
  const seconds = (performance.now() - start) / 1000;
  trial.check(
    expiry.messages.length === 0 && expiry.cursor === json.cursor,
    `expiry after ${seconds.toFixed(1)} s: a normal answer, empty, with the same cursor`);

  const abort = new AbortController();
  const leaving = ask(`${address}?cursor=${json.cursor}`, { signal: abort.signal }).catch(() => "gone");
  await trial.pause(200);
  abort.abort();
  trial.check((await leaving) === "gone", "network error: nothing was written, nothing was consumed");
  await trial.publish(address, "after");
  const next = (await ask(`${address}?cursor=${json.cursor}`)).json;
  trial.check(next.messages[0]?.data === "after", "the next request has it all");
}
