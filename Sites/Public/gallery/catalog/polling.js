import { iframePoll, iframePollSerial } from "../bare/frame-poll.js";
import { longPoll, shortPoll } from "../bare/poll.js";
import * as polls from "../trial/polls.js";
import { live, route, trial } from "./shared.js";

export const polling = {
  id: "polling",
  title: "Polling",
  text: "The page asks, again and again. Each answer says up to where it reaches, and the next request starts there: so " +
    "nothing falls between two polls, and an answer that got lost is simply asked for again.",
  cards: [
    live({
      slug: "short-poll",
      title: "Short poll",
      open: shortPoll,
      every: 3000,
      library: { transports: "poll", every: 3000 },
      source: "bare/poll.js",
      text: "A request every three seconds, answered at once with what is new: mostly nothing.",
      use: "when seconds do not matter and requests are cheap.",
      code: route(".longPoll()   // the page asks with hold=0"),
    }),
    live({
      slug: "long-poll",
      title: "Long-poll",
      open: longPoll,
      held: true,
      library: { transports: "poll" },
      source: "bare/poll.js",
      text: "A request is held until there is something to say, answered with the batch, and asked again.",
      use: "where proxies break everything that streams.",
      code: route(".longPoll(hold: .seconds(20))"),
    }),
    live({
      slug: "iframe-poll",
      title: "Iframe, loaded again",
      open: iframePoll,
      source: "bare/frame-poll.js",
      text: "One hidden iframe, loaded again every three seconds whether it has finished or not. A load that was " +
        "overtaken has consumed nothing.",
      use: "never any more: fetch does the same without a document.",
      code: route(".longPoll()   // same origin may frame it"),
    }),
    live({
      slug: "iframe-poll-serial",
      title: "Iframe after iframe",
      open: iframePollSerial,
      held: true,
      source: "bare/frame-poll.js",
      text: "A new iframe for each request, the next when the last has loaded. Every answer must end for that; the " +
        "longest hold makes sure.",
      use: "never any more, as above.",
      code: route(".longPoll(hold: .seconds(20))"),
    }),
    trial({
      slug: "time-poll",
      title: "Asking for the time",
      run: polls.timePoll,
      source: "trial/polls.js",
      text: "The oldest way: a normal request for something that may have changed.",
      use: "as a measure for everything else.",
      code: 'Get("/time") { _ in .text(now) }\n  .cors(.origins("https://example.com"))\n  .jsonp(callback: "cb")',
    }),
    trial({
      slug: "poll-endings",
      title: "How a poll ends",
      run: polls.pollEndings,
      source: "trial/polls.js",
      text: "By data, by expiry, which is a normal empty answer, or by a network error. None leaves anything behind.",
      code: route(".longPoll()"),
    }),
  ],
};
