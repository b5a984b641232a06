// Reverse Ajax: a handler on the server calls functions of the page by name. The name travels as a message's event.

import { longPoll, shortPoll } from "../bare/poll.js";
import { scriptPoll } from "../bare/script.js";
import { socket } from "../bare/socket.js";
import { fetchStream } from "../bare/stream.js";
import { ask } from "./ask.js";

const address = "/gallery/calls";
const call = (name, words, query = "") => ask(`${address}/${name}${query}`, { method: "POST", body: words });

/// By polls, by what is held open, and on the back of the page's own request.
export async function calls(trial) {
  const told = [];
  const functions = {
    setTitle: (words) => told.push(`setTitle(“${words}”)`),
    addLine: (words) => told.push(`addLine(“${words}”)`),
  };

  const source = new EventSource(`${address}?transport=sse`);
  trial.onEnd(() => source.close());
  for (const [name, act] of Object.entries(functions)) source.addEventListener(name, ({ data }) => act(data));
  await new Promise((resolve) => source.addEventListener("halley.welcome", resolve, { once: true }));
  await called("EventSource");
  source.close();

  const techniques = {
    "short polls": { open: shortPoll, every: 500 },
    "long-poll": { open: longPoll },
    "fetch stream": { open: fetchStream },
    "WebSocket": { open: socket },
    "JSONP": { open: scriptPoll() },
  };
  for (const [name, technique] of Object.entries(techniques)) {
    const listener = await trial.attached({
      ...technique, address, message: ({ event, data }) => functions[event]?.(data),
    });
    await called(name);
    listener.feed.stop();
  }

  const { cursor } = (await ask(`${address}?hold=0`)).json;
  await call("setTitle", "while nobody listened");
  const { json } = await call("addLine", "by the page's own request", `?since=${cursor}`);
  told.length = 0;
  for (const { function: name, words } of json) functions[name](words);
  trial.check(told.length === 2, `the answer of the page's own request brings what is pending: ${told.join(", ")}`);

  const { status } = await call("anything", "");
  trial.check(status === 404, "a function that is not listed is not called");
  trial.check(
    (await call("addLine", "", "?since=nowhere")).status === 410, "and what is lost is told, not left out in silence");

  async function called(way) {
    told.length = 0;
    await call("setTitle", `over ${way}`);
    await call("addLine", "and again");
    await trial.until(() => told.length >= 2, `${way} has called both`);
    trial.check(told.length === 2, told.join(", "));
  }
}
