// What the transports over HTTP share: addresses, keys, and what an error answer means.

// The address with query parameters added; those without a value are left out.
export function withQuery(url, parameters) {
  const result = new URL(url);
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") result.searchParams.set(name, value);
  }
  return result.href;
}

// 96 random bits; `crypto.randomUUID` would ask for a secure context.
export const randomKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// A request whose failure is told as the end of the connection.
export async function ask(session, query, init) {
  const answer = await fetch(session.address(query), { cache: "no-store", credentials: session.options.credentials, ...init });
  if (!answer.ok) throw await problem(answer);
  return answer;
}

// 406 is about the transport, other 4xx are about the request and stay; the rest may pass.
export async function problem(answer) {
  const { status } = answer;
  const { error, retry } = await answer.json().catch(() => ({}));
  return {
    status,
    error,
    retry: retry ?? (Number(answer.headers.get("Retry-After")) * 1000 || undefined),
    unoffered: status === 406,
    terminal: status >= 400 && status < 500 && ![406, 408, 425, 429].includes(status),
    reason: `The server answered ${status} ${error ?? ""}`,
  };
}
