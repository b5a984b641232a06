// A sketch without tiles: a grid in degrees, a dot, a name and a trail per person, fitted to who is there.

import { shape } from "/assets/page.js";

const margin = 56;
const smallest = 0.002; // degrees shown at least, about 200 m
const metresPerDegree = 111_320;

export class MapSketch {
  #svg;
  #scale;
  #grid = shape("g", { class: "grid", "aria-hidden": "true" });
  #trails = shape("g");
  #people = shape("g");
  #marks = new Map();
  #view = null;
  #last = [];

  constructor(svg, scale) {
    this.#svg = svg;
    this.#scale = scale;
    svg.append(this.#grid, this.#trails, this.#people);
    new ResizeObserver(() => this.draw(this.#last)).observe(svg);
  }

  draw(people) {
    this.#last = people;
    const { width, height } = this.#svg.getBoundingClientRect();
    if (width === 0) return;
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#fit(people, width, height);
    this.#drawGrid(width, height);
    const present = new Set(people.map((person) => person.id));
    for (const [id, mark] of this.#marks) {
      if (present.has(id)) continue;
      mark.group.remove();
      mark.trail.remove();
      this.#marks.delete(id);
    }
    for (const person of people) this.#drawPerson(person, width);
  }

  /// The view follows people with some slack, so that it does not jump at every step.
  #fit(people, width, height) {
    if (people.length === 0) {
      this.#view ??= { lat: 20, lon: 0, degrees: 120 };
    } else {
      const points = people.map((person) => [person.lat, person.lon]);
      const lats = points.map(([lat]) => lat);
      const lons = points.map(([, lon]) => lon);
      const [south, north] = [Math.min(...lats), Math.max(...lats)];
      const [west, east] = [Math.min(...lons), Math.max(...lons)];
      const lat = (south + north) / 2;
      const shrink = Math.cos((lat * Math.PI) / 180) || 0.01;
      const usableWidth = Math.max(80, width - 2 * margin);
      const usableHeight = Math.max(80, height - 2 * margin);
      const degrees = Math.max(
        smallest, (north - south) * (usableWidth / usableHeight), (east - west) * shrink);
      const wanted = { lat, lon: (west + east) / 2, degrees };
      if (!this.#view || !this.#fits(points, width, height) || degrees < this.#view.degrees / 3) {
        this.#view = { ...wanted, degrees: wanted.degrees * 1.35 };
      }
    }
    const usable = Math.max(80, width - 2 * margin);
    const shrink = Math.cos((this.#view.lat * Math.PI) / 180) || 0.01;
    this.#view.perLat = usable / this.#view.degrees;
    this.#view.perLon = this.#view.perLat * shrink;
    this.#view.centre = [width / 2, height / 2];
  }

  #fits(points, width, height) {
    if (!this.#view.centre) return false;
    return points.every(([lat, lon]) => {
      const [x, y] = this.#place(lat, lon);
      return x > margin / 2 && x < width - margin / 2 && y > margin / 2 && y < height - margin / 2;
    });
  }

  #place(lat, lon) {
    const { centre, perLat, perLon } = this.#view;
    return [centre[0] + (lon - this.#view.lon) * perLon, centre[1] - (lat - this.#view.lat) * perLat];
  }

  #drawGrid(width, height) {
    const { lat, lon, perLat, perLon } = this.#view;
    const parts = [];
    const step = niceStep(90 / perLat);
    const digits = Math.max(0, Math.ceil(-Math.log10(step)));
    const halfHeight = height / 2 / perLat;
    for (let at = Math.ceil((lat - halfHeight) / step) * step; at < lat + halfHeight; at += step) {
      const y = this.#place(at, lon)[1];
      parts.push(shape("line", { x1: 0, x2: width, y1: y, y2: y }));
      if (y > 20 && y < height - 26) parts.push(shape("text", { x: 8, y: y - 4 }, `${at.toFixed(digits)}°`));
    }
    const across = niceStep(110 / perLon);
    const acrossDigits = Math.max(0, Math.ceil(-Math.log10(across)));
    const halfWidth = width / 2 / perLon;
    for (let at = Math.ceil((lon - halfWidth) / across) * across; at < lon + halfWidth; at += across) {
      const x = this.#place(lat, at)[0];
      parts.push(shape("line", { x1: x, x2: x, y1: 0, y2: height }));
      if (x > 50 && x < width - 60) {
        parts.push(shape("text", { x: x + 4, y: height - 8 }, `${at.toFixed(acrossDigits)}°`));
      }
    }
    this.#grid.replaceChildren(...parts);
    const metres = (width / perLat) * metresPerDegree;
    const span = metres < 2000 ? `${Math.round(metres)} m` : `${Math.round(metres / 1000)} km`;
    this.#scale.textContent = `${span} across`;
  }

  #drawPerson(person, width) {
    const mark = this.#marks.get(person.id) ?? this.#addMark(person);
    const [x, y] = this.#place(person.lat, person.lon);
    mark.group.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    mark.group.classList.toggle("stale", person.stale);
    if (mark.name.textContent !== person.name) mark.name.textContent = person.name;
    const left = x > width - 110;
    mark.name.setAttribute("x", left ? -14 : 14);
    mark.name.setAttribute("text-anchor", left ? "end" : "start");
    const points = person.trail.map(([lat, lon]) => this.#place(lat, lon).map((value) => value.toFixed(1)).join(","));
    mark.trail.setAttribute("points", points.join(" "));
    mark.trail.classList.toggle("stale", person.stale);
  }

  #addMark(person) {
    const name = shape("text", { y: 5 });
    const group = shape(
      "g", { class: "person", "data-testid": "mark", "data-id": person.id },
      shape("circle", { class: "halo", r: 16 }), shape("circle", { class: "dot", r: 7.5 }), name);
    const trail = shape("polyline", { class: "trail" });
    group.style.setProperty("--hue", person.hue);
    trail.style.setProperty("--hue", person.hue);
    this.#people.append(group);
    this.#trails.append(trail);
    const mark = { group, name, trail };
    this.#marks.set(person.id, mark);
    return mark;
  }
}

/// 1, 2 or 5 times a power of ten, not below `least`.
function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}
