// Publishing by POST: JSON, with an idempotency key so that a repeated request appends nothing twice.

import { withQuery } from "./url.js";

const tries = 4;

export async function post(url, { data, event, key, idempotencyKey }) {
  for (let attempt = 1; ; attempt += 1) {
    let failure;
    try {
      const answer = await fetch(withQuery(url, { event, key }), {
        method: "POST",
        headers: { "Content-Type": "application/json", "Idempotency-Key": idempotencyKey },
        body: JSON.stringify(data),
      });
      if (answer.ok) return await answer.json();
      const { error } = await answer.json().catch(() => ({}));
      failure = new Error(error ?? `the server answered ${answer.status}`);
      if (answer.status < 500 && answer.status !== 429) throw Object.assign(failure, { final: true });
    } catch (error) {
      if (error.final) throw error;
      failure = error;
    }
    if (attempt === tries) throw failure;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 500 * 2 ** attempt));
  }
}

/// 96 random bits; `crypto.randomUUID` would ask for a secure context.
export function randomKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
