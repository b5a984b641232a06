// XDomainRequest of Internet Explorer 8–10: another origin, GET and POST only, no cookies, no fields of one's own. No
// browser has it any more; the stand-in below has its surface, over fetch, so that the code of the time runs.

class XDomainRequest {
  responseText = "";
  contentType = "";
  timeout = 0;
  onload = () => {};
  onprogress = () => {};
  onerror = () => {};
  ontimeout = () => {};
  #abort = new AbortController();
  #method;
  #address;

  open(method, address) {
    this.#method = method;
    this.#address = address;
  }

  async send(body) {
    const timer = this.timeout && setTimeout(() => (this.#abort.abort(), this.ontimeout()), this.timeout);
    try {
      const answer = await fetch(this.#address, {
        method: this.#method, body, credentials: "omit", signal: this.#abort.signal,
      });
      if (!answer.ok) throw new Error(`answered ${answer.status}`);
      this.contentType = answer.headers.get("Content-Type");
      this.responseText = await answer.text();
      this.onprogress();
      this.onload();
    } catch {
      if (!this.#abort.signal.aborted) this.onerror();
    } finally {
      clearTimeout(timer);
    }
  }

  abort() {
    this.#abort.abort();
  }
}

/// Long-poll as it was written then.
export const xdrPoll = (origin) => (line) => {
  const request = new XDomainRequest();
  request.onload = () => {
    line.unseenHead("poll");
    line.hear(request.responseText, (text) => line.answer(JSON.parse(text)));
    line.end();
  };
  request.onerror = () => line.fail(new Error("no answer"));
  request.open("GET", line.get({ transport: "poll", hold: line.cursor ? undefined : 0 }, { origin }));
  request.send();
  line.onOver(() => request.abort());
  return line.over;
};
