// An answer that does not end: one JSON object a line, each sent as it comes.

const heard = (line) => (text) => line.frame(JSON.parse(text));

/// fetch and a reader. Aborting closes the connection, and the server notices.
export async function fetchStream(line) {
  const answer = await fetch(line.get({ transport: "stream" }), { signal: line.signal });
  line.head(answer);
  line.watch();
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const lines = new Lines();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    for (const text of lines.cut(value)) line.hear(text, heard(line));
  }
}

/// XMLHttpRequest at readyState 3: `responseText` grows, and the page reads on from where it was. It is never freed
/// while the answer lasts, which is why the server ends it after 128 KiB.
export function xhrStream(line) {
  const request = new XMLHttpRequest();
  const lines = new Lines();
  let position = 0;
  line.watch();
  request.onreadystatechange = () => {
    if (request.readyState === XMLHttpRequest.HEADERS_RECEIVED) line.headOf(request);
    if (request.readyState < XMLHttpRequest.LOADING || request.status !== 200) return;
    const piece = request.responseText.slice(position);
    position += piece.length;
    for (const text of lines.cut(piece)) line.hear(text, heard(line));
  };
  request.onload = () => line.end();
  request.onerror = () => line.fail(new Error("no answer"));
  line.onOver(() => request.abort());
  request.open("GET", line.get({ transport: "stream" }));
  request.send();
  return line.over;
}

/// A line may come in two pieces, and two lines in one.
class Lines {
  #rest = "";

  cut(piece) {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop();
    return lines.filter((text) => text.trim()); // blank lines are padding
  }
}
