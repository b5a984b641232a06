import { Halley } from "/_halley/halley.mjs";
import { find, showState } from "/assets/page.js";
import { Dial } from "./dial.js";

const polling = find("#polling");
const pushing = find("#pushing");
const dials = [];
const polls = [];

addPoll("fetch", "fetch", "A request for every look, whether the time has changed or not.", async () => {
  const answer = await fetch("/clock/time", { cache: "no-store" });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}`);
  return answer.text();
});
addPoll("script", "JSONP", "The same by a script element, as pages of other origins did before CORS.", askByScript);

addPush("websocket", "WebSocket", "One connection, a frame for every tick.");
addPush("sse", "Server-sent events", "One answer that never ends, a block of text for every tick.");
addPush("poll", "Long-poll", "A request that is held until the next tick, then asked again.");
addPush("jsonp", "JSONP long-poll", "The same by script elements.");

find("#every").addEventListener("change", () => polls.forEach((restart) => restart()));
requestAnimationFrame(function draw() {
  dials.forEach((dial) => dial.draw());
  requestAnimationFrame(draw);
});

function addDial(...values) {
  const dial = new Dial(...values);
  dials.push(dial);
  return dial;
}

function addPush(transport, title, explanation) {
  const dial = addDial(pushing, transport, title, explanation);
  // Every dial counts its own requests, so nothing is shared with other tabs.
  const feed = new Halley("/clock/ticks", { transports: transport, pauseAfter: 0, share: false });
  feed.on("message", ({ data }) => dial.show(data));
  feed.on("frame", () => dial.requests(feed.stats.requests));
  feed.on("state", (state) => showState(dial.state, state));
}

function addPoll(id, title, explanation, ask) {
  const dial = addDial(polling, id, title, explanation);
  let timer = 0;
  let requests = 0;
  const look = async () => {
    clearTimeout(timer);
    if (document.visibilityState === "visible") {
      dial.requests((requests += 1));
      try {
        dial.show(await ask());
        showState(dial.state, { state: "live", reason: "Asking again and again" });
      } catch (error) {
        showState(dial.state, { state: "waiting", reason: error.message });
      }
    }
    clearTimeout(timer);
    timer = setTimeout(look, Number(find("#every").value));
  };
  polls.push(look);
  look();
}

let scripts = 0;

function askByScript() {
  return new Promise((resolve, reject) => {
    const name = `clock_${(scripts += 1)}`;
    const script = document.createElement("script");
    window[name] = (time) => {
      delete window[name];
      script.remove();
      resolve(time);
    };
    script.onerror = () => {
      script.remove();
      reject(new Error("No answer"));
    };
    script.src = `/clock/time?cb=${name}&_=${Date.now()}`;
    document.head.append(script);
  });
}
