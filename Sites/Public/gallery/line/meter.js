// What a technique costs in bytes. Payload is counted as it is; browsers hide most of what goes around it, so the fields
// of a request are weighed once by the server, and the heads of answers that scripts never see once by a HEAD request.

const encoder = new TextEncoder();

export const size = (text) => encoder.encode(text).length;

/// The fields of a request as this browser sends them; asked for once, a guess until then.
let fieldWeight = 420;
/// By kind of answer: the size of its head.
const heads = { sse: 320, iframe: 320, jsonp: 330, poll: 280, socket: 165 };

/// Asks what cannot be known here; `address` is a route that offers all the kinds.
export async function weigh(address) {
  const answer = await fetch("/gallery/weight", { cache: "no-store" });
  if (answer.ok) fieldWeight = Number(await answer.text());
  const asked = { sse: "transport=sse", iframe: "transport=iframe&callback=f", jsonp: "callback=f", poll: "hold=0" };
  await Promise.all(Object.entries(asked).map(async ([kind, query]) => {
    const head = await fetch(`${address}?${query}`, { method: "HEAD", cache: "no-store" });
    if (head.ok) heads[kind] = headWeight(head.headers);
  }));
}

/// Request line and fields.
export const requestWeight = (url, method) =>
  `${method} ${url.pathname}${url.search} HTTP/1.1\r\n`.length + fieldWeight;

/// Status line and fields of an answer.
export function headWeight(headers) {
  let sum = "HTTP/1.1 200 OK\r\n\r\n".length;
  for (const [name, value] of headers) sum += name.length + value.length + 4;
  return sum;
}

/// Bytes of a WebSocket frame around so much payload; frames to the server carry a mask.
export const frameWeight = (payload, masked) =>
  2 + (payload > 65_535 ? 8 : payload > 125 ? 2 : 0) + (masked ? 4 : 0);

export class Meter {
  requests = 0;
  headOut = 0;
  headIn = 0;
  payloadOut = 0;
  payloadIn = 0;

  request(head) {
    this.requests += 1;
    this.headOut += head;
  }

  sent(head, payload) {
    this.headOut += head;
    this.payloadOut += payload;
  }

  /// `head`: bytes, or the kind of an answer whose head scripts do not see.
  received(head, payload) {
    this.headIn += heads[head] ?? head;
    this.payloadIn += payload;
  }
}
