// WebSocket with the subprotocol halley.v1: one JSON frame per message, `hello` with the cursor first.

import { frameWeight, size } from "../line/meter.js";

/// About what Upgrade, Connection and the four Sec-WebSocket fields take.
export const upgradeFields = 215;

export function socket(line) {
  const address = line.get({ cursor: "" }, { extra: upgradeFields });
  const socket = new WebSocket(address.replace(/^http/, "ws"), "halley.v1");
  const waiting = new Map(); // ref → how to settle its publish

  const send = (frame) => {
    const text = JSON.stringify(frame);
    line.sent(text, frameWeight(size(text), true));
    socket.send(text);
  };
  socket.onopen = () => {
    line.unseenHead("socket");
    line.watch();
    send({ type: "hello", cursor: line.cursor || undefined });
    line.publish = (data) => new Promise((resolve, reject) => {
      const ref = String(waiting.size + 1);
      waiting.set(ref, { resolve, reject });
      send({ type: "publish", ref, data });
    });
  };
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.type === "ack") waiting.get(frame.ref)?.resolve(frame.id);
    else if (frame.type === "error") waiting.get(frame.ref)?.reject(new Error(frame.error));
    line.hear(data, () => line.frame(frame), frameWeight(size(data), false));
  };
  // Codes below 4000 and up to 4099 that mean "never again" are in the delivery contract; here every close is a loss.
  socket.onclose = ({ code }) => line.fail(new Error(`closed with ${code}`));
  line.onOver(() => {
    socket.close();
    for (const { reject } of waiting.values()) reject(new Error("connection lost"));
  });
  return line.over;
}
