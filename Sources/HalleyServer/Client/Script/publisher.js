// Publishing: by the WebSocket that is open, through the tab that leads, or by POST. Every attempt of one message
// carries the same idempotency key, so repeating it is safe.

import { problem, randomKey, withQuery } from "./request.js";
import { backoff, sleep } from "./timing.js";

const tries = 8;
const patience = 10_000;
// Refusals that another attempt may outlive; `not_offered` is about frames alone.
const passing = ["unavailable", "unknown", "overloaded", "rate", "lost", "not_offered"];

export class Publisher {
  // The route takes no frames, as far as is known.
  refusesFrames = false;
  #pending = new Map();

  // Tries until it is done or refused for good. `ways`: functions that return a promise, or nothing if not open now.
  async publish(message, ways) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        for (const way of ways) {
          const receipt = way(message);
          if (receipt) return await receipt;
        }
      } catch (error) {
        if (error.isFinal || attempt === tries) throw error;
        await sleep(Math.max(backoff(attempt), error.retry ?? 0));
      }
    }
  }

  // Asks by a frame; `send` says whether it could be sent. The answer comes to `settle`.
  byFrame(message, send) {
    const ref = randomKey();
    if (this.refusesFrames || !send({ type: "publish", ref, ...message })) return;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.settle({ ref, error: "lost" }), patience);
      this.#pending.set(ref, { resolve, reject, timer });
    });
  }

  // The answer to one frame.
  settle({ ref, id, duplicate, error, retry }) {
    const asked = this.#pending.get(ref);
    if (!asked) return;
    this.#pending.delete(ref);
    clearTimeout(asked.timer);
    if (error === "not_offered") this.refusesFrames = true;
    if (error) asked.reject(failure(error, !passing.includes(error), retry));
    else asked.resolve({ id, duplicate: duplicate === true });
  }

  // Nothing that was asked over the connection will be answered.
  lost() {
    for (const ref of this.#pending.keys()) this.settle({ ref, error: "lost" });
  }
}

// `mayPass`: the route may still take it another way.
export async function post({ url, options }, token, { data, encoding, event, key, channel, idempotencyKey }, mayPass) {
  let answer, receipt;
  try {
    answer = await fetch(withQuery(url, { event, key, channel, token }), {
      method: "POST",
      credentials: options.credentials,
      headers: {
        "Content-Type": encoding ? "application/octet-stream" : "application/json",
        "Idempotency-Key": idempotencyKey,
      },
      body: encoding ? unpack(data) : JSON.stringify(data),
    });
    if (answer.ok) receipt = await answer.json();
  } catch (error) {
    throw failure(error.message);
  }
  if (receipt) return { id: receipt.id, duplicate: receipt.duplicate === true };
  const { status, error, retry, terminal, reason } = await problem(answer);
  throw failure(error ?? reason, terminal && !(status === 405 && mayPass), retry);
}

const failure = (text, isFinal = false, retry) => Object.assign(new Error(text), { isFinal, retry });

// Bytes travel as base64 inside of frames.
export const pack = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
export const unpack = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
