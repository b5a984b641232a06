// Polling with a hidden iframe: the page reads what the server's answer shows in it. From before XMLHttpRequest.

import { hiddenFrame } from "./hidden-frame.js";

const every = 3000;

/// One iframe that is loaded again by a timer, finished or not. A load that is overtaken has taken nothing with it:
/// the cursor moves only by answers that were read.
export function iframePoll(line) {
  let asked = line.get({ transport: "poll", hold: 0 });
  const frame = hiddenFrame(line, asked);
  frame.onload = () => read(line, frame);
  const timer = setInterval(() => {
    const address = line.get({ transport: "poll", hold: 0 });
    if (address === asked) frame.contentWindow.location.reload();
    else frame.contentWindow.location.replace(address);
    asked = address;
  }, every);
  line.onOver(() => clearInterval(timer));
  return line.over;
}

/// A new iframe for each request, the next one when it has loaded: so every answer must end, and the hold ends it.
export async function iframePollSerial(line) {
  const frame = hiddenFrame(line, line.get({ transport: "poll", hold: line.cursor ? undefined : 0 }));
  frame.onload = () => {
    read(line, frame);
    line.end();
  };
  await line.over;
  frame.remove();
}

/// A browser shows JSON as text in a `pre`; its own error pages belong to no origin that this page could read.
function read(line, frame) {
  const text = frame.contentDocument?.querySelector("pre")?.textContent;
  if (!text) return line.fail(new Error("no answer"));
  line.unseenHead("poll");
  line.hear(text, () => line.answer(JSON.parse(text)));
}
