// The forever-iframe: a document that never ends, with one script per message. Its drawback cannot be coded away: the
// browser shows the page as loading for as long as the answer lasts.

import { hiddenFrame } from "./hidden-frame.js";

let frames = 0;

/// Same origin: each script calls the function of the page that the request named.
export function iframeStream(line) {
  const name = `gallery_frame_${(frames += 1)}`;
  window[name] = (frame) => take(line, frame);
  const element = hiddenFrame(line, line.get({ transport: "iframe", callback: `parent.${name}` }));
  line.onOver(() => delete window[name]);
  return lasting(line, element);
}

/// Other origin: each script posts its frame to this page's origin and no other; this page takes it from that iframe
/// and no other.
export const iframeStreamCross = (origin) => (line) => {
  const element = hiddenFrame(line, line.get({ transport: "iframe", origin: location.origin }, { origin }));
  const listen = (event) => {
    if (event.source === element.contentWindow && event.origin === origin) take(line, event.data);
  };
  addEventListener("message", listen);
  line.onOver(() => removeEventListener("message", listen));
  return lasting(line, element);
};

/// Internet Explorer's way to hide the loading indicator: the iframe lives in an ActiveX document. The same bytes; the
/// stand-in below has the surface of that object, around another hidden iframe.
export function htmlfile(line) {
  const outer = hiddenFrame(line, "about:blank");
  const document = new HTMLFile(outer);
  document.parentWindow.process = (frame) => take(line, frame);
  const inner = document.createElement("iframe");
  inner.src = line.get({ transport: "iframe", callback: "parent.process" });
  document.body.append(inner);
  return lasting(line, inner);
}

class HTMLFile {
  constructor(frame) {
    this.parentWindow = frame.contentWindow;
    this.body = frame.contentDocument.body;
    this.createElement = (name) => frame.contentDocument.createElement(name);
  }
}

function take(line, frame) {
  line.hasSpoken = true;
  const text = JSON.stringify(frame);
  line.hear(text, () => line.frame(frame), "<script>parent.process();</script>\n".length);
}

/// `load` means that the document has ended, which a forever-iframe does when it has grown large, or when it failed. A
/// connection that is cut may make no sound at all: only the missing heartbeats tell.
function lasting(line, element) {
  line.unseenHead("iframe");
  line.watch();
  element.onload = () => (line.hasSpoken ? line.end() : line.fail(new Error("no stream")));
  return line.over;
}
