// The browser's own objects as halley.js finds them in its frame: the real ones, with the page's network on their way.
// So the client itself is the one that everybody is served, and what it does about a bad network is its own doing.

import { upgradeFields } from "../bare/socket.js";
import { frameWeight, size } from "../line/meter.js";
import { reasons } from "../line/line.js";

/// Puts the network between the objects of a frame and whoever uses them; `connect(url, asked)` is a new connection's
/// line.
export function dress(frame, connect) {
  frame.fetch = fetchOver(frame, connect);
  frame.WebSocket = socketOver(frame, connect);
  frame.EventSource = eventsOver(frame, connect);
  carryScripts(frame, connect);
}

function fetchOver(frame, connect) {
  const { ReadableStream, Response, TextDecoderStream, TextEncoder, TypeError } = frame;
  const fetch = frame.fetch.bind(frame);
  const failure = () => new TypeError("the page's network");
  return async (address, options = {}) => {
    const { method, body, signal } = options;
    const line = connect(new URL(address), { method, body });
    signal?.addEventListener("abort", () => line.abort(reasons.stop), { signal: line.signal });
    const answer = await fetch(address, { ...options, signal: line.signal }).catch((error) => line.fail(error));
    if (!answer) throw failure();
    line.weigh(answer.headers);
    const encoder = new TextEncoder();
    const carried = new ReadableStream({
      start(controller) {
        const hand = (text) => controller.enqueue(encoder.encode(text));
        read(answer.body.pipeThrough(new TextDecoderStream()), line, hand);
        line.over.then(() => controller.close(), () => controller.error(failure()));
      },
    });
    return new Response(carried, { status: answer.status, headers: answer.headers });
  };
}

async function read(body, line, hand) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return line.end();
      line.hear(value, () => hand(value));
    }
  } catch (error) {
    line.fail(error);
  }
}

/// The parts of a WebSocket that clients use; a cut one closes without a code, as by the loss of its network.
function socketOver({ WebSocket: Native, CloseEvent }, connect) {
  const lost = () => new CloseEvent("close", { code: 1006, wasClean: false });
  return class {
    onopen = null;
    onmessage = null;
    onerror = null;
    onclose = null;
    #line;
    #socket;
    #binaryType = "blob";

    constructor(address, protocols) {
      const line = (this.#line = connect(new URL(address), { extra: upgradeFields }));
      line.over.catch((why) => this.onclose?.(why instanceof CloseEvent ? why : lost()));
      if (line.signal.aborted) return;
      const socket = (this.#socket = new Native(address, protocols));
      socket.onopen = (event) => {
        line.unseenHead("socket");
        this.onopen?.(event);
      };
      socket.onmessage = (event) => {
        line.hear(event.data, () => this.onmessage?.(event), frameWeight(size(event.data), false));
      };
      socket.onclose = (event) => line.fail(event);
      line.onOver(() => socket.close());
    }

    get readyState() {
      return this.#line.signal.aborted ? Native.CLOSED : this.#socket.readyState;
    }

    get url() {
      return this.#socket?.url ?? "";
    }

    get protocol() {
      return this.#socket?.protocol ?? "";
    }

    get extensions() {
      return this.#socket?.extensions ?? "";
    }

    get bufferedAmount() {
      return this.#socket?.bufferedAmount ?? 0;
    }

    get binaryType() {
      return this.#binaryType;
    }

    set binaryType(type) {
      this.#binaryType = type;
      if (this.#socket) this.#socket.binaryType = type;
    }

    send(data) {
      this.#line.sent(data, frameWeight(size(data), true));
      this.#socket.send(data);
    }

    close(code, reason) {
      if (code === undefined || !this.#socket) this.#line.abort(reasons.stop);
      else this.#socket.close(code, reason);
    }
  };
}

function eventsOver({ EventSource: Native, Event }, connect) {
  return class {
    onmessage = null;
    onerror = null;
    #line;

    constructor(address, options) {
      const line = (this.#line = connect(new URL(address)));
      line.over.catch(() => this.onerror?.(new Event("error")));
      if (line.signal.aborted) return;
      const source = new Native(address, options);
      source.onopen = () => line.unseenHead("sse");
      source.onmessage = (event) => {
        const overhead = "id: \ndata: \n\n".length + event.lastEventId.length;
        line.hear(event.data, () => this.onmessage?.(event), overhead);
      };
      source.onerror = (event) => line.fail(event);
      line.onOver(() => source.close());
    }

    close() {
      this.#line.abort(reasons.stop);
    }
  };
}

/// Script elements ask when they are appended. A cut cannot take back the request of one, only its answer.
function carryScripts(frame, connect) {
  const { head } = frame.document;
  const append = head.append.bind(head);
  head.append = (script) => {
    const url = new URL(script.src);
    const line = connect(url);
    const name = url.searchParams.get("callback");
    const call = frame[name];
    const failed = script.onerror;
    line.over.catch(failed);
    if (line.signal.aborted) return;
    frame[name] = (answer) => {
      line.unseenHead("jsonp");
      const handle = () => {
        call(answer);
        line.end();
      };
      line.hear(JSON.stringify(answer), handle, `/**/${name}();`.length);
    };
    script.onerror = () => line.fail(new Error("no answer"));
    append(script);
  };
}
