// What all cards look alike in: title, verdict, words, server code, page code.

import { element } from "/assets/page.js";

/// `parts` come between the title's text and what the technique is good for.
export function cardFrame(parent, { slug, title, text, use, code, source }, ...parts) {
  const verdict = element("span", { className: "verdict", textContent: "not started", "data-testid": "verdict" });
  const card = element(
    "article", { className: "panel card", id: slug, "data-testid": `card-${slug}`, "data-verdict": "none" },
    element("header", {}, heading(slug, title), verdict),
    element("p", { className: "small words", textContent: text }),
    ...parts,
    ...(use ? [element("p", { className: "muted small use" }, element("b", { textContent: "Use it " }), use)] : []),
    ...(code ? [folded("Server code", element("pre", { textContent: code, tabIndex: 0 }))] : []),
    ...(source ? [pageCode(source)] : []),
  );
  parent.append(card);
  return {
    card,
    judge(kind, words) {
      card.dataset.verdict = kind;
      if (verdict.textContent !== words) verdict.textContent = words;
    },
  };
}

/// A technique that cannot run, and why.
export function addSilentCard(parent, technique) {
  const { card, judge } = cardFrame(
    parent, technique, element("p", { className: "notice", textContent: technique.reason, "data-testid": "reason" }));
  card.classList.add("silent");
  judge("none", "does not run");
}

export function figure(name, testid) {
  const value = element("dd", { textContent: "–", "data-testid": testid });
  return { value, block: element("div", {}, element("dt", { textContent: name }), value) };
}

export function folded(title, ...content) {
  return element("details", {}, element("summary", { textContent: title }), ...content);
}

/// `6.4 ms`, `56 ms`, `1.5 s`
export function span(milliseconds) {
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)} s`;
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

/// `312`, `4.1k`, `2.3M`
export function bytes(count) {
  if (count < 1000) return String(count);
  return count < 1_000_000 ? `${(count / 1000).toFixed(1)}k` : `${(count / 1_000_000).toFixed(1)}M`;
}

function heading(slug, title) {
  return element("h3", {}, element("a", { href: `#${slug}`, textContent: title }));
}

/// The module that runs in the card, read when somebody wants to see it.
export function pageCode(source) {
  const text = element("pre", { tabIndex: 0, textContent: "…" });
  const details = folded("Page code", text);
  details.addEventListener("toggle", async () => {
    if (!details.open || text.dataset.read) return;
    text.dataset.read = "yes";
    const answer = await fetch(`/${source}`);
    text.textContent = answer.ok ? await answer.text() : `${source}: answered ${answer.status}`;
  });
  return details;
}
