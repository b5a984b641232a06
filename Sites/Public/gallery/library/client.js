// halley.js as a technique: the client of /_halley/halley.mjs, alone in a hidden frame, with one transport forced. It
// keeps its own place, drops what comes twice, and comes back by itself; the card only looks on.

import { hiddenFrame } from "../bare/hidden-frame.js";
import { Refusal, reasons } from "../line/line.js";
import { dress } from "./browser.js";

/// `options` are the client's own, `transports` among them; `origin` is another one. Begins where the line stands.
export const client = (options, origin) => async (line) => {
  const { Halley } = await stage(line);
  const address = line.address({}, origin);
  const feed = new Halley(address, { ...options, cursor: line.cursor, share: false });
  line.onOver(() => feed.close());
  line.publish = async (data) => (await feed.publish(data)).id;
  feed.on("frame", ({ type, cursor }) => {
    // Polls tell their cursor after their messages, all others before.
    if (["welcome", "cursor"].includes(type) && cursor) line.frame({ type: "cursor", cursor });
    if (type === "heartbeat") line.frame({ type });
  });
  feed.on("message", (message) => line.handed(message));
  feed.on("reset", ({ reason, cursor }) => line.frame({ type: "reset", reason, cursor }));
  feed.on("state", ({ state, reason }) => {
    if (line.signal.aborted) return;
    if (state === "refused") line.fail(new Refusal(reason));
    else line.tell(state, reason);
  });
  return line.over;
};

/// The frame's window, with the client in it and the page's network under it.
export async function stage(line) {
  const element = hiddenFrame(line, "/library/stage.html");
  await Promise.race([new Promise((resolve) => (element.onload = resolve)), line.over]);
  const frame = element.contentWindow;
  if (!frame.Halley) throw new Error("the client did not come");
  const connect = (url, asked) => {
    const connection = line.under();
    connection.asked(url, asked);
    return connection;
  };
  dress(frame, connect);
  // What a browser tells a page whose network is back.
  line.onBack(() => frame.dispatchEvent(new Event("online")));
  return frame;
}
