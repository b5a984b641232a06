// A client that does not read. A page can be one: whoever takes nothing from the reader of an answer fills the buffers
// of the browser, then those of the kernel, then the server's own queue for this connection, which must stay bounded.

import { socket } from "../bare/socket.js";
import { Ledger } from "../card/ledger.js";
import { ask } from "./ask.js";

const payload = "x".repeat(60_000); // a message may have 64 KiB
const most = 240; // messages, about 14 MB
const more = 40; // published after the buffers are full
const patience = 20_000; // milliseconds for what is left to read
const hard = 1_048_576; // bytes: the route's `queue.hard`

export async function slow(trial) {
  const address = trial.room();
  const queued = async () => (await ask("/_halley/health")).json.queuedBytes;
  const other = await trial.attached({ open: socket, address });
  const sleeper = new Sleeper(address);
  trial.onEnd(() => sleeper.close());
  const read = (isDone, words) => Promise.race([sleeper.read(isDone), inVain(trial, words)]);
  await read(() => sleeper.ledger.has(other.feed.cursor), "it is attached");

  let count = 0;
  let largest = 0;
  const publish = async () => {
    count += 1;
    await trial.publish(address, `${count} ${payload}`);
    largest = Math.max(largest, await queued());
  };
  // The other one is read, so what stays queued is for the one that sleeps.
  const isStuck = async () => {
    await trial.until(() => other.shown.length === count, "the other subscriber has everything so far");
    return (await queued()) > payload.length;
  };
  do {
    if (count >= most) throw new Error(`after ${megabytes(count)} no queue has grown: this browser reads on by itself`);
    for (let number = 0; number < 10; number += 1) await publish();
  } while (!(await isStuck()));
  trial.step(`one subscriber takes nothing: after ${megabytes(count)} the buffers of browser and kernel are full`);
  for (let number = 0; number < more; number += 1) await publish();
  const kilobytes = Math.round(largest / 1000);
  trial.check(
    largest <= hard, `${megabytes(more)} more: the server queued at most ${kilobytes} kB for it; its limit is 1 MiB`);
  await trial.until(() => other.shown.length === count, "the other subscriber has everything");
  trial.check(!other.ledger.fault && !other.reset, `another subscriber of the channel got all ${count} meanwhile`);

  const end = other.feed.cursor;
  await read(() => sleeper.ledger.has(end), "the slow one has caught up");
  const next = await trial.publish(address, "live again");
  await read(() => sleeper.ledger.has(next), "the slow one is live again");
  const { ledger } = sleeper;
  const told = ledger.resets ? `told by a reset (${sleeper.reasons.join()})` : "given the rest from the log";
  trial.check(!ledger.fault, `it reads again: ${ledger.count} messages, and is ${told}; no silent hole, live again`);
}

async function inVain(trial, words) {
  await trial.pause(patience);
  throw new Error(`Waited in vain until ${words}`);
}

const megabytes = (count) => `${((count * payload.length) / 1e6).toFixed(1)} MB`;

/// Reads an event stream by fetch when it is told to, and otherwise takes nothing. Comes back from its place if its
/// connection ends.
class Sleeper {
  ledger = new Ledger();
  reasons = [];
  #address;
  #cursor = "";
  #reader = null;
  #abort = new AbortController();
  #decoder;
  #rest = "";

  constructor(address) {
    this.#address = address;
  }

  async read(isDone) {
    while (!isDone()) {
      this.#reader ??= await this.#open();
      const { value, done } = await this.#reader.read().catch(() => ({ done: true }));
      if (done) this.#reader = null;
      else this.#take(this.#decoder.decode(value, { stream: true }));
    }
  }

  async #open() {
    this.#decoder = new TextDecoder();
    this.#rest = "";
    const query = new URLSearchParams({ transport: "sse", format: "frames", cursor: this.#cursor });
    const answer = await fetch(`${this.#address}?${query}`, { signal: this.#abort.signal });
    if (!answer.ok) throw new Error(`the stream was answered ${answer.status}`);
    return answer.body.getReader();
  }

  #take(text) {
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop();
    for (const block of blocks) {
      const line = block.split("\n").find((field) => field.startsWith("data: "));
      if (line) this.#frame(JSON.parse(line.slice("data: ".length)));
    }
  }

  #frame({ type, id, cursor, reason }) {
    if (type === "welcome") this.ledger.start(cursor);
    if (type === "message") this.ledger.take(id);
    if (type === "reset") {
      this.ledger.reset(cursor);
      this.reasons.push(reason);
    }
    this.#cursor = id ?? cursor ?? this.#cursor;
  }

  close() {
    this.#abort.abort();
  }
}
