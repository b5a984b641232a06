import { fetchStream, xhrStream } from "../bare/stream.js";
import { live, route } from "./shared.js";

export const streaming = {
  id: "streaming",
  title: "Streaming",
  text: "One answer that goes on: a head once, then a few bytes per message. What the page must do is find where each " +
    "message ends, and ask again from its cursor when the answer has grown large.",
  cards: [
    live({
      slug: "xhr-stream",
      title: "XMLHttpRequest stream",
      open: xhrStream,
      held: true,
      source: "bare/stream.js",
      text: "The page reads responseText from where it stopped, each time it grows.",
      use: "only where fetch is missing.",
      code: route(".stream()"),
    }),
    live({
      slug: "fetch-stream",
      title: "Fetch stream",
      open: fetchStream,
      held: true,
      source: "bare/stream.js",
      text: "The same bytes through a reader, which frees what has been read. Abort, and the server notices.",
      use: "when requests need fields that an EventSource cannot send.",
      code: route(".stream()"),
    }),
  ],
};
