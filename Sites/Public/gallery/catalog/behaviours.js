import * as delivery from "../trial/delivery.js";
import * as server from "../trial/server.js";
import { six } from "../trial/six.js";
import { slow } from "../trial/slow.js";
import { innerNetwork } from "../trial/inward.js";
import { crossingTrial, trial } from "./shared.js";

export const behaviours = {
  id: "behaviours",
  title: "Behaviours",
  text: "What must hold whatever carries the messages. Each card plays the case on a channel of its own and checks it.",
  cards: [
    trial({
      slug: "heartbeat",
      title: "Heartbeats",
      run: delivery.heartbeat,
      source: "trial/delivery.js",
      text: "Proxies cut what is idle, and a half-open connection stays silent for ever. Browsers hide pings and comments " +
        "from scripts, so framed transports carry a heartbeat that a page can see.",
      code: 'Route("/gallery/feed", feed)\n  .stream()\n  .heartbeat(.seconds(5))',
    }),
    trial({
      slug: "ordering",
      title: "A late answer is stale",
      run: delivery.ordering,
      source: "trial/delivery.js",
      text: "Two answers overtake one another. Ids rise, so the older one is known and dropped.",
    }),
    trial({
      slug: "gap",
      title: "Between two connections",
      run: delivery.gap,
      source: "trial/delivery.js",
      text: "A message is published exactly when nobody listens, on each transport in turn.",
    }),
    trial({
      slug: "lost-response",
      title: "The answer never arrived",
      run: delivery.lostResponse,
      source: "trial/delivery.js",
      text: "The server cannot know. The cursor was not moved, so the same messages come again.",
    }),
    trial({
      slug: "reset",
      title: "Too long away",
      run: delivery.reset,
      source: "trial/delivery.js",
      text: "History has an end. Who was away past it is told so, in band, with the reason: never a silent hole.",
      code: 'Route("/gallery/lab/:name", history: .last(20), …)',
    }),
    trial({
      slug: "reconnecting",
      title: "Back after a loss",
      run: delivery.reconnecting,
      source: "trial/delivery.js",
      text: "Full jitter: the wait is random up to a bound that doubles, so that thousands do not come back in step.",
    }),
    trial({
      slug: "switching",
      title: "Change of transport",
      run: delivery.switching,
      source: "trial/delivery.js",
      text: "Every pair of seven transports, one after the other, while somebody publishes. One cursor serves all.",
    }),
    trial({
      slug: "leaving",
      title: "Nobody waits for ever",
      run: server.leaving,
      source: "trial/server.js",
      text: "A held request has one owner and one deadline; when its client goes, so does it.",
    }),
    trial({
      slug: "cost",
      title: "What is held now",
      run: server.cost,
      source: "trial/server.js",
      text: "Open connections cost memory, so the server counts them. Sizes per connection are measured by the benchmarks.",
    }),
    trial({
      slug: "slow",
      title: "A client that does not read",
      run: slow,
      source: "trial/slow.js",
      text: "Its queue is bounded, others notice nothing; then its messages are refilled from the log, conflated by key, or " +
        "the connection ends: as the route says. This page plays one by taking nothing from the reader of an answer.",
      code: 'Route("/gallery/lab/:name", history: .last(20), …)\n  .backpressure(.skipAndResume)   // the default',
    }),
    trial({
      slug: "six",
      title: "Six connections",
      run: six,
      source: "trial/six.js",
      text: "HTTP/1.1 browsers open six connections to a host. “Run all” shows it: four cards hold one each, the others " +
        "take turns. Halley's client shares one connection among all tabs of a page; here eight frames stand for tabs.",
      code: '// in every tab; share: true is the default\nnew Halley("/gallery/lab/…", { transports: "sse" })',
    }),
    crossingTrial({
      slug: "inner-network",
      title: "No tunnel inwards",
      run: innerNetwork,
      source: "trial/inward.js",
      text: "A page could try to reach the inner network through a server. Refused handshakes are plain answers, nothing " +
        "is fetched by parameter, and only listed host names are served. Browsers ask before a page reaches a local " +
        "network.",
      code: "hosts: [localhost, 127.0.0.1]   # halley.yaml; on loopback the default",
    }),
  ],
};
