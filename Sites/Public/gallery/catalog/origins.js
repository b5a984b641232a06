import { scriptPoll } from "../bare/script.js";
import { xdrPoll } from "../bare/xdr.js";
import * as trials from "../trial/origins.js";
import { crossing, crossingTrial, live, route } from "./shared.js";

export const origins = {
  id: "origins",
  title: "Other origins",
  text: "A page may read what another origin answers only if that origin names it. By default nobody is named, on any " +
    "transport; a route lists exactly whom it trusts.",
  cards: [
    crossingTrial({
      slug: "cors",
      title: "Fetch, other origin",
      run: trials.cors,
      source: "trial/origins.js",
      text: "Simple, preflighted, with cookies, not listed, and from a page without an origin. Some must be refused.",
      use: "with an exact list of origins, never with a star.",
      code: route(".longPoll()", '.cors(.origins("http://localhost:8080", …))'),
    }),
    crossingTrial({
      slug: "jsonp",
      title: "JSONP",
      run: trials.jsonp,
      source: "trial/origins.js",
      text: "The answer of a normal route as a call of the page's function. A name that is none is refused, and never " +
        "written back.",
      use: "for public data only: every site on the web can read it.",
      code: 'Get("/time") { _ in .text(now) }\n  .jsonp(callback: "cb")',
    }),
    crossingTrial({
      slug: "cross-site",
      title: "A forged page",
      run: trials.crossSite,
      source: "trial/origins.js",
      text: "This page plays the stranger and asks a route of the other origin that lists nobody: by fetch, POST, " +
        "WebSocket and EventSource.",
      code: 'Route("/:channel", …)   // no .cors: same origin only',
    }),
    live({
      slug: "jsonp-poll",
      title: "JSONP poll",
      open: scriptPoll(),
      held: true,
      library: { transports: "jsonp" },
      source: "bare/script.js",
      text: "A script element asks, and the answer calls a function of the page. The server checks the function's name " +
        "and escapes the payload.",
      use: "only where CORS is not to be had; any site can read it.",
      code: route('.jsonp(callback: "callback")'),
    }),
    crossing({
      slug: "xdr",
      title: "XDomainRequest",
      open: xdrPoll,
      held: true,
      source: "bare/xdr.js",
      text: "What Internet Explorer 8 to 10 had for other origins: no cookies, no fields. No browser has it now; a small " +
        "stand-in with its surface runs the code of the time.",
      use: "never any more: fetch with CORS.",
      code: route(".longPoll()", '.cors(.origins("http://localhost:8080", …))'),
    }),
  ],
};
