// WebSocket with the subprotocol `halley.v1`: one JSON frame per message, `hello` with the cursor first.

export function openWebSocket(session) {
  const url = new URL(session.url);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  session.requested();
  const socket = new WebSocket(url, "halley.v1");
  const watchdog = new Watchdog(() => {
    socket.close();
    session.ended({ text: "The line went silent" });
  });

  socket.onopen = () => {
    const cursor = session.position();
    socket.send(JSON.stringify(cursor ? { type: "hello", cursor } : { type: "hello" }));
  };
  socket.onmessage = ({ data }) => {
    const frame = JSON.parse(data);
    watchdog.heard(frame.heartbeat);
    session.frame(frame);
  };
  socket.onclose = (event) => {
    watchdog.stop();
    session.ended(meaning(event));
  };

  return {
    publish: (frame) => socket.send(JSON.stringify(frame)),
    close() {
      watchdog.stop();
      socket.close(1000);
    },
  };
}

/// What a close code asks of the client.
function meaning({ code, reason }) {
  if ([1002, 1003, 1007, 1008, 1009].includes(code) || (code >= 4000 && code < 4100)) {
    return { terminal: true, text: `The server closed with ${code}${reason ? ` (${reason})` : ""}` };
  }
  if (code === 1012 || code === 1013) return { retry: retryIn(reason), text: "The server is restarting" };
  if (code >= 4200 && code < 4300) return { atOnce: true };
  return {};
}

function retryIn(reason) {
  try {
    return Number(JSON.parse(reason).retry) || 0;
  } catch {
    return 0;
  }
}

/// Browsers hide pings from scripts; the heartbeat frames show whether the line is alive.
class Watchdog {
  #silent;
  #limit = 0;
  #last = 0;
  #timer = 0;

  constructor(silent) {
    this.#silent = silent;
  }

  heard(heartbeat) {
    if (heartbeat > 0) this.#limit = 2 * heartbeat + 5000;
    this.#last = performance.now();
    if (this.#limit && !this.#timer) this.#arm(this.#limit);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#limit = 0;
  }

  #arm(delay) {
    this.#timer = setTimeout(() => {
      // Judged one task later: after the machine has slept, frames may be waiting behind this timer.
      setTimeout(() => {
        if (!this.#limit) return;
        const left = this.#limit - (performance.now() - this.#last);
        if (left > 0) this.#arm(left);
        else this.#silent();
      }, 0);
    }, delay);
  }
}
