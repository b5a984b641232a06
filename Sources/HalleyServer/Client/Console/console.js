// Asks the server for its health each second and shows two minutes of it.

const every = 1_000;
const patience = 5_000;
const samples = 120;
const graph = { width: 240, height: 48 };
const rates = ["published", "delivered", "accepted"];
const transports = ["webSockets", "eventStreams", "waiters", "others"];

const field = (name) => document.querySelector(`[data-testid="${name}"]`);
const sparks = [...document.querySelectorAll("[data-spark]")];
const history = new Map(sparks.map((node) => [node.dataset.spark, []]));
let before = null;

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

const count = (number) => (Math.abs(number) < 100_000 ? whole.format(Math.round(number)) : short.format(number));

function size(bytes) {
  let value = bytes;
  for (const unit of ["B", "KiB", "MiB", "GiB"]) {
    if (value < 1_024) return `${value < 10 && unit !== "B" ? value.toFixed(1) : Math.round(value)} ${unit}`;
    value /= 1_024;
  }
  return `${value.toFixed(1)} TiB`;
}

/// What is shown of an answer: the gauges as they are, the counters as totals and as rates since the last answer.
function view(health, at) {
  const { http, connections, waiters } = health;
  const shown = { ...health, others: Math.max(0, http - connections - waiters) };
  // Another process has other counters.
  const isSame = before && rates.every((name) => health[name] >= before.health[name]);
  if (!isSame) for (const values of history.values()) values.length = 0;
  for (const name of rates) {
    shown[`${name}Total`] = health[name];
    shown[name] = isSame ? (1_000 * (health[name] - before.health[name])) / (at - before.at) : 0;
  }
  before = { health, at };
  return shown;
}

function show(shown) {
  for (const [name, value] of Object.entries(shown)) {
    const node = field(name);
    if (node) node.textContent = name.endsWith("Bytes") ? size(value) : count(value);
  }
  const sum = transports.reduce((sum, name) => sum + shown[name], 0);
  for (const name of transports) {
    document.querySelector(`.share .${name}`).style.flexGrow = sum ? shown[name] / sum : 0;
  }
  const verdict = field("verdict");
  verdict.textContent = shown.longestHold ? "limit exceeded" : "limit kept";
  verdict.dataset.state = shown.longestHold ? "wait" : "good";
  for (const node of sparks) {
    const values = history.get(node.dataset.spark);
    values.push(shown[node.dataset.spark]);
    if (values.length > samples) values.shift();
    draw(node, values);
  }
}

function draw(node, values) {
  const { width, height } = graph;
  // Memory begins at zero too, so that the height of a graph means something.
  const most = Math.max(...values, 1);
  const point = (value, index) => {
    const x = width - ((values.length - 1 - index) * width) / (samples - 1);
    return `${x.toFixed(2)},${(height - (value / most) * (height - 4)).toFixed(2)}`;
  };
  const line = values.map(point).join(" L");
  const first = (width - ((values.length - 1) * width) / (samples - 1)).toFixed(2);
  path(node, "area", `M${first},${height} L${line} L${width},${height} Z`);
  path(node, "line", `M${line}`);
}

function path(node, kind, data) {
  let part = node.querySelector(`.${kind}`);
  if (!part) {
    node.setAttribute("viewBox", `0 0 ${graph.width} ${graph.height}`);
    node.setAttribute("preserveAspectRatio", "none");
    part = document.createElementNS("http://www.w3.org/2000/svg", "path");
    part.setAttribute("class", kind);
    node.append(part);
  }
  part.setAttribute("d", data);
}

function state(words, kind) {
  const node = field("state");
  if (node.textContent !== words) node.textContent = words;
  node.dataset.state = kind;
}

async function ask() {
  try {
    const answer = await fetch("health", { cache: "no-store", signal: AbortSignal.timeout(patience) });
    if (answer.status === 403) return state("Not shown to this address", "bad");
    const health = await answer.json();
    show(view(health, performance.now()));
    state(health.status === "draining" ? "Draining" : "Serving", health.status === "ok" ? "good" : "wait");
  } catch {
    state("No answer", "bad");
  }
}

/// Nobody looks at a hidden page; when it is shown again the rates are those of the time in between.
async function run() {
  if (!document.hidden) await ask();
  setTimeout(run, every);
}

document.querySelector(".place").textContent = location.host;
run();
