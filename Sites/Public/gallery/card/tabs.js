// Tabs as screen readers and keyboards know them (WAI-ARIA): one is in the order of Tab, arrows move between them, Home
// and End go to the ends, and each names its panel.

import { element } from "/assets/page.js";

/// `panels`: name → `{ title, content }`. `choose(name)` is called when another one is chosen; the first one is at first.
/// Returns the list of tabs and the panels.
export function tabs(id, label, panels, choose) {
  const list = element("div", { className: "tabs", role: "tablist", "aria-label": label });
  const made = Object.entries(panels).map(([name, { title, content }]) => {
    const tab = element("button", {
      type: "button", id: `${id}-tab-${name}`, role: "tab", textContent: title, "aria-controls": `${id}-panel-${name}`,
      "data-testid": `tab-${name}`,
    });
    const panel = element(
      "div", { className: "tab-panel", id: `${id}-panel-${name}`, role: "tabpanel", "aria-labelledby": tab.id }, ...content);
    tab.addEventListener("click", () => select(name));
    list.append(tab);
    return { name, tab, panel };
  });
  let chosen = "";

  function select(wanted) {
    if (wanted === chosen) return;
    const isFirst = chosen === "";
    chosen = wanted;
    for (const { name, tab, panel } of made) {
      tab.setAttribute("aria-selected", String(name === wanted));
      tab.tabIndex = name === wanted ? 0 : -1;
      panel.hidden = name !== wanted;
    }
    if (!isFirst) choose(wanted);
  }

  list.addEventListener("keydown", (event) => {
    const last = made.length - 1;
    const at = made.findIndex(({ name }) => name === chosen);
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    select(made[next].name);
    made[next].tab.focus();
  });

  select(made[0].name);
  return [list, ...made.map(({ panel }) => panel)];
}
