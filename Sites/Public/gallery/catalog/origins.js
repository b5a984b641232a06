import { scriptPoll } from "../bare/script.js";
import { xdrPoll } from "../bare/xdr.js";
import { crossing, live, route } from "./shared.js";

export const origins = {
  id: "origins",
  title: "Other origins",
  text: "A page may read what another origin answers only if that origin names it. By default nobody is named, on any " +
    "transport; a route lists exactly whom it trusts.",
  cards: [
    live({
      slug: "jsonp-poll",
      title: "JSONP poll",
      open: scriptPoll(),
      held: true,
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
