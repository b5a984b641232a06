import { Halley } from "/_halley/halley.mjs";
import { find, parameter, randomKey, showState, store, stored, transportPicker } from "/assets/page.js";
import { LocationSharing } from "./location.js";
import { MapSketch } from "./map.js";
import { People } from "./people.js";

// One person per tab; the name is kept for the next visit.
const me = stored(sessionStorage, "tracker.id", randomKey);
const nameField = find("#name");
nameField.value = parameter("name") ?? stored(localStorage, "tracker.name", randomName);

const people = new People(find("#people"), me);
const map = new MapSketch(find("#map"), find("#scale"));
const notice = find("#notice");
const shareButton = find("#share");

const feed = new Halley("/tracker/positions", {
  transports: transportPicker(find("#transport"), (transports) => feed.use(transports)),
  start: "oldest", // the last positions of everybody, then live
});
feed.on("message", ({ data }) => {
  people.update(data);
  find("#cursor").textContent = feed.cursor;
  show();
});
feed.on("state", (state) => {
  showState(find("#state"), state);
  if (feed.cursor) find("#cursor").textContent = feed.cursor;
});
// Positions may be missing now; they come again within twenty seconds.
feed.on("reset", () => people.clear());

const sharing = new LocationSharing(
  (position) => {
    const message = { id: me, name: nameField.value.trim() || "Somebody", ...position, at: Date.now() };
    feed.publish(message).catch((error) => tell(`Your position could not be sent: ${error.message}`));
  },
  (text) => {
    tell(text);
    showSharing();
  },
);

shareButton.addEventListener("click", () => {
  if (sharing.active) sharing.stop();
  else sharing.start();
  showSharing();
});

nameField.addEventListener("change", () => {
  store(localStorage, "tracker.name", nameField.value);
  sharing.repeat();
});

// Asks by itself only where the answer is known already: a question nobody expects gets a no.
navigator.permissions?.query({ name: "geolocation" }).then(
  ({ state }) => {
    if (state !== "granted") return;
    sharing.start();
    showSharing();
  },
  () => {},
);

setInterval(() => {
  people.tick();
  show();
}, 1000);
show();

function show() {
  const { list } = people;
  map.draw(list);
  find("#empty").hidden = list.length > 0;
  const live = list.filter((person) => !person.stale).length;
  find("#count").textContent = list.length === 0 ? "nobody yet" : `${live} live of ${list.length}`;
}

function showSharing() {
  shareButton.textContent = sharing.active ? "Stop sharing" : "Share my position";
  shareButton.classList.toggle("primary", !sharing.active);
}

function tell(text) {
  notice.textContent = text;
  notice.hidden = text === "";
}

function randomName() {
  const names = ["Ada", "Caroline", "Edmond", "Henrietta", "Johannes", "Maria", "Nicole", "Tycho", "Vera", "Wang"];
  return `${names[Math.floor(Math.random() * names.length)]} ${Math.floor(10 + Math.random() * 90)}`;
}
