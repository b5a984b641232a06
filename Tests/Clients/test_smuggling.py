"""Requests that servers read differently. Each vector is followed by a canary: a request that must never be served.

The canary publishes to a channel of its own, so that it is caught even if its answer got lost.
"""

import pytest

from wire import Wire, request

CUTS = ["whole", "bytewise", "random"]


def canary(server, channel):
    return request(server, f"/hub/{channel}", "POST", ["Content-Type: text/plain", "Content-Length: 6"], b"canary")


def post(*lines, body=b"", version="HTTP/1.1", method="POST"):
    """A publishing request whose framing is what the test is about."""
    return lambda server: request(
        server, "/hub/framing", method, ["Content-Type: text/plain", *lines], body, version)


def get(*lines, **options):
    return lambda server: request(server, options.pop("target", "/clock/time"), fields=lines, **options)


def raw(text):
    """The whole request as bytes; {host} is filled in."""
    return lambda server: text.replace(b"{host}", server.authority.encode())


def target(text, method="GET"):
    return raw(method.encode() + b" " + text + b" HTTP/1.1\r\nHost: {host}\r\n\r\n")


def line(text):
    """A GET with one odd line in its head."""
    return raw(b"GET /clock/time HTTP/1.1\r\nHost: {host}\r\n" + text + b"\r\n\r\n")


def version(text):
    return raw(b"GET /clock/time " + text + b"\r\nHost: {host}\r\n\r\n")


def chunked(body):
    return post("Transfer-Encoding: chunked", body=body)


CHUNKS = b"5\r\nhello\r\n0\r\n\r\n"

