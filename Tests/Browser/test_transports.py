"""The browser's own objects on the server's bytes: EventSource in its three modes, iframes of the same origin, XHR."""

import pytest

NASTY = "</script><script>window.broken = true</script> \u2028\u2029 <!--"

RECEIVE = {
    "sse": """(url) => { new EventSource(url).onmessage = (event) => seen.push(event.data); }""",
    "iframe": """(url) => {
      let cursor = "oldest";
      window.take = (frame) => {
        if (frame.type === "message") seen.push(frame.data);
        if (frame.id || frame.cursor) cursor = frame.id || frame.cursor;
        if (frame.type === "move") setTimeout(open, frame.retry);
      };
      const frame = document.body.appendChild(document.createElement("iframe"));
      const open = () => { frame.src = `${url}&callback=parent.take&cursor=${cursor}`; };
      if (url.includes("hold=")) frame.onload = () => { if (frame.src) setTimeout(open, 50); };
      open();
    }""",
}


@pytest.mark.parametrize("transport, query", [
    ("sse", ""), ("sse", "hold=0"), ("sse", "hold=20"), ("iframe", ""), ("iframe", "hold=20")])
def test_received_once_and_in_order(open_page, server, channel, transport, query):
    """Across the ends of answers, with what would end a script in every message, and without an error of the page."""
    page = open_page("/hub/")
    page.evaluate("window.seen = []")
    start = "&cursor=oldest" if transport == "sse" else ""
    first = server.publish(channel, f"0 {NASTY}")
    page.evaluate(RECEIVE[transport], f"/hub/{channel}?transport={transport}{query and '&' + query}{start}")
    page.wait_for_function("seen.length === 1")
    # Big enough that an iframe's answer reaches its size twice.
    sent = [f"{number} {NASTY} {'x' * 9_000}" for number in range(1, 31)]
    for text in sent:
        server.publish(channel, text)
    page.wait_for_function("seen.length >= 31")
    assert first and page.evaluate("seen") == [f"0 {NASTY}", *sent]
    assert page.evaluate("window.broken") is None
