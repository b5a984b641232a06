// One connection for many tabs. Frames of one origin meet where tabs do, at Web Locks and a BroadcastChannel, so a page
// can show it with frames.

import { ask } from "./ask.js";
import { Ledger } from "../card/ledger.js";

const tabs = 8;

export async function six(trial) {
  const address = trial.room();
  const streams = async () => (await ask("/_halley/health")).json.eventStreams;
  // What was shown before this may have connections that the server has not yet seen leave.
  let before = await streams();
  await trial.until(async () => {
    await trial.pause(300);
    const last = before;
    before = await streams();
    return before === last;
  }, "the server's count stands still");
  const open = await Promise.all(Array.from({ length: tabs }, () => tab(trial, address)));
  await trial.until(() => open.every(({ feed }) => feed.state.state === "live"), `all ${tabs} are live`);
  const isOne = async () => sum(open) === 1 && (await streams()) === before + 1;
  await trial.until(isOne, "they hold one connection in all, and so does the server");
  trial.check(true, `${tabs} frames with halley.js, each as a tab: all live over 1 connection of the server's`);

  const published = [];
  const say = async (text) => {
    published.push(text);
    await trial.publish(address, text);
  };
  const all = () => trial.until(() => open.every((one) => one.shown.length >= published.length), "all have shown it");
  for (const text of ["one", "two", "three"]) await say(text);
  await all();
  trial.check(open.every((one) => one.shows(published)), `${published.length} messages, in each of the ${tabs}`);

  const leader = open.find(({ connections }) => connections.size > 0);
  open.splice(open.indexOf(leader), 1);
  await say("while the leader stands");
  leader.frame.remove();
  await say("the leader is gone");
  trial.step("the frame that held the connection is removed, and at once more is published");
  await all();
  await trial.until(isOne, "another one holds the connection");
  await say("the next one leads");
  await all();
  trial.check(
    open.every((one) => one.shows(published) && one.feed.stats.resets === 0),
    `another one leads, over 1 connection again: all ${published.length} messages in each of the ${open.length}`);

  const follower = open.find(({ connections }) => connections.size === 0);
  published.push("from a follower");
  await follower.feed.publish("from a follower");
  await all();
  trial.check(
    open.every((one) => one.shows(published)), "one without a connection publishes through the one that has it");
}

const sum = (all) => all.reduce((count, { connections }) => count + connections.size, 0);

async function tab(trial, address) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "Stands for a tab";
  frame.src = "/library/stage.html";
  const loaded = new Promise((resolve) => (frame.onload = resolve));
  document.body.append(frame);
  trial.onEnd(() => frame.remove());
  await loaded;
  const connections = countEventSources(frame.contentWindow);
  const feed = new frame.contentWindow.Halley(address, { transports: "sse", start: "oldest" });
  const ledger = new Ledger();
  const shown = [];
  feed.on("message", ({ id, data }) => {
    ledger.take(id);
    shown.push(data);
  });
  const shows = (texts) => !ledger.fault && shown.join() === texts.join();
  return { frame, feed, connections, shown, shows };
}

/// The event sources of a frame that are not closed.
function countEventSources(frame) {
  const open = new Set();
  frame.EventSource = class extends frame.EventSource {
    constructor(...parts) {
      super(...parts);
      open.add(this);
    }

    close() {
      super.close();
      open.delete(this);
    }
  };
  return open;
}