# name: (request, statuses allowed); the connection is closed after all of them
REFUSED = {
    # Content-Length
    "CL twice, different": (post("Content-Length: 5", "Content-Length: 6", body=b"hello"), {400}),
    "CL twice, same": (post("Content-Length: 5", "Content-Length: 5", body=b"hello"), {400}),
    "CL list": (post("Content-Length: 5, 5", body=b"hello"), {400}),
    "CL +5": (post("Content-Length: +5", body=b"hello"), {400}),
    "CL -1": (post("Content-Length: -1", body=b"hello"), {400}),
    "CL -0": (post("Content-Length: -0"), {400}),
    "CL 0x5": (post("Content-Length: 0x5", body=b"hello"), {400}),
    "CL empty": (post("Content-Length:", body=b""), {400}),
    "CL 5 and junk": (post("Content-Length: 5 x", body=b"hello"), {400}),
    "CL vertical tab": (post("Content-Length: \x0b5", body=b"hello"), {400}),
    "CL 2^63": (post("Content-Length: 9223372036854775808", body=b"hello"), {400, 413}),
    "CL 2^64 + 5": (post("Content-Length: 18446744073709551621", body=b"hello"), {400, 413}),
    "CL of forty digits": (post("Content-Length: " + "9" * 40, body=b"hello"), {400, 413}),
    "CL space before the colon": (post("Content-Length : 5", body=b"hello"), {400}),
    "CL tab before the colon": (post("Content-Length\t: 5", body=b"hello"), {400}),
    "CL with TE": (post("Content-Length: 15", "Transfer-Encoding: chunked", body=CHUNKS), {400}),
    "TE with CL": (post("Transfer-Encoding: chunked", "Content-Length: 15", body=CHUNKS), {400}),
    "CL 0 with TE": (post("Content-Length: 0", "Transfer-Encoding: chunked", body=CHUNKS), {400}),
    # Transfer-Encoding
    "TE gzip": (post("Transfer-Encoding: gzip", body=CHUNKS), {400}),
    "TE identity": (post("Transfer-Encoding: identity", body=CHUNKS), {400}),
    "TE xchunked": (post("Transfer-Encoding: xchunked", body=CHUNKS), {400}),
    "TE chunked with vertical tab": (post("Transfer-Encoding: \x0bchunked", body=CHUNKS), {400}),
    "TE quoted": (post('Transfer-Encoding: "chunked"', body=CHUNKS), {400}),
    "TE gzip, chunked": (post("Transfer-Encoding: gzip, chunked", body=CHUNKS), {501}),
    "TE chunked, identity": (post("Transfer-Encoding: chunked, identity", body=CHUNKS), {400}),
    "TE chunked, chunked": (post("Transfer-Encoding: chunked, chunked", body=CHUNKS), {400, 501}),
    "TE twice": (post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=CHUNKS), {400, 501}),
    "TE chunked then identity": (
        post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=CHUNKS), {400}),
    "TE empty": (post("Transfer-Encoding:", body=CHUNKS), {400}),
    "TE space before the colon": (post("Transfer-Encoding : chunked", body=CHUNKS), {400}),
    "TE on HTTP/1.0": (post("Transfer-Encoding: chunked", body=CHUNKS, version="HTTP/1.0"), {400}),
    # bodies where none belong
    "HEAD with a body": (post("Content-Length: 5", body=b"hello", method="HEAD"), {400}),
    "HEAD with chunks": (post("Transfer-Encoding: chunked", body=CHUNKS, method="HEAD"), {400}),
    "TRACE with a body": (post("Content-Length: 5", body=b"hello", method="TRACE"), {400, 501}),
    "unknown method with a body": (post("Content-Length: 5", body=b"hello", method="BREW"), {400, 501}),
    "upgrade with a body": (
        get("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Content-Length: 5", target="/echo/", body=b"hello"), {400}),
    # the grammar of chunks
    "chunk size 0x5": (chunked(b"0x5\r\nhello\r\n0\r\n\r\n"), {400}),
    "chunk size +5": (chunked(b"+5\r\nhello\r\n0\r\n\r\n"), {400}),
    "chunk size with a space before": (chunked(b" 5\r\nhello\r\n0\r\n\r\n"), {400}),
    "chunk size with junk": (chunked(b"5 junk\r\nhello\r\n0\r\n\r\n"), {400}),
    "chunk size -0": (chunked(b"-0\r\n\r\n"), {400}),
    "chunk size with NUL": (chunked(b"5\x00\r\nhello\r\n0\r\n\r\n"), {400}),
    "chunk size of 17 digits": (chunked(b"10000000000000005\r\nhello\r\n0\r\n\r\n"), {400, 413}),
    "chunk extension": (chunked(b"5;a=b\r\nhello\r\n0\r\n\r\n"), {400, 413}),
    "chunk without line end": (chunked(b"5\r\nhelloX\r\n0\r\n\r\n"), {400}),
    "blank line before a chunk": (chunked(b"\r\n5\r\nhello\r\n0\r\n\r\n"), {400}),
    "chunk with bare LF": (chunked(b"5\nhello\n0\n\n"), {400}),
    # lines and names
    "bare LF": (raw(b"GET /clock/time HTTP/1.1\nHost: {host}\n\n"), {400}),
    "bare LF after one field": (raw(b"GET /clock/time HTTP/1.1\r\nHost: {host}\nA: b\r\n\r\n"), {400}),
    "bare CR in a value": (line(b"A: b\rc"), {400}),
    "bare CR as a line end": (line(b"A: b\rContent-Length: 5"), {400}),
    "NUL in a value": (line(b"A: b\x00c"), {400}),
    "NUL at the start of a line": (line(b"\x00A: b"), {400}),
    "NUL in a name": (line(b"A\x00: b"), {400}),
    "obs-fold with a space": (line(b"A: b\r\n c"), {400}),
    "obs-fold with a tab": (line(b"A: b\r\n\tc"), {400}),
    "space before the first field": (raw(b"GET /clock/time HTTP/1.1\r\n Host: {host}\r\n\r\n"), {400}),
    "space before the colon": (line(b"A : b"), {400}),
    "space in a name": (line(b"A B: c"), {400}),
    "empty name": (line(b": b"), {400}),
    "no colon": (line(b"A"), {400}),
    "control in a name": (line(b"A\x01: b"), {400}),
    "control in a value": (line(b"A: b\x01"), {400}),
    "8-bit name": (line(b"\xc3\xa4: b"), {400}),
    # Host
    "no Host": (raw(b"GET /clock/time HTTP/1.1\r\n\r\n"), {400}),
    "two Hosts": (line(b"Host: {host}"), {400}),
    "empty Host": (raw(b"GET /clock/time HTTP/1.1\r\nHost:\r\n\r\n"), {400, 421}),
    "Host with a path": (raw(b"GET /clock/time HTTP/1.1\r\nHost: {host}/x\r\n\r\n"), {400}),
    "Host with userinfo": (raw(b"GET /clock/time HTTP/1.1\r\nHost: a@{host}\r\n\r\n"), {400}),
    "Host with a space": (raw(b"GET /clock/time HTTP/1.1\r\nHost: a b\r\n\r\n"), {400}),
    "Host with a bad port": (raw(b"GET /clock/time HTTP/1.1\r\nHost: localhost:99999\r\n\r\n"), {400, 421}),
    "absolute-form, other scheme": (target(b"ftp://{host}/clock/time"), {400}),
    # other fields that must not come twice
    "two Origins": (line(b"Origin: http://{host}\r\nOrigin: https://evil.example"), {400}),
    "two Authorizations": (line(b"Authorization: a\r\nAuthorization: b"), {400}),
    "two keys": (line(b"Sec-WebSocket-Key: a\r\nSec-WebSocket-Key: b"), {400}),
    # targets
    "no leading slash": (target(b"clock/time"), {400}),
    "empty target": (target(b""), {400}),
    "8-bit target": (target(b"/\xc3\xa4"), {400}),
    "bad percent-encoding": (target(b"/clock/time%zz"), {400}),
    "cut percent-encoding": (target(b"/clock/time%4"), {400}),
    "%00 in the target": (target(b"/clock/time%00"), {400}),
    "NUL in the target": (target(b"/clock/time\x00"), {400}),
    "control in the target": (target(b"/clock/time\x01"), {400}),
    "tab in the target": (target(b"/clock\t/time"), {400}),
    "space in the target": (target(b"/clock /time"), {400}),
    "fragment in the target": (target(b"/clock/time#a"), {400}),
    "two spaces before the version": (raw(b"GET /clock/time  HTTP/1.1\r\nHost: {host}\r\n\r\n"), {400}),
    "two spaces after the method": (raw(b"GET  /clock/time HTTP/1.1\r\nHost: {host}\r\n\r\n"), {400}),
    "tab after the method": (raw(b"GET\t/clock/time HTTP/1.1\r\nHost: {host}\r\n\r\n"), {400}),
    "space at the end of the line": (raw(b"GET /clock/time HTTP/1.1 \r\nHost: {host}\r\n\r\n"), {400}),
    # methods and versions
    "lower-case method": (target(b"/clock/time", "get"), {400, 405, 501}),
    "TRACE": (target(b"/clock/time", "TRACE"), {400, 405, 501}),
    "CONNECT": (target(b"evil.example:443", "CONNECT"), {400, 405, 501}),
    "no version": (raw(b"GET /clock/time\r\nHost: {host}\r\n\r\n"), {400, 505}),
    "version 0.9": (version(b"HTTP/0.9"), {400, 505}),
    "version -1.1": (version(b"HTTP/-1.1"), {400, 505}),
    "version 1.99999999999": (version(b"HTTP/1.99999999999"), {400, 505}),
    "version 2.0": (version(b"HTTP/2.0"), {400, 505}),
    "lower-case version": (version(b"http/1.1"), {400, 505}),
    "other protocol": (version(b"ICY/1.1"), {400, 505}),
    # sizes
    "field line over 8 KiB": (line(b"A: " + b"x" * 8200), {431}),
    "fields over 32 KiB": (line(b"\r\n".join(b"A%d: " % number + b"x" * 4000 for number in range(9))), {431}),
    "more than 100 fields": (line(b"\r\n".join(b"A%d: b" % number for number in range(101))), {431}),
    "target over 8 KiB": (target(b"/" + b"x" * 8200), {414}),
    "body over 64 KiB": (post("Content-Length: 65537", body=b"x" * 65_537), {413}),
    "chunks over 64 KiB": (chunked(b"10001\r\n" + b"x" * 65_537 + b"\r\n0\r\n\r\n"), {413}),
    "other expectation": (post("Content-Length: 5", "Expect: 200-maybe", body=b"hello"), {417}),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("cut", CUTS)
