// No way through this server to another one, and no other name for it.

import { otherOrigin } from "../line/origins.js";
import { ask, outcome } from "./ask.js";

const file = "/_halley/halley.mjs"; // any origin may read it, so only the name decides

export async function innerNetwork(trial) {
  const { hostname } = new URL(otherOrigin);
  trial.check((await outcome(otherOrigin + file)) === "answered 200", `${hostname} is a listed name: served`);
  const name = `router-${Math.random().toString(36).slice(2, 8)}.localhost`;
  const stranger = `${location.protocol}//${name}${location.port && `:${location.port}`}`;
  // Whether anybody answers at all is told even to those who may not read the answer.
  if (await fetch(stranger + file, { mode: "no-cors" }).then(() => true, () => false)) {
    trial.step(`${name} leads to this server as well, and it answers`);
    trial.check(
      (await outcome(stranger + file)) === "refused by the browser",
      "but not with the file: a name that is not listed gets 421");
  } else {
    trial.step(`this browser does not resolve ${name}, so the Host list cannot be shown in it`);
  }

  const address = trial.room();
  const plain = await ask(`${address}?transport=websocket`);
  trial.check(plain.status === 426, `a plain GET of a WebSocket: a plain 426, ${plain.text}`);

  const { text } = await ask(`${address}?hold=0`);
  for (const parameter of ["url", "target", "uri", "proxy"]) {
    const got = await ask(`${address}?hold=0&${parameter}=${encodeURIComponent(`${location.origin}/_halley/health`)}`);
    if (got.status !== 200 || got.text !== text) throw new Error(`Not so: ${parameter}= changes nothing`);
  }
  trial.step("an address in url=, target=, uri= or proxy= is not fetched: the answer is the same without it", "good");
}
