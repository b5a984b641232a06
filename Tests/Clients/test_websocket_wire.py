"""WebSocket on raw sockets: right and wrong handshakes, right and wrong frames (RFC 6455, RFC 7692)."""

import pytest

from server import eventually
from wire import (
    BINARY, CLOSE, PING, PONG, TEXT, Wire, close_payload, deflated, frame, handshake, pieces, request, upgraded)

CUTS = ["whole", "bytewise", "random"]
MIB = 1 << 20


# --- handshakes ---

@pytest.mark.parametrize("changes", [
    {},
    {"Connection": "keep-alive, Upgrade"},
    {"Connection": "upgrade"},
    {"Connection": ", ,Upgrade ,"},
    {"Connection": "keep-alive", "extra": ["Connection: Upgrade"]},
    {"Upgrade": "WebSocket"},
    {"Upgrade": "foo, websocket"},
    {"Sec_WebSocket_Version": " 13 "},
    {"extra": ["Sec-WebSocket-Extensions: x-webkit-deflate-frame, permessage-deflate"]},
    {"extra": ["Sec-WebSocket-Protocol: unknown, other"]},
], ids=str)
@pytest.mark.parametrize("cut", CUTS)
def test_handshake(server, changes, cut):
    with Wire(server) as wire:
        wire.send(handshake(server, **changes), cut)
        response = wire.response_head()
        assert (response.version, response.status) == ("HTTP/1.1", 101)
        assert response.get("upgrade").lower() == "websocket"
        assert response.get("connection").lower() == "upgrade"
        assert response.get("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert response.get("sec-websocket-protocol") is None
        for name in ("content-length", "transfer-encoding", "content-type"):
            assert response.get(name) is None
        wire.send(frame(TEXT, b"hello"))
        assert wire.read_message() == (TEXT, b"hello")


def test_handshake_split_at_every_byte(server):
    whole = handshake(server)
    for at in range(1, len(whole)):
        with Wire(server) as wire:
            wire.send(whole[:at])
            wire.send(whole[at:] + frame(TEXT, b"in the same segment"))
            assert wire.response_head().status == 101
            assert wire.read_message() == (TEXT, b"in the same segment")


@pytest.mark.parametrize("changes, statuses", [
    ({"Connection": "notupgrade"}, {200, 400, 404, 426}),
    ({"Connection": None}, {200, 400, 404, 426}),
    ({"Upgrade": "websocketx"}, {200, 400, 404, 426}),
    ({"Upgrade": None}, {200, 400, 404, 426}),
    ({"Sec_WebSocket_Version": "8"}, {426}),
    ({"Sec_WebSocket_Version": "12"}, {426}),
    ({"Sec_WebSocket_Version": None}, {400}),
    ({"Sec_WebSocket_Version": "13, 8"}, {400}),
    ({"extra": ["Sec-WebSocket-Version: 13"]}, {400}),
    ({"Sec_WebSocket_Key": None}, {400}),
    ({"Sec_WebSocket_Key": ""}, {400}),
    ({"Sec_WebSocket_Key": "AAECAwQFBgcICQoLDA0O"}, {400}),          # 15 bytes
    ({"Sec_WebSocket_Key": "AAECAwQFBgcICQoLDA0ODxA="}, {400}),      # 17 bytes
    ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ"}, {400}),        # no padding
    ({"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZ!=="}, {400}),
    ({"extra": ["Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]}, {400}),
    ({"extra": ["Sec-WebSocket-Protocol: a, a"]}, {400}),
    ({"extra": ["Sec-WebSocket-Protocol: a b"]}, {400}),
    ({"method": "POST"}, {400, 405}),
    ({"version": "HTTP/1.0"}, {400, 405}),
    ({"host": False}, {400}),
    ({"body": b"hello", "extra": ["Content-Length: 5"]}, {400}),
    ({"extra": ["Origin: https://evil.example"]}, {403}),
    ({"extra": ["Origin: null"]}, {403}),
    # draft 76, as browsers of 2010 sent it
    ({"Sec_WebSocket_Version": None, "Sec_WebSocket_Key": None, "body": b"^n:ds[4U",
      "extra": ["Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5", "Sec-WebSocket-Key2: 12998 5 Y3 1  .P00"]}, {400}),
], ids=str)
@pytest.mark.parametrize("cut", ["whole", "bytewise"])
def test_wrong_handshake(server, changes, statuses, cut):
    with Wire(server) as wire:
        wire.send(handshake(server, **changes), cut)
        response = wire.response()
        assert response.status in statuses
        if response.status == 426:
            assert response.get("sec-websocket-version") == "13"


def test_no_upgrade_where_there_is_no_websocket(server):
    with Wire(server) as wire:
        wire.send(handshake(server, "/clock/time"))
        assert wire.response().status != 101


def test_endless_extension_offers(server):
    """Linear time: 7 KiB of backslashes or spaces are an answer like any other."""
    for value in ('a; b="' + "\\c" * 3500, "a;" + " " * 7000 + "b"):
        with Wire(server) as wire:
            wire.send(handshake(server, extra=[f"Sec-WebSocket-Extensions: {value}"]))
            assert wire.response_head().status in (101, 400)


# --- frames ---

def frames(*shapes):
    return b"".join(shapes)


WRONG = {
    "unmasked text": (frame(TEXT, b"hello", masked=False), 1002),
    "unmasked empty": (frame(TEXT, b"", masked=False), 1002),
    "unmasked ping": (frame(PING, b"", masked=False), 1002),
    "RSV1 without extension": (frame(TEXT, b"hello", rsv=4), 1002),
    "RSV2": (frame(TEXT, b"hello", rsv=2), 1002),
    "RSV3": (frame(TEXT, b"hello", rsv=1), 1002),
    "RSV1 on ping": (frame(PING, b"", rsv=4), 1002),
    **{f"reserved opcode {code:#x}": (frame(code, b""), 1002) for code in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)},
    "0 bytes in 16 bits": (frame(TEXT, b"", length_bytes=2), 1002),
    "125 bytes in 16 bits": (frame(TEXT, b"x" * 125, length_bytes=2), 1002),
    "5 bytes in 64 bits": (frame(TEXT, b"hello", length_bytes=8), 1002),
    "65535 bytes in 64 bits": (frame(TEXT, b"x" * 65_535, length_bytes=8), 1002),
    "top bit of the length": (frame(BINARY, b"", length=1 << 63, length_bytes=8), 1002),
    "all bits of the length": (frame(BINARY, b"", length=(1 << 64) - 1, length_bytes=8), 1002),
    "oversized by one": (frame(BINARY, b"", length=16 * MIB + 1), 1009),
    "oversized, 2^31": (frame(BINARY, b"", length=1 << 31), 1009),
    "oversized, 2^63 - 1": (frame(BINARY, b"", length=(1 << 63) - 1), 1009),
    "oversized by fragments": (
        frames(frame(BINARY, b"x" * 100, fin=False), frame(0, b"", length=16 * MIB - 99)), 1009),
    "fragmented ping": (frame(PING, b"", fin=False), 1002),
    "fragmented close": (frame(CLOSE, b"", fin=False), 1002),
    "ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "close of 126 bytes": (frame(CLOSE, close_payload(1000, b"x" * 124)), 1002),
    "continuation of nothing": (frame(0, b"hello"), 1002),
    "continuation of nothing, to be continued": (frame(0, b"hello", fin=False), 1002),
    "text inside a fragmented message": (frames(frame(TEXT, b"a", fin=False), frame(TEXT, b"b")), 1002),
    "invalid UTF-8": (frame(TEXT, b"a\xff"), 1007),
    "overlong UTF-8": (frame(TEXT, b"\xc0\xaf"), 1007),
    "surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "beyond U+10FFFF": (frame(TEXT, b"\xf4\x90\x80\x80"), 1007),
    "cut character": (frame(TEXT, b"\xe2\x98"), 1007),
    "invalid UTF-8 before the message ends": (frame(TEXT, b"a\xff", fin=False), 1007),
    "invalid UTF-8 over two fragments": (
        frames(frame(TEXT, b"\xe2\x98", fin=False), frame(0, b"\x41", fin=False)), 1007),
    "close with one byte": (frame(CLOSE, b"\x03"), 1002),
    "close with a bad reason": (frame(CLOSE, close_payload(1000, b"\xff")), 1007),
    **{f"close {code}": (frame(CLOSE, close_payload(code)), 1002)
       for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)},
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("cut", CUTS)
def test_wrong_frame(server, name, cut):
    data, code = WRONG[name]
    if cut == "bytewise" and len(data) > 10_000:
        cut = "random"
    with upgraded(server) as wire:
        wire.send(data, cut)
        assert wire.read_close() == code
        wire.send(frame(CLOSE, close_payload(code)))
        assert wire.closed(), "the server closes the connection after the close handshake"


@pytest.mark.parametrize("name", ["unmasked text", "oversized by one", "invalid UTF-8"])
def test_wrong_frame_with_the_handshake(server, name):
    data, code = WRONG[name]
    with upgraded(server, after=data) as wire:
        assert wire.read_close() == code


@pytest.mark.parametrize("payload, code", [
    (b"", None), (close_payload(1000), 1000), (close_payload(1001, b"bye"), 1001), (close_payload(1003), 1003),
    (close_payload(1014), 1014), (close_payload(3000), 3000), (close_payload(4999, "Grüße".encode()), 4999),
], ids=str)
def test_close_handshake(server, payload, code):
    with upgraded(server) as wire:
        wire.send(frame(CLOSE, payload) + frame(TEXT, b"nobody hears this"))
        assert wire.read_close() == code
        assert wire.closed(), "the server closes TCP first and sends nothing after its close frame"


def test_frames_cut_at_every_byte(server):
    whole = frames(
        frame(TEXT, "Grü".encode()[:3], fin=False), frame(PING, b"now"), frame(0, "Grü".encode()[3:]),
        frame(BINARY, b"x" * 126))
    for at in range(1, len(whole)):  # a connection each: a hundred pings at once on one would be a flood
        with upgraded(server) as wire:
            wire.send(whole[:at])
            wire.send(whole[at:])
            got = [wire.read_frame() for _ in range(3)]
            assert [(entry.opcode, entry.payload) for entry in got] == [
                (PONG, b"now"), (TEXT, "Grü".encode()), (BINARY, b"x" * 126)], f"cut at {at}"


def test_65536_fragments(server):
    piece = frame(0, b"z" * 256, fin=False, mask=bytes(4))
    first = frame(BINARY, b"z" * 256, fin=False, mask=bytes(4))
    last = frame(0, b"z" * 256, mask=bytes(4))
    with upgraded(server) as wire:
        wire.socket.settimeout(60)
        wire.send(first + piece * 65_534 + last)
        assert wire.read_message() == (BINARY, b"z" * 16 * MIB)


def test_one_fragment_too_many(server):
    empty = frame(0, b"", fin=False)
    with upgraded(server) as wire:
        wire.socket.settimeout(60)
        wire.send(frame(BINARY, b"", fin=False) + empty * 65_536)
        assert wire.read_close() in (1008, 1009)


def test_limits_of_a_channel_route(server, channel):
    """64 KiB in 64 fragments, unless a route says otherwise."""
    with upgraded(server, f"/hub/{channel}") as wire:
        wire.send(frame(BINARY, b"", length=65_537, length_bytes=8))
        assert wire.read_close() == 1009
    with upgraded(server, f"/hub/{channel}") as wire:
        wire.send(frame(BINARY, b"", fin=False) + frame(0, b"", fin=False) * 64)
        assert wire.read_close() in (1008, 1009)


def test_flood_of_pings(server):
    """More than twenty a second, for longer than a burst, is against the rules."""
    with upgraded(server) as wire:
        wire.send(frame(PING, b"x") * 1000)
        assert wire.read_close() == 1008


def test_many_pings_of_a_client_that_does_not_read(server):
    """Pongs have a lane of one: the newest. The memory of the server does not grow with the pings."""
    before = server.memory()
    with upgraded(server) as wire:
        wire.socket.settimeout(20)
        flood = b"".join(frame(PING, b"%08d" % number, mask=bytes(4)) for number in range(5000))
        try:
            for _ in range(20):
                wire.send(flood)
        except TimeoutError:
            pass  # the server has stopped reading: as good as closing
        assert server.memory() - before < 8 * MIB


# --- permessage-deflate ---

@pytest.mark.parametrize("offer, accepted", [
    ("permessage-deflate", True),
    ("permessage-deflate; client_max_window_bits", True),
    ("permessage-deflate; client_max_window_bits=15", True),
    ('permessage-deflate; client_max_window_bits="10"', True),
    ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", True),
    ("permessage-deflate; server_max_window_bits=7", False),
    ("permessage-deflate; server_max_window_bits=16", False),
    ("permessage-deflate; server_max_window_bits=08", False),
    ("permessage-deflate; server_max_window_bits=8", False),
    ("permessage-deflate; server_max_window_bits", False),
    ("permessage-deflate; server_no_context_takeover=1", False),
    ("permessage-deflate; unknown", False),
    ("permessage-deflate; client_max_window_bits; client_max_window_bits", False),
    ("permessage-deflate; unknown, permessage-deflate", True),
], ids=str)
def test_offers(server, offer, accepted):
    with Wire(server) as wire:
        wire.send(handshake(server, extra=[f"Sec-WebSocket-Extensions: {offer}"]))
        response = wire.response_head()
        assert response.status == 101
        answer = response.get("sec-websocket-extensions")
        assert (answer is not None) == accepted
        if accepted and "client_max_window_bits" not in offer:
            assert "client_max_window_bits" not in answer
        wire.send(frame(TEXT, deflated(b"hello hello hello"), rsv=4) if accepted else frame(TEXT, b"hello"))
        assert wire.read_frame().opcode == TEXT


DEFLATE = ["Sec-WebSocket-Extensions: permessage-deflate"]


@pytest.mark.parametrize("data, code", [
    (frames(frame(TEXT, b"", rsv=4, fin=False), frame(0, b"", rsv=4)), 1002),
    (frame(PING, b"", rsv=4), 1002),
    (frame(TEXT, b"\xff\xff\xff\xff", rsv=4), (1002, 1007)),
    (frame(TEXT, deflated(b"a\xff"), rsv=4), 1007),
    (frame(BINARY, deflated(bytes(64 * MIB)), rsv=4), 1009),
], ids=["RSV1 on a continuation", "RSV1 on ping", "garbage", "invalid UTF-8 inside", "64 MiB of zeros"])
def test_wrong_compressed_frame(server, data, code):
    before = server.memory()
    with upgraded(server, extra=DEFLATE) as wire:
        wire.socket.settimeout(30)
        wire.send(data)
        assert wire.read_close() in (code if isinstance(code, tuple) else (code,))
        # The close frame may overtake the release of what was inflated up to the limit of 16 MiB.
        assert eventually(lambda: server.memory() - before < 2 * MIB, within=2), server.memory() - before


def test_compressed_message_in_fragments_and_uncompressed_ones_between(server):
    squeezed = deflated(b"comet " * 1000)
    parts = pieces(squeezed, "random")
    with upgraded(server, extra=DEFLATE) as wire:
        wire.send(frame(TEXT, parts[0], rsv=4, fin=False))
        for part in parts[1:]:
            wire.send(frame(0, part, fin=False))
        wire.send(frame(0, b"") + frame(TEXT, b"plain") + frame(TEXT, b"\x00", rsv=4))
        got = [wire.read_frame() for _ in range(3)]
        assert all(entry.opcode == TEXT and entry.fin for entry in got)
        assert got[0].rsv == 4 or got[0].payload == b"comet " * 1000


def test_request_after_a_refused_handshake(server):
    """A refused handshake leaves the connection usable or closes it; nothing in between."""
    with Wire(server) as wire:
        wire.send(handshake(server, Sec_WebSocket_Key="short") + request(server, "/clock/time"))
        assert wire.response().status == 400
        rest = wire.rest() if wire.closed(1) else b""
        assert rest == b"" or rest.startswith(b"HTTP/1.1 200")