def test_refused(server, channel, name, cut):
    make, statuses = REFUSED[name]
    data = make(server)
    if cut == "bytewise" and len(data) > 50_000:
        pytest.skip("the verdict falls in the head, which other vectors cut")
    with Wire(server) as wire:
        wire.send(data, cut)
        wire.send(canary(server, channel))
        response = wire.response(to="HEAD" if data.startswith(b"HEAD ") else "GET")
        assert response.status in statuses
        assert response.version == "HTTP/1.1"
        rest = wire.rest()
        assert rest == b"", f"more came after the refusal: {rest[:200]}"
    assert server.poll(channel, "oldest", hold=0)["messages"] == [], "the canary was served"


def test_the_canary_sings(server, channel):
    """Without a vector in front of it, it is served: or the tests above would show nothing."""
    with Wire(server) as wire:
        wire.send(post("Content-Length: 5", body=b"hello")(server) + canary(server, channel))
        assert [wire.response().status for _ in range(2)] == [201, 201]
    assert [message["data"] for message in server.poll(channel, "oldest", hold=0)["messages"]] == ["canary"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "evil.example:80", "127.0.0.1..", "[::2]"])
def test_hosts_off_the_list(server, host):
    """DNS rebinding: a name of somebody else's that points here."""
    with Wire(server) as wire:
        wire.send(b"GET /clock/time HTTP/1.1\r\nHost: %s\r\n\r\n" % host.encode())
        assert wire.response().status in (400, 421)
    with Wire(server) as wire:
        wire.send(b"GET http://%s/clock/time HTTP/1.1\r\nHost: %s\r\n\r\n" % (
            host.encode(), server.authority.encode()))
        assert wire.response().status in (400, 421), "the authority of an absolute target goes before Host"


