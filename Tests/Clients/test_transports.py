"""The older transports, byte for byte: streams of lines and of scripts, their caps, polling event sources, JSONP."""

import json
import re
import threading
import urllib.parse
from html.parser import HTMLParser

import pytest

from server import Server, eventually
from wire import Closed, Wire, request

SSE = ["Accept: text/event-stream"]


def ask(server, target, fields=(), version="HTTP/1.1", method="GET", body=b""):
    """Sends a request on a connection of its own; the connection is the caller's."""
    wire = Wire(server)
    wire.send(request(server, target, method, fields, body, version))
    return wire


def get(server, target, fields=(), version="HTTP/1.1", method="GET", body=b""):
    with ask(server, target, fields, version, method, body) as wire:
        return wire.response(method)


def waiters(server):
    return server.health()["waiters"]


class Scripts(HTMLParser):
    """What a browser finds in a document: the text of each script element."""

    def __init__(self):
        super().__init__()
        self.scripts = []
        self.inside = False

    def handle_starttag(self, tag, attributes):
        assert tag in ("meta", "title", "script"), tag
        assert not (tag == "script" and attributes), attributes
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1] += data


def scripts(document):
    parser = Scripts()
    parser.feed(document.decode())
    return parser.scripts


def frames(document, before="parent.process(", after=");"):
    found = scripts(document)
    assert all(script.startswith(before) and script.endswith(after) for script in found), found
    return [json.loads(script.removeprefix(before).removesuffix(after)) for script in found]


def stream_until(wire, marker):
    """The body of a chunked stream up to a chunk that holds the marker."""
    body = b""
    while marker not in body:
        chunk = wire.chunk()
        if not chunk:
            raise Closed("end of the body")
        body += chunk
    return body


# --- iframe ---

HEAD = b'<!doctype html><meta charset="utf-8"><title>stream</title>'
NASTY = 'a </script><script>alert(1)</script> \u2028\u2029 <!-- & "quoted" \\ \x00 \x1f'


def test_iframe_bytes(server, channel):
    with ask(server, f"/hub/{channel}?transport=iframe&callback=parent.process") as wire:
        head = wire.response_head()
        assert head.get("content-type") == "text/html; charset=utf-8"
        assert head.get("content-security-policy") == "frame-ancestors 'self'"
        assert head.get("cache-control") == "no-cache, no-store, no-transform"
        assert head.get("x-accel-buffering") == "no" and head.get("x-content-type-options") == "nosniff"
        assert wire.chunk() == HEAD + b" " * (1024 - len(HEAD)) + b"\n"
        welcome = wire.chunk()
        assert re.fullmatch(
            rb'<script>parent\.process\(\{"type":"welcome","resume":"new","cursor":"\w{8}-0","replay":0,'
            rb'"heartbeat":15000\}\);</script>\n', welcome), welcome
        first = server.publish(channel, "a </script> b")
        assert wire.chunk() == (
            f'<script>parent.process({{"type":"message","id":"{first}","data":"a \\u003C/script\\u003E b"}});</script>\n'
        ).encode()


def test_iframe_in_an_html_parser(server, channel):
    """Whatever a payload holds, a parser finds one script a message and the message in it."""
    sent = [NASTY, "plain", "</SCRIPT\t>", "]]>", "<!--<script>", "\u2028"]
    server.publish(channel, "first")
    with ask(server, f"/hub/{channel}?transport=iframe&callback=parent.process&cursor=oldest") as wire:
        wire.response_head()
        for text in sent:
            server.publish(channel, text)
        server.publish(channel, json.dumps({"<b>": NASTY}, ensure_ascii=False), "application/json")
        last = server.publish(channel, "last").encode()
        body = stream_until(wire, last)
    assert len(scripts(body)) == len(sent) + 4
    assert "\u2028".encode() not in body and body.count(b"<") == 2 * (len(sent) + 4) + 4
    got = frames(body)
    assert [frame["type"] for frame in got] == ["welcome"] + ["message"] * (len(sent) + 3)
    assert [frame["data"] for frame in got[1:]] == ["first", *sent, {"<b>": NASTY}, "last"]


