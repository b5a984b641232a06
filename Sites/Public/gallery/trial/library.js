// The browser's bare objects beside halley.js.

import { events } from "../bare/event-source.js";
import { longPoll } from "../bare/poll.js";
import { scriptPoll } from "../bare/script.js";
import { socket } from "../bare/socket.js";
import { fetchStream } from "../bare/stream.js";
import { client, stage } from "../library/client.js";
import { Line } from "../line/line.js";
import { Network } from "../line/network.js";
import { Feed } from "../line/feed.js";

const ways = {
  websocket: ["WebSocket", socket],
  sse: ["EventSource", events],
  stream: ["fetch stream", fetchStream],
  poll: ["long-poll", longPoll],
  jsonp: ["JSONP", scriptPoll()],
};

/// Each transport by hand and by the client in turn, while somebody publishes: one goes on where the other stood.
export async function native(trial) {
  const address = trial.room();
  const techniques = Object.entries(ways).flatMap(([transports, [name, open]]) => [
    [`${name} by hand`, { open, address }],
    [`${name} by halley.js`, { open: client({ transports }), address, returns: true }],
  ]);
  const listener = await trial.attached(techniques[0][1]);
  const published = [];
  for (const [name, technique] of techniques) {
    listener.feed.use(technique);
    published.push(name);
    await trial.publish(address, name);
    await trial.until(() => listener.shown.length >= published.length, `${name} shows its message`);
  }
  trial.check(listener.shows(...published), `${published.length} messages over: ${published.join(", ")}`);
  trial.step("each once and in order, with one cursor");
}

/// The WebSocket that comes back, over a network that is cut under it: the surface of the browser's own, raw payloads.
export async function reconnectingWebSocket(trial) {
  const address = trial.room();
  const network = new Network();
  const feed = new Feed({ address }, network, { state() {} });
  const line = new Line(feed, new Network());
  trial.onEnd(() => line.abort("the end"));
  const { HalleySocket } = await stage(line);
  const options = { minReconnectionDelay: 200, maxReconnectionDelay: 1000, minUptime: 100 };
  const socket = new HalleySocket(address, [], options);
  const told = [];
  const heard = [];
  for (const type of ["open", "close"]) socket.addEventListener(type, () => told.push(type));
  socket.onmessage = ({ data }) => heard.push(JSON.parse(data));
  await trial.until(() => socket.readyState === HalleySocket.OPEN, "it is open");
  socket.send('"before"');
  await trial.until(() => heard.length === 1, "what it sent comes back");
  network.change("down");
  await trial.until(() => socket.readyState === HalleySocket.CONNECTING, "it has noticed");
  await trial.publish(address, "while it was away");
  socket.send('"kept until it is back"');
  const { bufferedAmount } = socket;
  trial.check(bufferedAmount > 0, `the network is off: readyState CONNECTING, ${bufferedAmount} bytes wait`);
  network.change("whole");
  await trial.until(() => heard.length >= 2, "what it kept comes back");
  trial.check(told.slice(0, 3).join() === "open,close,open", "open, close and open again were told, as usual");
  trial.check(heard.join() === "before,kept until it is back", `heard: ${heard.join(", ")}`);
  trial.step("what others said meanwhile is lost: payloads carry no cursor. Nothing is with halley.v1");
  socket.close();
  await trial.until(() => socket.readyState === HalleySocket.CLOSED, "it is closed");
  await trial.pause(1200);
  trial.check(socket.readyState === HalleySocket.CLOSED, "closed by the page, it stays closed");
}
