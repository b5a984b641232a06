// Who is where: one entry and one table row per person, made once and changed afterwards.

import { ago, element } from "/assets/page.js";

const fadeAfter = 60_000;
const forgetAfter = 600_000;
const trailLength = 40;
const most = 500; // one page shows no more, whatever others send

export class People {
  #body;
  #mine;
  #all = new Map();

  constructor(body, mine) {
    this.#body = body;
    this.#mine = mine;
  }

  get list() {
    return [...this.#all.values()];
  }

  /// Takes what somebody sent; anything that is not a position is left out.
  update(data) {
    const position = checked(data);
    if (!position) return;
    const person = this.#all.get(position.id) ?? this.#add(position.id);
    if (!person) return;
    const moved = person.lat !== position.lat || person.lon !== position.lon;
    Object.assign(person, position);
    if (moved) {
      person.trail.push([position.lat, position.lon]);
      if (person.trail.length > trailLength) person.trail.shift();
    }
    person.cells.name.textContent = person.name;
    person.cells.lat.textContent = person.lat.toFixed(5);
    person.cells.lon.textContent = person.lon.toFixed(5);
    this.#age(person);
  }

  /// Called every second: ages grow, old positions fade, very old ones go.
  tick() {
    for (const person of this.#all.values()) {
      this.#age(person);
      if (Date.now() - person.at > forgetAfter) {
        person.row.remove();
        this.#all.delete(person.id);
      }
    }
  }

  clear() {
    this.#all.clear();
    this.#body.replaceChildren();
  }

  #add(id) {
    if (this.#all.size >= most) return undefined;
    const cell = (name, kind) => element("td", { className: kind, "data-testid": name });
    const cells = {
      name: cell("person-name", "name"), lat: cell("lat", "number"), lon: cell("lon", "number"),
      age: cell("age", "number"),
    };
    const row = element("tr", { "data-testid": "person", "data-id": id }, ...Object.values(cells));
    const person = { id, hue: hue(id), row, cells, trail: [], stale: false };
    row.style.setProperty("--hue", person.hue);
    if (id === this.#mine) cells.name.classList.add("me");
    if (id === this.#mine) this.#body.prepend(row);
    else this.#body.append(row);
    this.#all.set(id, person);
    return person;
  }

  #age(person) {
    const age = Date.now() - person.at;
    person.stale = age > fadeAfter;
    person.row.classList.toggle("stale", person.stale);
    const text = age < 3000 ? "now" : ago(age);
    if (person.cells.age.textContent !== text) person.cells.age.textContent = text;
  }
}

function checked(data) {
  if (typeof data !== "object" || data === null) return undefined;
  const { id, name, lat, lon, at } = data;
  if (typeof id !== "string" || id === "" || id.length > 64) return undefined;
  if (typeof lat !== "number" || typeof lon !== "number") return undefined;
  if (Math.abs(lat) > 90 || Math.abs(lon) > 180) return undefined;
  return {
    id,
    name: typeof name === "string" && name.trim() ? name.trim().slice(0, 24) : "Somebody",
    lat,
    lon,
    // Other people's clocks: nobody is seen in the future.
    at: Math.min(Number.isFinite(at) ? at : Date.now(), Date.now()),
  };
}

/// A colour of one's own, the same on every page.
function hue(id) {
  let hash = 0;
  for (const character of id) hash = (Math.imul(hash, 31) + character.codePointAt(0)) >>> 0;
  return Math.round((hash * 137.508) % 360);
}