def test_iframe_callbacks_share_and_part(server, channel):
    """Subscribers of one callback and of others get the same messages, each its own call; none is left in the end."""
    names = ["p", "parent.process", "p", *(f"own{number}" for number in range(70))]
    wires = [ask(server, f"/hub/{channel}?transport=iframe&callback={name}") for name in names]
    for wire in wires:
        stream_until(wire, b"welcome") if wire.response_head().status == 200 else pytest.fail("refused")
    server.publish(channel, "to all <>")
    for name, wire in zip(names, wires):
        assert f"<script>{name}({{\"type\":\"message\"".encode() in stream_until(wire, b"to all \\u003C\\u003E")
        wire.socket.close()


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_iframe_ends_after_its_size(server, channel, version):
    """The same end as a stream of lines: exactly after the message that fills it, then a move."""
    for number in range(100):
        server.publish(channel, f"{number:04}" + "x" * 2_000)
    with ask(
        server, f"/hub/{channel}?transport=iframe&callback=cb&cursor=oldest", version=version) as wire:
        response = wire.response()
    got = frames(response.body, "cb(")
    assert got[-1] == {"type": "move", "reason": "size", "retry": 0}
    size = len(response.body) - len(b'<script>cb({"type":"move","reason":"size","retry":0});</script>\n')
    last = len(response.body[:size].rsplit(b"<script>", 1)[1]) + len(b"<script>")
    assert size - last < 128 << 10 <= size


@pytest.mark.parametrize("query", ["", "callback=", "callback=a-b", "callback=a%28", "callback=x&callback=y",
                                   "callback=" + "x" * 65, "callback=%3Cscript%3E"])
def test_iframe_without_a_callback_it_accepts(server, channel, query):
    answer = get(server, f"/hub/{channel}?transport=iframe&{query}")
    assert answer.status == 400 and answer.get("content-type").startswith("text/plain")
    assert answer.body == b"The callback is not a name."


def test_iframe_for_another_origin(server):
    """Only a listed origin is posted to, by name, and only its pages may show the frame."""
    answer = get(
        server, "/tracker/positions?transport=iframe&origin=https%3A%2F%2Fexample.com&hold=0&cursor=latest")
    assert answer.status == 200
    assert answer.get("content-security-policy") == "frame-ancestors https://example.com"
    assert answer.get("vary") == "Origin"
    (welcome,) = frames(answer.body, "parent.postMessage(", ',"https://example.com");')
    assert welcome["type"] == "welcome"


@pytest.mark.parametrize("origin", ["https://evil.example", "https://example.com.evil.example", "http://example.com",
                                    "https://example.com:444", "*", "null", "", "https://example.com/", "x\"y"])
def test_iframe_for_an_origin_that_is_not_listed(server, origin):
    target = f"/tracker/positions?transport=iframe&callback=cb&hold=0&origin={urllib.parse.quote(origin, safe='')}"
    answer = get(server, target)
    assert (answer.status, answer.body) == (403, b'{"error":"origin"}')


def test_iframe_as_a_page_of_its_own(server, channel):
    """There the callback could name something of the page that has opened the window."""
    target = f"/hub/{channel}?transport=iframe&callback=opener.document.body.firstElementChild.click&hold=0"
    assert get(server, target, ["Sec-Fetch-Dest: document"]).body == b'{"error":"frame"}'
    assert get(server, target, ["Sec-Fetch-Dest: iframe"]).status == 200


def test_iframe_polls(server, channel):
    """With a hold the document ends, so that `load` fires."""
    answer = get(server, f"/hub/{channel}?transport=iframe&callback=cb&hold=0")
    assert answer.get("content-length") is not None and [f["type"] for f in frames(answer.body, "cb(")] == ["welcome"]


# --- stream ---


def test_stream_prelude(server, channel):
    with ask(server, f"/hub/{channel}?transport=stream&prelude=2048") as wire:
        wire.response_head()
        assert wire.chunk() == b" " * 2048 + b"\n"
        assert wire.chunk().startswith(b'{"type":"welcome"')
    assert get(server, f"/hub/{channel}?transport=stream&prelude=0&hold=0").body.startswith(b'{"type":"welcome"')
    for bad in ("4097", "-1", "x", "", "1e3"):
        answer = get(server, f"/hub/{channel}?transport=stream&prelude={bad}")
        assert (answer.status, answer.body) == (400, b'{"error":"prelude"}')


@pytest.mark.parametrize("share", [1, 3])
@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
def test_stream_ends_after_its_size(server, channel, version, share):
    """Counted for each connection: replay, live messages and heartbeats alike, whatever others have had."""
    for _ in range(share):
        server.publish(channel, "r" * 20_000)
    wires = []
    for late in range(2):
        for cursor in ("latest", "oldest"):
            wires.append(ask(server, f"/hub/{channel}?transport=stream&cursor={cursor}", version=version))
            wires[-1].response_head()
        server.publish(channel, "between" * 1_000)
    publisher = threading.Thread(
        target=lambda: [server.publish(channel, f"{number:03}" + "y" * 1_500) for number in range(100)])
    publisher.start()
    for wire in wires:
        body = b"".join(iter(wire.chunk, b"")) if version == "HTTP/1.1" else wire.rest()
        *lines, end = body.splitlines(keepends=True)
        assert end == b'{"type":"move","reason":"size","retry":0}\n'
        size = sum(map(len, lines))
        assert size - len(lines[-1]) < 128 << 10 <= size
        assert wire.closed()
        wire.socket.close()
    publisher.join()


