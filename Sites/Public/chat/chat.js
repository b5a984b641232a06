import { Halley } from "/_halley/halley.mjs";
import {
  element, find, parameter, randomKey, remember, showState, store, stored, transportPicker,
} from "/assets/page.js";
import { Presence } from "./presence.js";

const most = 500; // messages kept on the page
const again = 120_000; // who only reads shows so often that somebody is there

const me = stored(sessionStorage, "chat.id", randomKey);
const nameField = find("#name");
const roomField = find("#room");
const list = find("#messages");
const presence = new Presence();
let transports = transportPicker(find("#transport"), (choice) => {
  transports = choice;
  feed.use(choice);
});
let feed;

nameField.value = parameter("name") ?? stored(localStorage, "chat.name", () => `Guest ${me.slice(0, 3)}`);
roomField.value = roomName(parameter("room"));
join();

find("#form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = find("#text");
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  say("said", { text }).catch(() => (field.value ||= text));
});

roomField.addEventListener("change", () => {
  roomField.value = roomName(roomField.value);
  remember("room", roomField.value === "lobby" ? "" : roomField.value);
  leave();
  join();
});

nameField.addEventListener("change", () => {
  store(localStorage, "chat.name", nameField.value);
  say("here");
});

addEventListener("pagehide", () => {
  const body = new Blob([JSON.stringify(message("left"))], { type: "application/json" });
  navigator.sendBeacon(address(), body);
});
addEventListener("pageshow", (event) => event.persisted && say("here"));
setInterval(() => say("here"), again);
setInterval(showPresent, 10_000);

function join() {
  let announced = false;
  presence.clear();
  list.replaceChildren();
  find("#room-title").textContent = `#${roomField.value}`;
  const room = new Halley(address(), { transports, start: "last-50" });
  feed = room;
  room.on("message", ({ data, replayed }) => {
    take(data, replayed);
    find("#cursor").textContent = room.cursor;
  });
  room.on("state", (state) => {
    if (room !== feed) return;
    showState(find("#state"), state);
    if (room.cursor) find("#cursor").textContent = room.cursor;
    if (state.state === "live" && !announced) {
      announced = true;
      setTimeout(() => say("joined"), 0); // after the history
    }
  });
  room.on("reset", () => note("Some messages were missed"));
}

function leave() {
  say("left");
  feed.close();
}

function take(data, replayed) {
  if (typeof data !== "object" || data === null || typeof data.id !== "string") return;
  const { kind, id, text } = data;
  const name = typeof data.name === "string" && data.name ? data.name.slice(0, 24) : "Somebody";
  const at = Number.isFinite(data.at) ? data.at : Date.now();
  if (kind === "left") {
    presence.left(id);
    if (!replayed && id !== me) note(`${name} left`);
  } else {
    presence.saw({ id, name, at });
  }
  if (kind === "joined" && !replayed && id !== me) {
    note(`${name} joined`);
    setTimeout(() => say("here"), Math.random() * 1000); // not all in the same instant
  }
  if (kind === "said" && typeof text === "string") addSaid({ id, name, at, text });
  showPresent();
}

function addSaid({ id, name, at, text }) {
  const when = new Date(at);
  const time = element("time", {
    dateTime: when.toISOString(),
    textContent: when.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
  });
  const item = element(
    "li", { className: id === me ? "said mine" : "said", "data-testid": "message" },
    element("div", { className: "who" }, name, time),
    element("div", { className: "text", textContent: text, "data-testid": "message-text" }),
  );
  item.style.setProperty("--hue", hue(id));
  add(item);
}

function note(text) {
  add(element("li", { className: "event", textContent: text, "data-testid": "event" }));
}

function add(item) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.append(item);
  if (list.children.length > most) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function showPresent() {
  const { names } = presence;
  const shown = names.slice(0, 8).join(", ");
  find("#present").textContent = names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}

async function say(kind, more = {}) {
  const notice = find("#notice");
  try {
    await feed.publish(message(kind, more));
    notice.hidden = true;
  } catch (error) {
    if (kind !== "said") return;
    notice.textContent = `Not sent: ${error.message}`;
    notice.hidden = false;
    throw error;
  }
}

function message(kind, more = {}) {
  return { kind, id: me, name: nameField.value.trim() || "Somebody", at: Date.now(), ...more };
}

function address() {
  return new URL(`/chat/rooms/${roomField.value}`, location.href).href;
}

function roomName(text) {
  return (text ?? "").replace(/[^A-Za-z0-9_-]/g, "").slice(0, 32) || "lobby";
}

function hue(id) {
  let hash = 7;
  for (const character of id) hash = (Math.imul(hash, 31) + character.codePointAt(0)) >>> 0;
  return hash % 360;
}
