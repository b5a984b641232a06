// What another origin may do, and what it may not. The other origin is this same server under its other name.

import { ask, outcome, script } from "./ask.js";
import { otherOrigin } from "../line/origins.js";

const listed = `${otherOrigin}/gallery/feed`;
const credentialed = `${otherOrigin}/gallery/feed/credentials`;
const unlisted = `${otherOrigin}/clock/time`;
const nobody = `${otherOrigin}/gallery/nobody`;

export async function cors(trial) {
  const poll = "?hold=0";
  const expect = async (words, wanted, address, options) => {
    const got = await outcome(address, options);
    trial.check(got === wanted, `${words}: ${got}`);
  };
  const yes = "answered 200";
  const no = "refused by the browser";
  if ((await outcome(listed + poll)) === no) {
    throw new Error(`the route does not list ${location.origin}: set cors.origins of the site Gallery`);
  }
  await expect("simple, listed", yes, listed + poll);
  await expect("preflighted, listed", yes, listed + poll, { headers: { "Last-Event-ID": "latest" } });
  await expect("preflighted, with a field that is not allowed", no, listed + poll, { headers: { "X-Mine": "1" } });
  await expect("with cookies, route without credentials", no, listed + poll, { credentials: "include" });
  await expect("with cookies, route with credentials", yes, credentialed + poll, { credentials: "include" });
  await expect("not listed", no, unlisted);
  const [mine, open] = await asNobody([listed + poll, nobody]);
  trial.check(mine === no, `a sandboxed frame, whose origin is “null”, from the listed route: ${mine}`);
  trial.check(open === yes, `the same from a route that lists “null”: ${open}`);
}

/// What a sandboxed frame gets from these addresses. Its origin is opaque, so it can be told from others only by its
/// window, and it can tell its words to anybody only.
function asNobody(addresses) {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  frame.title = "A page without an origin";
  frame.sandbox = "allow-scripts";
  frame.srcdoc = `<!doctype html><script type="module">
    const answered = ({ status }) => "answered " + status;
    const ask = (address) => fetch(address).then(answered, () => "refused by the browser");
    parent.postMessage(await Promise.all(${JSON.stringify(addresses)}.map(ask)), "*");
  </script>`;
  return new Promise((resolve, reject) => {
    const done = (settle, value) => {
      clearTimeout(timer);
      removeEventListener("message", listen);
      frame.remove();
      settle(value);
    };
    const listen = ({ source, origin, data }) => {
      if (source === frame.contentWindow && origin === "null") done(resolve, data);
    };
    const timer = setTimeout(() => done(reject, new Error("the sandboxed frame said nothing")), 20_000);
    addEventListener("message", listen);
    document.body.append(frame);
  });
}

export async function jsonp(trial) {
  const time = await script(`${otherOrigin}/clock/time`, "cb");
  trial.check(/^\d{4}-/.test(time), `a script of the other origin called this page: ${time}`);
  for (const name of ["alert(1)", "a b", "a..b", ""]) {
    const { status, text } = await ask(`/clock/time?cb=${encodeURIComponent(name)}`);
    trial.check(status === 400 && (name === "" || !text.includes(name)), `“${name}” as a name: 400, nothing echoed`);
  }
}

/// A page of another origin tries what a forged page would: this page is that other one.
export async function crossSite(trial) {
  const target = `${otherOrigin}/hub/gallery-forged`;
  const before = (await ask("/hub/gallery-forged?hold=0")).json.cursor;
  trial.check((await outcome(`${target}?hold=0`)) === "refused by the browser", "reading by fetch is refused");
  await outcome(target, { method: "POST", body: "forged", mode: "no-cors" });
  trial.check(
    (await ask("/hub/gallery-forged?hold=0")).json.cursor === before,
    "a text POST needs no preflight, and still publishes nothing");
  trial.check((await socketEnd(target.replace(/^http/, "ws"))) === 1006, "a WebSocket is refused before it is one");
  trial.check(await eventsRefused(`${target}?transport=sse`), "an EventSource is refused, and stays refused");
}

function socketEnd(address) {
  const socket = new WebSocket(address);
  return new Promise((resolve) => {
    socket.onopen = () => (socket.close(), resolve("opened"));
    socket.onclose = ({ code }) => resolve(code);
  });
}

function eventsRefused(address) {
  const source = new EventSource(address);
  return new Promise((resolve) => {
    source.onopen = () => (source.close(), resolve(false));
    source.onerror = () => resolve(source.readyState === EventSource.CLOSED);
  });
}