def test_stream_continues_where_it_moved(server):
    """A small size in the settings: a client that follows every move sees each message once."""
    with Server(flags=["--stream-max-bytes", "4KiB", "--threads", "1"]) as small:
        seen, cursor, moves = [], "oldest", 0
        for number in range(60):
            small.publish("small", f"{number:02}" + "z" * 300)
        while len(seen) < 60:
            with ask(small, f"/hub/small?transport=stream&cursor={cursor}") as wire:
                wire.response_head()
                body = stream_until(wire, b'"move"' if len(seen) < 48 else b'"59')
            for frame in map(json.loads, filter(None, body.splitlines())):
                cursor = frame.get("id", frame.get("cursor", cursor))
                moves += frame["type"] == "move"
                if frame["type"] == "message":
                    seen.append(int(frame["data"][:2]))
        assert seen == list(range(60)) and moves >= 4


# --- short poll and JSONP ---


def test_empty_short_polls_byte_for_byte(server, channel):
    cursor = server.publish(channel, "x")
    empty = f'{{"resume":"current","cursor":"{cursor}","messages":[],"more":false,"retry":0}}'.encode()
    answer = get(server, f"/hub/{channel}?hold=0&cursor={cursor}&_=1&t=2&timed=3")
    assert (answer.status, answer.body, answer.get("cache-control")) == (200, empty, "no-store")
    again = get(server, f"/hub/{channel}?hold=0&cursor={cursor}", ['If-None-Match: "x"', "If-Modified-Since: now"])
    assert (again.status, again.body) == (200, empty)
    answer = get(server, f"/hub/{channel}?hold=0&cursor={cursor}&callback=a.b$")
    assert (answer.status, answer.body) == (200, b"/**/a.b$(" + empty + b");")
    assert answer.get("content-type") == "application/javascript; charset=utf-8"
    assert answer.get("content-disposition") == "attachment; filename=f.txt"


def test_jsonp_errors_are_in_band(server, channel):
    """A script element sees no status: with a sound callback every answer is 200."""
    cases = {
        f"/hub/{channel}?callback=cb&hold=x": b'/**/cb({"error":"hold"});',
        "/hub/not%20a%20name?callback=cb": b'/**/cb({"error":"not_found"});',
    }
    for target, body in cases.items():
        answer = get(server, target)
        assert (answer.status, answer.body) == (200, body)
        assert answer.get("content-type") == "application/javascript; charset=utf-8"
    answer = get(server, f"/hub/{channel}?callback=cb", ["Origin: https://evil.example"])
    assert (answer.status, answer.body) == (200, b'/**/cb({"error":"origin"});')
    assert get(server, f"/hub/{channel}?callback=c(b", ["Origin: https://evil.example"]).status == 403


def test_jsonp_overload_is_in_band():
    with Server(flags=["--limits-channels", "1", "--threads", "1"]) as full:
        with ask(full, "/hub/one") as held:
            assert eventually(lambda: waiters(full) == 1)
            assert get(full, "/hub/two?callback=cb").body == b'/**/cb({"error":"overloaded","retry":5000});'
            assert get(full, "/hub/two").status == 503
            held.socket.close()


# --- event sources in polling mode ---


def blocks(body):
    assert body.endswith(b"\n\n")
    return [dict(line.split(": ", 1) for line in block.split("\n")) for block in body.decode()[:-2].split("\n\n")]


def test_event_source_short_poll(server, channel):
    first = server.publish(channel, "one")
    answer = get(server, f"/hub/{channel}?hold=0&cursor=oldest", SSE)
    assert answer.get("content-length") == str(len(answer.body))
    welcome, message = blocks(answer.body)
    assert (welcome["retry"], welcome["event"], message) == ("3000", "halley.welcome", {"id": first, "data": "one"})
    (welcome,) = blocks(get(server, f"/hub/{channel}?hold=0", [*SSE, f"Last-Event-ID: {first}"]).body)
    assert (welcome["retry"], welcome["id"]) == ("3000", first)
    assert json.loads(welcome["data"])["resume"] == "current"


def test_event_source_long_poll(server, channel):
    """Held until the first batch, which ends the answer."""
    first = server.publish(channel, "one")
    with ask(server, f"/hub/{channel}?hold=20", [*SSE, f"Last-Event-ID: {first}"]) as wire:
        assert eventually(lambda: waiters(server) == 1)
        second = server.publish(channel, "two")
        answer = wire.response()
    welcome, message = blocks(answer.body)
    assert (welcome["retry"], welcome["id"], message) == ("100", first, {"id": second, "data": "two"})
    welcome, message = blocks(get(server, f"/hub/{channel}?hold=20", [*SSE, f"Last-Event-ID: {first}"]).body)
    assert (welcome["retry"], json.loads(welcome["data"])["resume"], message["data"]) == ("100", "resumed", "two")
    reset, = blocks(get(server, f"/hub/{channel}?hold=20", [*SSE, "Last-Event-ID: 00000000-1"]).body)
    assert (reset["event"], reset["retry"]) == ("halley.reset", "100")


