// The echo page: a WebSocket written by hand, without a library.

import { element, find } from "./page.js";

const sizes = [[1, "1 B"], [1024, "1 KiB"], [65_536, "64 KiB"], [1_048_576, "1 MiB"], [16_777_216, "16 MiB"]];
const rows = 20;
const waiting = []; // sent and not yet back, in order
let socket;

for (const [size, text] of sizes) {
  const button = element("button", { type: "button", textContent: `Send ${text}`, "data-testid": `size-${size}` });
  button.addEventListener("click", () => send(randomBytes(size)));
  find("#sizes").append(button);
}
find("#form").addEventListener("submit", (event) => {
  event.preventDefault();
  send(find("#text").value);
});
find("#toggle").addEventListener("click", () => {
  if (socket.readyState === WebSocket.OPEN) socket.close(1000, "enough");
  else if (socket.readyState === WebSocket.CLOSED) open();
});
open();

function open() {
  const url = new URL("/echo/", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  show("connecting", "Connecting");
  socket.onopen = () => {
    show("live", "Open");
    find("#agreed").textContent = socket.extensions ? `agreed: ${socket.extensions}` : "without compression";
  };
  socket.onmessage = ({ data }) => back(data);
  socket.onclose = ({ code, reason }) => {
    waiting.length = 0;
    show("closed", `Closed with ${code}${reason ? ` (${reason})` : ""}`);
    find("#agreed").textContent = "";
  };
}

function send(data) {
  if (socket.readyState !== WebSocket.OPEN) return;
  waiting.push({ data, at: performance.now() });
  socket.send(data);
}

function back(data) {
  const sent = waiting.shift();
  if (!sent) return;
  const milliseconds = performance.now() - sent.at;
  const text = typeof data === "string";
  const size = text ? new TextEncoder().encode(data).length : data.byteLength;
  find("#log").prepend(element(
    "tr", { "data-testid": "trip" },
    element("td", { textContent: text ? shortened(data) : "binary" }),
    element("td", { className: "number", textContent: `${size.toLocaleString("en")} B` }),
    element("td", { className: "number", textContent: `${milliseconds.toFixed(1)} ms` }),
    element("td", { textContent: same(sent.data, data) ? "unchanged" : "CHANGED", "data-testid": "verdict" }),
  ));
  while (find("#log").children.length > rows) find("#log").lastElementChild.remove();
}

function same(sent, received) {
  if (typeof sent === "string" || typeof received === "string") return sent === received;
  const other = new Uint8Array(received);
  return sent.length === other.length && sent.every((byte, index) => byte === other[index]);
}

/// `getRandomValues` gives at most 64 KiB at a time.
function randomBytes(size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

function shortened(text) {
  return text.length > 40 ? `“${text.slice(0, 40)}…”` : `“${text}”`;
}

function show(name, text) {
  find("#state").dataset.state = name;
  find("#state").textContent = text;
  find("#toggle").textContent = name === "closed" ? "Open again" : "Close";
}
