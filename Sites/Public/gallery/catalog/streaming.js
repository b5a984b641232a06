import { htmlfile, iframeStream, iframeStreamCross } from "../bare/iframe-stream.js";
import { fetchStream, xhrStream } from "../bare/stream.js";
import { crossing, live, route } from "./shared.js";

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
      library: { transports: "stream" },
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
      library: { transports: "stream" },
      source: "bare/stream.js",
      text: "The same bytes through a reader, which frees what has been read. Abort, and the server notices.",
      use: "when requests need fields that an EventSource cannot send.",
      code: route(".stream()"),
    }),
    live({
      slug: "iframe-stream",
      title: "Forever-iframe",
      open: iframeStream,
      held: true,
      source: "bare/iframe-stream.js",
      text: "A hidden document that never ends, one script per message. Its drawback: many browsers show the page as " +
        "loading for as long as it lasts.",
      use: "never any more: a fetch stream is the same without a document.",
      code: route(".iframe()"),
    }),
    crossing({
      slug: "iframe-stream-cross",
      title: "Forever-iframe, other origin",
      open: iframeStreamCross,
      held: true,
      source: "bare/iframe-stream.js",
      text: "From this server's other name. Each script posts its frame to exactly this page's origin, and only a listed " +
        "origin may frame the stream.",
      use: "never any more, as above.",
      code: route(".iframe()", '.cors(.origins("http://localhost:8080", …))'),
    }),
    live({
      slug: "htmlfile",
      title: "ActiveX htmlfile",
      open: htmlfile,
      held: true,
      source: "bare/iframe-stream.js",
      text: "Internet Explorer hid the loading indicator by putting the iframe into an ActiveX document. No other browser " +
        "ever had it; a small stand-in runs the code of the time, on the same bytes.",
      use: "never any more.",
      code: route(".iframe()   // the same bytes"),
    }),
  ],
};