def test_event_source_long_poll_expires(server, channel):
    """A normal answer with the welcome alone; the 1 is raised to 5 seconds."""
    cursor = server.publish(channel, "one")
    with ask(server, f"/hub/{channel}?hold=1&format=frames", [*SSE, f"Last-Event-ID: {cursor}"]) as wire:
        (welcome,) = blocks(wire.response().body)
    assert (welcome["retry"], welcome["id"]) == ("100", cursor)


@pytest.mark.parametrize("how", ["FIN", "RST"])
@pytest.mark.parametrize("query", ["", "&callback=cb", "&transport=sse", "&transport=stream",
                                   "&transport=iframe&callback=cb"])
def test_a_held_client_leaves(server, channel, query, how):
    wire = ask(server, f"/hub/{channel}?hold=20{query}")
    assert eventually(lambda: waiters(server) == 1)
    wire.reset() if how == "RST" else wire.socket.close()
    assert eventually(lambda: waiters(server) == 0, within=5)


# --- two-way, XDomainRequest, HEAD, OPTIONS ---


def test_the_id_of_a_post_is_the_id_of_its_event(server, channel):
    with ask(server, f"/hub/{channel}", SSE) as wire:
        wire.response_head()
        stream_until(wire, b"welcome")
        answer = get(server, f"/hub/{channel}", ["Content-Length: 5"], method="POST", body=b"hello")
        identity = json.loads(answer.body)["id"]
        assert (answer.status, wire.chunk()) == (201, f"id: {identity}\ndata: hello\n\n".encode())


@pytest.mark.parametrize("kind", [[], ["Content-Type: text/plain"], ["Content-Type: x"], ["Content-Type:"]])
def test_what_xdomainrequest_can_send(server, kind):
    """GET and POST, no field of its own, no cookie, no preflight; what it gets names its origin and may be padded."""
    origin = "Origin: https://example.com"
    body = b'{"xdr":true}'
    length = f"Content-Length: {len(body)}"
    answer = get(server, "/tracker/positions", [origin, length, *kind], method="POST", body=body)
    assert (answer.status, answer.get("access-control-allow-origin")) == (201, "https://example.com")
    with ask(server, "/tracker/positions?transport=stream&cursor=last-1&prelude=2048", [origin, *kind]) as wire:
        assert wire.response_head().get("access-control-allow-origin") == "https://example.com"
        assert stream_until(wire, b'{"xdr":true}').startswith(b" " * 2048 + b"\n{")


def test_head_and_options(server, channel):
    for query, kind in [("", "application/json"), ("?callback=cb", "application/javascript"),
                        ("?transport=sse", "text/event-stream"), ("?transport=sse&hold=20", "text/event-stream"),
                        ("?transport=stream", "application/x-ndjson"),
                        ("?transport=iframe&callback=cb", "text/html")]:
        with ask(server, f"/hub/{channel}{query}", method="HEAD") as wire:
            head = wire.response("HEAD")
            assert (head.status, head.get("content-type").split(";")[0]) == (200, kind)
            # Nothing follows: the next request on the connection is answered at once.
            wire.send(request(server, "/clock/time"))
            assert wire.response().status == 200
    assert get(server, "/hub/not%20a%20name?transport=sse", method="HEAD").status == 404
    assert get(server, f"/hub/{channel}", method="OPTIONS").get("allow") == "GET, HEAD, POST, OPTIONS"
    assert server.health()["eventStreams"] == waiters(server) == 0
    assert get(server, "/clock/ticks?transport=iframe&callback=cb").status == 406


def test_stream_size_of_a_slow_reader():
    """What a slow reader is passed over by, and gets from the log later, counts once."""
    size = 12 << 20
    flags = ["--threads", "1", "--stream-max-bytes", "12MiB", "--history-bytes", "64MiB", "--history-messages", "1000"]
    with Server(flags=flags) as slow:
        with ask(slow, "/hub/slow?transport=stream") as wire:
            wire.response_head()
            body = stream_until(wire, b"welcome")
            for number in range(300):
                slow.publish("slow", f"{number:03}" + "z" * 60_000)
            body += b"".join(iter(wire.chunk, b""))
    *lines, end = body.splitlines(keepends=True)
    assert end == b'{"type":"move","reason":"size","retry":0}\n'
    assert [int(json.loads(line)["data"][:3]) for line in lines[1:]] == list(range(len(lines) - 1))
    assert sum(map(len, lines)) - len(lines[-1]) < size <= sum(map(len, lines))
