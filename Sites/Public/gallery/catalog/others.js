import { events } from "../bare/event-source.js";
import { refresh } from "../trial/server.js";
import { live, silent, trial } from "./shared.js";

export const others = {
  id: "others",
  title: "Others",
  text: "Older ideas, and the one that all of them need: a publisher that does not wait in a loop.",
  cards: [
    trial({
      slug: "refresh",
      title: "Page reload",
      run: refresh,
      source: "trial/server.js",
      text: "A page with a Refresh field reloads itself every three seconds, with the cursor in its address.",
      use: "never any more; but nothing is missed even so.",
      code: 'Get("/gallery/refresh") { _ in\n  // Refresh: 3; url=/gallery/refresh?cursor=…\n}',
    }),
    live({
      slug: "publisher",
      title: "The server as publisher",
      address: "/clock/ticks",
      publishes: false,
      open: events,
      held: true,
      library: { transports: "sse" },
      source: "bare/event-source.js",
      text: "One task publishes the time each second, however many listen. No thread, timer or loop per listener.",
      use: "whenever the server knows of a change: a timer, a job, another request.",
      code: "func run() async throws {\n  while !Task.isCancelled {\n    try await Task.sleep(for: .seconds(1))\n" +
        "    try await ticks.publish(now)\n  }\n}",
    }),
    silent({
      slug: "flash",
      title: "Flash socket",
      text: "An XMLSocket of the Flash plug-in, with a policy file on port 843. WebSocket took its place.",
      reason: "No runtime exists since 2021, and no policy server is shipped.",
    }),
  ],
};
