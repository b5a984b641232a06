// What the sections' cards have in common.

import { otherOrigin } from "../line/origins.js";

export const feedAddress = "/gallery/feed";

const noOther = "Needs a second origin of this server: open the page as localhost or 127.0.0.1.";

/// The server code of a route on the shared channel.
export const route = (...modifiers) => ['Route("/gallery/feed", feed)', ...modifiers].join("\n  ");

/// A card that runs on the shared channel and publishes to it by the technique's own way or by POST.
export const live = (technique) => ({ kind: "live", address: feedAddress, publishes: true, ...technique });

/// The same from the server's other origin; `open` is made for it.
export const crossing = ({ open, ...technique }) => {
  if (!otherOrigin) return { kind: "silent", ...technique, reason: noOther };
  return live({ ...technique, origin: otherOrigin, open: open(otherOrigin) });
};

/// A behaviour that is shown on demand.
export const trial = (technique) => ({ kind: "trial", ...technique });

/// The same, for what needs the server's other origin.
export const crossingTrial = (technique) => (otherOrigin ? trial(technique) : silent({ ...technique, reason: noOther }));

/// A technique that is told and not run.
export const silent = (technique) => ({ kind: "silent", ...technique });
