// WebSocket with the subprotocol `halley.v1`: one JSON frame per message, `hello` with the cursor first.

const inAddress = ["cursor", "last_event_id", "lastEventId"];

export function openWebSocket(session) {
  // A cursor that the page has put into its address would win over the one in the greeting and replay the same each time.
  const url = new URL(session.url);
  const [first] = inAddress.map((name) => url.searchParams.get(name)).filter(Boolean);
  inAddress.forEach((name) => url.searchParams.delete(name));
  const socket = new WebSocket(url.href.replace(/^http/, "ws"), "halley.v1");
  const send = (frame) => socket.send(JSON.stringify(frame));
  socket.onopen = () => send({ type: "hello", cursor: session.position() || first, token: session.token });
  socket.onmessage = ({ data }) => session.text(data);
  socket.onclose = (event) => session.end(meaning(event));
  return { send, close: () => socket.close() };
}

// What a close code asks of the client.
export function meaning({ code, reason }) {
  const named = `The server closed with ${code} ${reason}`;
  if ([1000, 1002, 1003, 1007, 1008, 1009].includes(code) || (code >= 4000 && code < 4100)) {
    return { terminal: true, code, reason: named };
  }
  if (code === 1012 || code === 1013) return { code, retry: retryIn(reason), reason: "The server is restarting" };
  if (code === 4200) return { code, atOnce: true, retry: retryIn(reason), reason: "The server asked to come back" };
  if (code >= 4100 && code < 4300) return { code, atOnce: code >= 4200, reason: named };
  return { code };
}

function retryIn(reason) {
  try {
    return Number(JSON.parse(reason).retry) || 0;
  } catch {
    return 0;
  }
}
