"""Every HTTP technique with curl: what a stranger would type."""

import json
import re
import subprocess
import time
import urllib.parse

import pytest


def curl(*arguments, timeout=30):
    """Runs curl; returns its standard output. The exit status of a stream that we cut by --max-time is fine."""
    done = subprocess.run(["curl", "-sS", *arguments], capture_output=True, timeout=timeout)
    assert done.returncode in (0, 28), done.stderr.decode()
    return done.stdout.decode()


def curl_head(*arguments):
    """Status, fields by lower-case name, and body."""
    head, _, body = curl("-i", *arguments).partition("\r\n\r\n")
    lines = head.split("\r\n")
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.lower()] = value.strip()
    return int(lines[0].split(" ")[1]), fields, body


def started(*arguments):
    return subprocess.Popen(["curl", "-sS", "-N", *arguments], stdout=subprocess.PIPE, text=True)


# --- event streams ---

def test_event_stream(server, channel):
    first = server.publish(channel, "one")
    stream = started("-H", "Accept: text/event-stream", "--max-time", "10", server.url(f"/hub/{channel}?cursor=oldest"))
    try:
        blocks = [block(stream) for _ in range(2)]
        second = server.publish(channel, "first line\nsecond line")
        blocks.append(block(stream))
    finally:
        stream.terminate()
        stream.wait()
        stream.stdout.close()
    epoch = first.rpartition("-")[0]
    welcome = blocks[0]
    assert re.fullmatch(r"retry: [2-5]\d{3}", welcome[0])
    assert welcome[1:3] == [f"id: {epoch}-0", "event: halley.welcome"]
    frame = json.loads(welcome[3].removeprefix("data: "))
    assert list(frame) == ["type", "resume", "cursor", "replay", "heartbeat"]
    assert (frame["resume"], frame["cursor"], frame["replay"]) == ("new", f"{epoch}-0", 1)
    assert blocks[1] == [f"id: {first}", "data: one"]
    assert blocks[2] == [f"id: {second}", "data: first line", "data: second line"]


def block(stream):
    lines = []
    while (line := stream.stdout.readline()) not in ("\n", ""):
        if line != ":\n":
            lines.append(line.rstrip("\n"))
    return lines


def test_event_stream_head(server, channel):
    status, fields, _ = curl_head(
        "-N", "--max-time", "1", "-H", "Accept: text/event-stream", server.url(f"/hub/{channel}"))
    assert status == 200
    assert fields["content-type"] == "text/event-stream; charset=utf-8"
    assert fields["cache-control"] == "no-cache, no-store, no-transform"
    assert fields["x-accel-buffering"] == "no"
    assert fields["x-content-type-options"] == "nosniff"


def test_head_of_a_stream_subscribes_nobody(server, channel):
    status, fields, body = curl_head("-I", "-H", "Accept: text/event-stream", server.url(f"/hub/{channel}"))
    assert (status, body) == (200, "")
    assert fields["content-type"] == "text/event-stream; charset=utf-8"


# --- polls ---

def test_long_poll(server, channel):
    cursor = json.loads(curl(server.url(f"/hub/{channel}?hold=0")))["cursor"]
    poll = started(server.url(f"/hub/{channel}?cursor={cursor}"))
    time.sleep(0.4)
    assert poll.poll() is None, "it is held"
    answer = curl("-H", "Content-Type: application/json", "-d", '{ "lat": 48.10, "lon": 11.5 }',
                  server.url(f"/hub/{channel}"))
    published = json.loads(answer)["id"]
    output, _ = poll.communicate(timeout=10)
    # Byte for byte: insignificant whitespace is gone, numbers are kept digit for digit.
    assert output == (
        f'{{"resume":"current","cursor":"{published}","messages":'
        f'[{{"id":"{published}","data":{{"lat":48.10,"lon":11.5}}}}],"more":false,"retry":0}}')


def test_short_poll(server, channel):
    status, fields, body = curl_head(server.url(f"/hub/{channel}?hold=0&timed=1&_=2"))
    assert status == 200
    assert fields["content-type"] == "application/json; charset=utf-8"
    assert fields["cache-control"] == "no-store"
    answer = json.loads(body)
    assert re.fullmatch(r"[0-9A-Za-z]{8}-0", answer["cursor"])
    assert body == f'{{"resume":"new","cursor":"{answer["cursor"]}","messages":[],"more":false,"retry":0}}'


