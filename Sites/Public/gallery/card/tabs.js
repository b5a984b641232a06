// Tabs as screen readers and keyboards know them (WAI-ARIA): one is in the order of Tab, arrows move between them, Home
// and End go to the ends, and each names its panel.

import { element } from "/assets/page.js";

/// `panels`: name → `{ title, content }`. The first one is chosen; `choose(name)` tells of another. Returns the
/// list of tabs and the panels.
export function tabs(id, label, panels, choose) {
  const list = element("div", { className: "tabs", role: "tablist", "aria-label": label });
  const made = Object.entries(panels).map(([name, { title, content }]) => {
    const tab = element("button", {
      type: "button", id: `${id}-tab-${name}`, role: "tab", textContent: title, "aria-controls": `${id}-panel-${name}`,
      "data-testid": `tab-${name}`,
    });
    const panel = element("div", {
      className: "tab-panel", id: `${id}-panel-${name}`, role: "tabpanel", "aria-labelledby": tab.id,
    }, ...content);
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
    const at = made.findIndex(({ name }) => name === chosen);
    // -1 is the last one.
    const wanted = { ArrowRight: (at + 1) % made.length, ArrowLeft: at - 1, Home: 0, End: -1 }[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    const { name, tab } = made.at(wanted);
    select(name);
    tab.focus();
  });

  select(made[0].name);
  return [list, ...made.map(({ panel }) => panel)];
}
