// What a WebSocket is made of: frames, states, and a relay to all.

const echo = "/echo/";

/// Sizes on both sides of each length form, as text and binary.
export async function frames(trial) {
  const socket = await opened(echo);
  trial.onEnd(() => socket.close());
  socket.binaryType = "arraybuffer";
  for (const size of [0, 125, 126, 65_535, 65_536, 1_048_576]) {
    const form = size > 65_535 ? "64-bit length" : size > 125 ? "16-bit length" : "7-bit length";
    const bytes = new Uint8Array(size).map((_, index) => index % 251);
    const back = new Uint8Array(await answered(socket, bytes));
    const same = back.length === size && back.every((byte, index) => byte === index % 251);
    trial.check(same, `${size.toLocaleString("en")} bytes, ${form}: back unchanged`);
  }
  const text = "text, ☄, \u2028 and </script>";
  trial.check((await answered(socket, text)) === text, "text with everything awkward: back unchanged");
}

export async function states(trial) {
  const names = ["CONNECTING", "OPEN", "CLOSING", "CLOSED"];
  const socket = new WebSocket(address(echo));
  const told = [names[socket.readyState]];
  await once(socket, "open");
  told.push(names[socket.readyState]);
  socket.send(new Uint8Array(1_000_000));
  trial.check(socket.bufferedAmount >= 1_000_000, `bufferedAmount after a large send: ${socket.bufferedAmount}`);
  await once(socket, "message");
  trial.check(socket.bufferedAmount === 0, "bufferedAmount when it has gone: 0");
  socket.close(1000, "enough");
  told.push(names[socket.readyState]);
  const { code, wasClean } = await once(socket, "close");
  told.push(names[socket.readyState]);
  trial.check(told.join() === names.join(), `readyState: ${told.join(" → ")}`);
  trial.check(code === 1000 && wasClean, "our close 1000 came back: a clean end");

  const rude = await opened(trial.room(), "halley.v1");
  rude.send("no frame");
  trial.check((await once(rude, "close")).code === 4002, "no hello on halley.v1: closed with 4002, protocol misuse");
  const foreign = new WebSocket(address(trial.room()), "chess");
  trial.check((await once(foreign, "close")).code === 1006, "an unknown subprotocol: the browser fails the connection");
  const big = await opened(trial.room());
  big.send("x".repeat(100_000));
  trial.check((await once(big, "close")).code === 1009, "a message over the limit: closed with 1009");
}

/// Three sockets on one channel, as if on three pages; each sends, all hear all in one order.
export async function broadcast(trial) {
  const room = trial.room();
  const heard = [[], [], []];
  const sockets = await Promise.all(heard.map(() => opened(room)));
  trial.onEnd(() => sockets.forEach((socket) => socket.close()));
  sockets.forEach((socket, index) => {
    socket.onmessage = ({ data }) => heard[index].push(JSON.parse(data));
    for (let number = 1; number <= 3; number += 1) socket.send(JSON.stringify(`page ${index + 1}, ${number}`));
  });
  await trial.until(() => heard.every((list) => list.length === 9), "all nine have reached all three");
  trial.step(`The order: ${heard[0].join(" · ")}`);
  trial.check(new Set(heard.map(String)).size === 1, "the same order for all three, the senders included");
}

export function address(path) {
  return new URL(path, location.href).href.replace(/^http/, "ws");
}

export async function opened(path, protocol) {
  const socket = new WebSocket(address(path), protocol ? [protocol] : []);
  await once(socket, "open");
  return socket;
}

export function once(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}

async function answered(socket, data) {
  socket.send(data);
  return (await once(socket, "message")).data;
}