def test_publish_with_idempotency_key(server, channel):
    arguments = ("-H", "Idempotency-Key: c41e-9", "-H", "Content-Type: text/plain", "-d", "once",
                 server.url(f"/hub/{channel}"))
    first_status, _, first = curl_head(*arguments)
    again_status, _, again = curl_head(*arguments)
    assert (first_status, again_status) == (201, 200)
    published = json.loads(first)["id"]
    assert json.loads(again) == {"id": published, "duplicate": True}
    assert [message["id"] for message in server.poll(channel, "oldest", hold=0)["messages"]] == [published]


def test_body_too_large(server, channel):
    status, _, _ = curl_head("-H", "Content-Type: text/plain", "-H", "Expect:", "-d", "x" * 65_537,
                             server.url(f"/hub/{channel}"))
    assert status == 413


# --- JSONP ---

def test_jsonp_poll(server, channel):
    published = server.publish(channel, "a < b", "text/plain")
    status, fields, body = curl_head(server.url(f"/hub/{channel}?callback=my.show_1&cursor=oldest"))
    assert status == 200
    assert fields["content-type"] == "application/javascript; charset=utf-8"
    assert fields["cache-control"] == "no-store"
    assert fields["x-content-type-options"] == "nosniff"
    assert fields["content-disposition"] == "attachment; filename=f.txt"
    assert body == (
        f'/**/my.show_1({{"resume":"new","cursor":"{published}","messages":'
        f'[{{"id":"{published}","data":"a \\u003C b"}}],"more":false,"retry":0}});')


def test_jsonp_on_a_normal_route(server):
    status, fields, body = curl_head(server.url("/clock/time?cb=tick"))
    assert status == 200
    assert fields["content-type"] == "application/javascript; charset=utf-8"
    assert re.fullmatch(r'/\*\*/tick\("[0-9TZ:.+-]+"\);', body)


@pytest.mark.parametrize("callback", [
    "a%20b", "*", "abc(", "abc%28", "alert(1)//", "CWS%07%0e0000", "a" * 65, "", "a..b", "1a", "a.b.c.d.e.f.g.h.i",
    "a%2528", "%3Cscript%3E",
])
def test_jsonp_refuses_other_callbacks(server, callback):
    status, fields, body = curl_head(server.url(f"/clock/time?cb={callback}"))
    assert status == 400
    assert fields["content-type"].startswith("text/plain")
    assert len(callback) < 8 or urllib.parse.unquote(callback) not in body


def test_jsonp_refuses_two_callbacks(server):
    assert curl_head(server.url("/clock/time?cb=a&cb=b"))[0] == 400


# --- other origins ---

def test_preflight(server):
    status, fields, body = curl_head(
        "-X", "OPTIONS", "-H", "Origin: https://example.com", "-H", "Access-Control-Request-Method: GET",
        "-H", "Access-Control-Request-Headers: last-event-id, x-other", server.url("/clock/ticks"))
    assert (status, body) == (204, "")
    assert fields["access-control-allow-origin"] == "https://example.com"
    assert "GET" in fields["access-control-allow-methods"]
    assert [name.strip().lower() for name in fields["access-control-allow-headers"].split(",")] == ["last-event-id"]
    assert fields["access-control-max-age"] == "600"
    vary = {name.strip().lower() for name in fields["vary"].split(",")}
    assert vary >= {"origin", "access-control-request-method", "access-control-request-headers"}
    assert "content-length" not in fields


def test_preflight_of_another_origin(server):
    status, fields, _ = curl_head(
        "-X", "OPTIONS", "-H", "Origin: https://example.com.evil", "-H", "Access-Control-Request-Method: GET",
        server.url("/clock/ticks"))
    assert status == 403
    assert not [name for name in fields if name.startswith("access-control-allow")]


def test_origins_of_a_normal_route(server):
    _, listed, _ = curl_head("-H", "Origin: https://example.com", server.url("/clock/time"))
    _, other, _ = curl_head("-H", "Origin: https://evil.example", server.url("/clock/time"))
    _, none, _ = curl_head(server.url("/clock/time"))
    assert listed["access-control-allow-origin"] == "https://example.com"
    assert "access-control-allow-origin" not in other
    assert "access-control-allow-origin" not in none
    for fields in (listed, other, none):
        assert "origin" in fields["vary"].lower()


@pytest.mark.parametrize("arguments", [
    ("-H", "Accept: text/event-stream"), ("-d", "text"), (),
], ids=["event stream", "publish", "poll"])
def test_other_origins_are_refused_on_every_transport(server, channel, arguments):
    status, _, _ = curl_head("--max-time", "3", "-H", "Origin: https://evil.example", *arguments,
                             server.url(f"/hub/{channel}"))
    assert status == 403


