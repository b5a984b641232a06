"""A typed channel from outside: what does not decode as its type is refused on every way in, before it is appended."""

import json
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

GOOD = {"id": "a", "name": "Ada", "at": 1_700_000_000_000, "text": "hello"}
BAD = [
    "text", b"\x00\xff", "7", "null", "[]", "{}", json.dumps({**GOOD, "text": 5}), json.dumps({**GOOD, "at": "now"}),
    json.dumps({**GOOD, "name": None}), json.dumps(GOOD)[:-1], "[" * 20_000,
    json.dumps(GOOD)[:-1] + ',"deep":' + "[" * 20_000 + "]" * 20_000 + "}",
]


def room(server, channel):
    return server.url(f"/chat/rooms/{channel}")


def post(server, channel, body, **fields):
    body = body if isinstance(body, bytes) else body.encode()
    request = urllib.request.Request(room(server, channel), data=body, method="POST", headers=fields)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def messages(server, channel):
    with urllib.request.urlopen(room(server, channel) + "?cursor=oldest&hold=0", timeout=10) as answer:
        return [message["data"] for message in json.load(answer)["messages"]]


def socket(server, channel, **options):
    return connect(f"ws://{server.authority}/chat/rooms/{channel}", close_timeout=5, ping_interval=None, **options)


TYPES = ({}, {"Content-Type": "application/json"}, {"Content-Type": "text/plain"})


def test_post(server, channel):
    for body in BAD:
        for fields in TYPES:
            with pytest.raises(urllib.error.HTTPError) as refusal:
                post(server, channel, body, **fields)
            assert refusal.value.code == 400
    assert messages(server, channel) == []
    for fields in TYPES:
        post(server, channel, json.dumps(GOOD), **fields)
    assert messages(server, channel) == [GOOD] * 3


def test_reserved_events(server, channel):
    """Nobody but the server speaks about members."""
    for event in ("presence.join", "presence.leave", "presence.other", "halley.reset"):
        request = urllib.request.Request(
            room(server, channel) + f"?event={event}", data=json.dumps(GOOD).encode(), method="POST")
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.urlopen(request, timeout=10)
        assert refusal.value.code == 400
    assert messages(server, channel) == []


def test_raw_socket(server, channel):
    for body in BAD:
        with socket(server, channel) as one:
            one.send(json.dumps(GOOD))
            assert json.loads(one.recv(timeout=10)) == GOOD
            one.send(body)
            with pytest.raises(ConnectionClosed):
                one.recv(timeout=10)
            assert one.close_code == 1007
    assert messages(server, channel) == [GOOD] * len(BAD)


def test_framed_socket(server, channel):
    with socket(server, channel, subprotocols=["halley.v1"]) as one:
        one.send('{"type":"hello"}')
        assert json.loads(one.recv(timeout=10))["type"] == "welcome"
        for number, body in enumerate(text for text in BAD if isinstance(text, str) and _is_json(text)):
            one.send(f'{{"type":"publish","ref":"{number}","data":{body}}}')
            assert json.loads(one.recv(timeout=10)) == {"type": "error", "ref": str(number), "error": "invalid"}
        one.send(json.dumps({"type": "publish", "ref": "x", "data": GOOD}))
        frames = [json.loads(one.recv(timeout=10)) for _ in range(2)]
        assert {frame["type"] for frame in frames} == {"ack", "message"}
    assert messages(server, channel) == [GOOD]


def _is_json(text):
    try:
        json.loads(text)
        return True
    except (ValueError, RecursionError):
        return False


def test_declarations(server):
    with urllib.request.urlopen(server.url("/_halley/channels.d.ts"), timeout=10) as answer:
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        text = answer.read().decode()
    assert '  "/chat/rooms/:room": ChatEvent;\n' in text
    assert "export interface ChatEvent {\n" in text
    assert "  at: number; // milliseconds since 1970\n" in text
    assert "  text: string;\n" in text
