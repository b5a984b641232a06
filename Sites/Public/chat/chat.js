import { Halley } from "/_halley/halley.mjs";
import {
  element, find, parameter, randomKey, remember, showState, store, stored, transportPicker,
} from "/assets/page.js";
import { Presence } from "./presence.js";

const most = 500; // messages kept on the page
const shown = 8; // members named; the rest are counted

const me = stored(sessionStorage, "chat.id", randomKey);
const nameField = find("#name");
const roomField = find("#room");
const list = find("#messages");
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
  say(text).catch(() => (field.value ||= text));
});

roomField.addEventListener("change", () => {
  roomField.value = roomName(roomField.value);
  remember("room", roomField.value === "lobby" ? "" : roomField.value);
  join();
});

nameField.addEventListener("change", () => {
  store(localStorage, "chat.name", nameField.value);
  join();
});

function join() {
  feed?.close();
  list.replaceChildren();
  find("#room-title").textContent = `#${roomField.value}`;
  const room = new Halley(address(), { transports, start: "last-50" });
  const presence = new Presence(address(), (names) => room === feed && showPresent(names));
  feed = room;
  room.on("message", (message) => {
    if (message.event?.startsWith("presence.")) {
      presence.saw(message);
      if (!message.replayed) noteMember(message);
    } else {
      take(message.data);
    }
    find("#cursor").textContent = room.cursor;
  });
  room.on("state", (state) => {
    if (room !== feed) return;
    showState(find("#state"), state);
    if (room.cursor) find("#cursor").textContent = room.cursor;
    if (state.state === "live") presence.load();
  });
  room.on("reset", () => {
    note("Some messages were missed");
    presence.load();
  });
}

function take(data) {
  if (typeof data?.text !== "string") return; // the server lets nothing else in, but a page should not rely on it
  addSaid({ ...data, name: data.name.slice(0, 24) || "Somebody" });
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
  item.style.setProperty("--hue", hue(name));
  add(item);
}

function noteMember({ event, data }) {
  if (data.user !== myName()) note(`${data.user} ${event === "presence.join" ? "joined" : "left"}`);
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

function showPresent(names) {
  const members = names.slice(0, shown).map((name) => {
    const member = element("li", { textContent: name, "data-testid": "member" });
    member.style.setProperty("--hue", hue(name));
    return member;
  });
  if (names.length > shown) members.push(element("li", { textContent: `and ${names.length - shown} more` }));
  find("#present").replaceChildren(...members);
  find("#count").textContent = `${names.length} here`;
}

async function say(text) {
  const notice = find("#notice");
  try {
    await feed.publish({ id: me, name: myName(), at: Date.now(), text });
    notice.hidden = true;
  } catch (error) {
    notice.textContent = `Not sent: ${error.message}`;
    notice.hidden = false;
    throw error;
  }
}

function myName() {
  return nameField.value.trim() || "Somebody";
}

function address() {
  const url = new URL(`/chat/rooms/${roomField.value}`, location.href);
  url.searchParams.set("user", myName());
  return url.href;
}

function roomName(text) {
  return (text ?? "").replace(/[^A-Za-z0-9_-]/g, "").slice(0, 32) || "lobby";
}

function hue(name) {
  let hash = 7;
  for (const character of name) hash = (Math.imul(hash, 31) + character.codePointAt(0)) >>> 0;
  return hash % 360;
}