# --- files ---

@pytest.fixture(scope="module")
def page(server):
    """A static file as a whole: its bytes are what ranges are cut out of."""
    return curl(server.url("/tracker/tracker.js"))


@pytest.mark.parametrize("spec, cut, said", [
    ("0-0", slice(0, 1), "0-0"),
    ("10-19", slice(10, 20), "10-19"),
    ("100-", slice(100, None), "100-{last}"),
    ("-5", slice(-5, None), "{fifth}-{last}"),
    ("0-999999", slice(None), "0-{last}"),
])
def test_one_range(server, page, spec, cut, said):
    length = len(page.encode())
    status, fields, body = curl_head("-r", spec, server.url("/tracker/tracker.js"))
    assert status == 206
    assert body == page.encode()[cut].decode()
    assert fields["content-range"] == f"bytes {said.format(last=length - 1, fifth=length - 5)}/{length}"


@pytest.mark.parametrize("spec", ["999999-", "-0"])
def test_range_beyond_the_end(server, page, spec):
    status, fields, _ = curl_head("-H", f"Range: bytes={spec}", server.url("/tracker/tracker.js"))
    assert status == 416
    assert fields["content-range"] == f"bytes */{len(page.encode())}"


@pytest.mark.parametrize("spec", ["bytes=9-5", "bytes=abc", "lines=0-5", "bytes=99999999999999999999999-x"])
def test_ranges_that_are_ignored(server, page, spec):
    status, _, body = curl_head("-H", f"Range: {spec}", server.url("/tracker/tracker.js"))
    assert (status, body) == (200, page)


def test_several_ranges(server, page):
    status, fields, body = curl_head("-r", "0-3,10-13", server.url("/tracker/tracker.js"))
    if status == 200:  # allowed by RFC 9110 §14.2: a server may ignore a Range
        assert body == page
        return
    assert status == 206
    boundary = re.fullmatch(r"multipart/byteranges; ?boundary=(\S+)", fields["content-type"])[1].strip('"')
    parts = body.split(f"--{boundary}")
    assert parts[-1].strip() == "--"
    assert [part.partition("\r\n\r\n")[2].removesuffix("\r\n") for part in parts[1:-1]] == [page[0:4], page[10:14]]


def test_validators(server, page):
    address = server.url("/tracker/tracker.js")
    _, fields, _ = curl_head(address)
    etag, modified = fields["etag"], fields["last-modified"]
    assert fields["content-type"].startswith("text/javascript")
    for condition in (f"If-None-Match: {etag}", f'If-None-Match: "other", W/{etag.removeprefix("W/")}',
                      "If-None-Match: *", f"If-Modified-Since: {modified}"):
        status, unchanged, body = curl_head("-H", condition, address)
        assert (status, body, unchanged["etag"]) == (304, "", etag), condition
    # If-None-Match goes before If-Modified-Since; a range applies only to the version it was asked of.
    assert curl_head("-H", 'If-None-Match: "other"', "-H", f"If-Modified-Since: {modified}", address)[0] == 200
    assert curl_head("-r", "0-3", "-H", 'If-Range: "other"', address)[0] == 200
    assert curl_head("-H", 'If-Match: "other"', address)[0] == 412


@pytest.mark.parametrize("path, kind", [
    ("/", "text/html"), ("/tracker/", "text/html"), ("/assets/halley.css", "text/css"),
    ("/assets/halley.svg", "image/svg+xml"),
])
def test_types(server, path, kind):
    status, fields, _ = curl_head(server.url(path))
    assert status == 200
    assert fields["content-type"].split(";")[0] == kind
    status, head, body = curl_head("-I", server.url(path))
    assert (status, body, head["content-length"]) == (200, "", fields["content-length"])


@pytest.mark.parametrize("path", ["/tracker", "/chat", "/clock", "/hub", "/echo"])
def test_a_site_without_its_slash(server, path):
    """The links of its page are relative: they are right at the address with the slash only."""
    for method in ("GET", "HEAD"):
        status, fields, _ = curl_head(*(["-I"] if method == "HEAD" else []), server.url(path + "?a=b"))
        assert (status, fields["location"]) == (308, path + "/?a=b")
    assert curl_head("-X", "DELETE", server.url(path))[0] == 405


def test_unknown_and_wrong_method(server):
    assert curl_head(server.url("/no/such/page"))[0] == 404
    status, fields, _ = curl_head("-X", "DELETE", server.url("/clock/time"))
    assert status == 405
    assert {"GET", "HEAD"} <= {name.strip() for name in fields["allow"].split(",")}