@pytest.mark.parametrize("path", ["//evil.example/clock/time", "//clock/time", "/clock//time"])
def test_empty_segments_are_nothing_else(server, path):
    with Wire(server) as wire:
        wire.send(request(server, path))
        assert wire.response().status in (400, 404)


@pytest.mark.parametrize("name, data, status", [
    ("absolute-form", b"GET http://{host}/clock/time HTTP/1.1\r\nHost: {host}\r\n\r\n", 200),
    ("version 1.2 is served as 1.1", b"GET /clock/time HTTP/1.2\r\nHost: {host}\r\n\r\n", 200),
    ("body of a GET is dropped", b"GET /clock/time HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\n\r\nhello", 200),
    ("tabs around a value", b"GET /clock/time HTTP/1.1\r\nHost:\t{host}\t\r\n\r\n", 200),
    ("OPTIONS *", b"OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n", 204),
    ("100 fields", b"GET /clock/time HTTP/1.1\r\nHost: {host}\r\n"
     + b"".join(b"A%d: b\r\n" % number for number in range(99)) + b"\r\n", 200),
    ("chunks", b"POST /hub/chunks HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 201),
], ids=lambda value: value if isinstance(value, str) else "")
@pytest.mark.parametrize("cut", CUTS)
def test_unusual_but_right(server, name, data, status, cut):
    with Wire(server) as wire:
        wire.send(data.replace(b"{host}", server.authority.encode()), cut)
        response = wire.response()
        assert (response.status, response.version) == (status, "HTTP/1.1")
        if name == "OPTIONS *":
            assert response.get("allow")


def test_trailers_do_not_become_fields(server, channel):
    """A trailer that claims another origin, in front of a request on the same connection."""
    body = b"5\r\nhello\r\n0\r\nOrigin: https://evil.example\r\nIdempotency-Key: a\r\n\r\n"
    for _ in range(2):
        with Wire(server) as wire:
            wire.send(request(server, f"/hub/{channel}", "POST",
                              ["Content-Type: text/plain", "Transfer-Encoding: chunked"], body))
            assert wire.response().status in (201, 400), "not 200: the key in the trailer does not count"


def test_connection_close_in_a_list(server, channel):
    with Wire(server) as wire:
        wire.send(request(server, "/clock/time", fields=["Connection: foo, close"]) + canary(server, channel))
        assert wire.response().status == 200
        assert wire.rest() == b""
    assert server.poll(channel, "oldest", hold=0)["messages"] == []


def test_expect_continue(server, channel):
    with Wire(server) as wire:
        wire.send(request(server, f"/hub/{channel}", "POST",
                          ["Content-Type: text/plain", "Content-Length: 5", "Expect: 100-continue"]))
        assert wire.response_head().status == 100
        wire.send(b"hello")
        assert wire.response().status == 201


def test_http_1_0(server):
    """Closed after the answer unless asked, never chunked."""
    with Wire(server) as wire:
        wire.send(request(server, "/clock/time", version="HTTP/1.0"))
        response = wire.response_head()
        assert response.status == 200
        assert response.get("transfer-encoding") is None
        assert wire.rest()


def test_answers_echo_nothing(server):
    with Wire(server) as wire:
        wire.send(request(server, "/no-such-page-<script>canary</script>".replace("<", "%3C").replace(">", "%3E")))
        response = wire.response()
        assert response.status == 404
        assert b"canary" not in response.body


def test_100_pipelined_requests_one_of_them_held(server, channel):
    """Answers come in order; the one that is held holds up those behind it and nothing else."""
    cursor = server.poll(channel, hold=0)["cursor"]
    with Wire(server) as wire:
        requests = [request(server, "/clock/time?cb=n%d" % number) for number in range(100)]
        requests[50] = request(server, f"/hub/{channel}?cursor={cursor}&callback=held")
        wire.send(b"".join(requests))
        for number in range(50):
            assert wire.response().body.startswith(b"/**/n%d(" % number)
        published = server.publish(channel, "go on")
        assert published.encode() in wire.response().body
        for number in range(51, 100):
            assert wire.response().body.startswith(b"/**/n%d(" % number)


@pytest.mark.parametrize("path", [
    "/tracker/../../Tracker.swift", "/tracker/%2e%2e/%2e%2e/Tracker.swift", "/tracker/.%2e/.%2e/Tracker.swift",
    "/tracker/..%2f..%2fTracker.swift", "/tracker/%252e%252e/%252e%252e/Tracker.swift",
    "/tracker/..%5c..%5cTracker.swift", "/tracker/....//....//Tracker.swift",
    "/tracker/%c0%ae%c0%ae/%c0%ae%c0%ae/Tracker.swift", "/tracker/..;/..;/Tracker.swift",
    "/../../Tracker.swift", "/../tracker/tracker.js", "/tracker/../tracker/tracker.js", "/tracker/./tracker.js",
    "/tracker//tracker.js", "/tracker/tracker.js/", "/tracker/tracker.js%00.html", "/tracker/tracker.js/..",
    "//tracker/tracker.js", "/..%2ftracker/tracker.js", "/../../../../../../../../etc/passwd", "//etc/passwd",
    "/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/tracker/%2e", "/tracker/..", "/assets/../../../halley.yaml",
    "/tracker/\\..\\..\\Tracker.swift", "/tracker/tracker.js::$DATA", "/tracker/.gitignore",
])
def test_traversal(server, path):
    with Wire(server) as wire:
        wire.send(request(server, path))
        response = wire.response()
        assert response.status in (400, 404)
        for secret in (b"import Halley", b"root:", b"listen:", b"import {"):
            assert secret not in response.body
