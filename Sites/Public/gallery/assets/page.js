// What every page needs: elements made from values (never from markup), and the controls of a connection.

/// What people call the transports.
const transportNames = {
  auto: "Automatic",
  websocket: "WebSocket",
  sse: "Server-sent events",
  stream: "Streamed answer",
  poll: "Long-poll",
  jsonp: "JSONP",
};

/// Makes an element. Properties starting with `data-` or `aria-`, and those of SVG, become attributes; children may be
/// text, which stays text.
export function element(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in node && !key.includes("-")) node[key] = value;
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

/// The same for SVG, where everything is an attribute.
export function shape(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export const find = (selector, root = document) => root.querySelector(selector);

/// A parameter of the page's own address.
export const parameter = (name) => new URLSearchParams(location.search).get(name);

/// Keeps a parameter in the page's address, so that a reload or a copied link stays the same.
export function remember(name, value) {
  const url = new URL(location.href);
  if (value) url.searchParams.set(name, value);
  else url.searchParams.delete(name);
  history.replaceState(null, "", url);
}

/// Fills a select with the transports and returns the one the address asks for; nothing means all, as the client orders
/// them. `change` is called with later choices.
export function transportPicker(select, change) {
  for (const [name, text] of Object.entries(transportNames)) {
    select.append(element("option", { value: name, textContent: text }));
  }
  const chosen = () => (select.value === "auto" ? undefined : select.value);
  const asked = parameter("transport");
  select.value = asked in transportNames ? asked : "auto";
  select.addEventListener("change", () => {
    remember("transport", select.value === "auto" ? "" : select.value);
    change(chosen());
  });
  return chosen();
}

/// Shows a connection's state in words.
export function showState(node, { state, reason }) {
  node.dataset.state = state;
  if (node.textContent !== reason) node.textContent = reason;
}

/// A value of `localStorage` or `sessionStorage`; without storage (private windows) it lasts as long as the page.
export function stored(storage, key, make) {
  try {
    const kept = storage.getItem(key);
    if (kept !== null) return kept;
    const made = make();
    storage.setItem(key, made);
    return made;
  } catch {
    return make();
  }
}

export function store(storage, key, value) {
  try {
    storage.setItem(key, value);
  } catch {
    // Without storage the value lasts as long as the page.
  }
}

/// 96 random bits; `crypto.randomUUID` would ask for a secure context.
export function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/// `3 s`, `2 min`, `1 h`
export function ago(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}
