"""Clients that vanish in every phase, by FIN and by RST, and bytes nobody asked for on a held poll.

That nothing is left of them, and that the process lives, is checked after every test by the fixture of this folder.
"""

import time
from types import SimpleNamespace

import pytest

from server import eventually
from wire import BINARY, CLOSE, PING, TEXT, Wire, close_payload, frame, handshake, request, upgraded


def phases(server, channel):
    """name: (bytes to send, bytes to await before leaving)"""
    post = request(server, f"/hub/{channel}", "POST", ["Content-Type: text/plain", "Content-Length: 100"])
    stream = request(server, f"/hub/{channel}", fields=["Accept: text/event-stream"])
    hello = handshake(server, f"/hub/{channel}", extra=["Sec-WebSocket-Protocol: halley.v1"])
    opened = handshake(server)
    return {
        "nothing sent": (b"", b""),
        "in the request line": (b"GET /clo", b""),
        "in the head": (request(server, "/clock/time")[:-2], b""),
        "in the body": (post + b"x" * 50, b""),
        "in a chunk": (request(server, f"/hub/{channel}", "POST", ["Transfer-Encoding: chunked"]) + b"5\r\nhe", b""),
        "before the answer": (request(server, "/gallery.js"), b""),
        "in the answer": (request(server, "/assets/halley.css"), b"HTTP/1.1 200"),
        "between two requests": (request(server, "/clock/time"), b"\r\n\r\n"),
        "in a held poll": (request(server, f"/hub/{channel}"), b""),
        "in a held JSONP poll": (request(server, f"/hub/{channel}?callback=cb"), b""),
        "behind a held poll": (request(server, f"/hub/{channel}") + request(server, "/clock/time"), b""),
        "before an event stream": (stream, b""),
        "in an event stream": (stream, b"halley.welcome"),
        "in a stream": (request(server, f"/hub/{channel}?transport=stream"), b"welcome"),
        "in an iframe": (request(server, f"/hub/{channel}?transport=iframe&callback=cb"), b"welcome"),
        "in a held event source": (request(
            server, f"/hub/{channel}?hold=20", fields=["Accept: text/event-stream"]), b""),
        "in the handshake": (opened[:-10], b""),
        "before the 101": (opened, b""),
        "after the 101": (opened, b"\r\n\r\n"),
        "before hello": (hello, b"\r\n\r\n"),
        "in halley.v1": (hello + frame(TEXT, b'{"type":"hello"}'), b"welcome"),
        "in a frame's head": (opened + frame(TEXT, b"x" * 200)[:3], b"\r\n\r\n"),
        "in a frame": (opened + frame(TEXT, b"x" * 200)[:100], b"\r\n\r\n"),
        "in a large frame": (opened + frame(BINARY, b"x" * 3_000_000)[:2_000_000], b"\r\n\r\n"),
        "between fragments": (opened + frame(TEXT, b"x", fin=False), b"\r\n\r\n"),
        "with echoes unread": (opened + frame(BINARY, b"x" * 1_000_000) * 4, b"\r\n\r\n"),
        "after a ping": (opened + frame(PING, b"x"), b"\r\n\r\n"),
        "in the close handshake": (opened + frame(CLOSE, close_payload(1000)), b"\r\n\r\n"),
        "after a refusal": (b"BREW / HTTP/1.1\r\n\r\n", b""),
    }


NAMES = list(phases(SimpleNamespace(authority="nobody"), ""))


@pytest.mark.parametrize("how", ["FIN", "RST", "half-close"])
@pytest.mark.parametrize("name", NAMES)
def test_vanishing(server, channel, name, how):
    data, marker = phases(server, channel)[name]
    for round_ in range(3):
        wire = Wire(server)
        wire.socket.settimeout(5)
        try:
            wire.send(data)
        except TimeoutError:
            pass  # echoes that nobody reads: the server has stopped reading too
        if marker:
            wire.take_until(marker)
        elif round_:
            time.sleep(0.02)
        if how == "RST":
            wire.reset()
        elif how == "FIN":
            wire.socket.close()
        else:
            wire.finish()
            wire.socket.settimeout(1)
            try:
                wire.rest()
            except TimeoutError:
                pass  # an answer to a half-closed client is allowed, and so is waiting for it
            wire.socket.close()
    # Nobody is in the way of the living.
    server.publish(channel, "still here")
    assert server.poll(channel, "last-1", hold=0)["messages"][0]["data"] == "still here"


@pytest.mark.parametrize("extra", [b"X", b"\r\n", b"\x00", b"GET", b"\r\n\r\n", b"x" * 5000], ids=repr)
@pytest.mark.parametrize("then", ["publish", "FIN", "RST"])
def test_bytes_on_a_held_poll(server, channel, extra, then):
    """One stray byte must not end the process, nor keep the poll from its answer or its end."""
    cursor = server.poll(channel, hold=0)["cursor"]
    with Wire(server) as wire:
        wire.send(request(server, f"/hub/{channel}?cursor={cursor}"))
        time.sleep(0.05)
        wire.send(extra)
        time.sleep(0.05)
        if then == "publish":
            published = server.publish(channel, "answer")
            assert published.encode() in wire.response().body
        elif then == "RST":
            wire.reset()
    assert server.alive()
    server.publish(channel, "alive")


def test_megabytes_on_a_held_poll(server, channel):
    """They wait in the kernel, not in the server."""
    before = server.memory()
    with Wire(server) as wire:
        wire.send(request(server, f"/hub/{channel}"))
        time.sleep(0.1)
        wire.socket.settimeout(1)
        try:
            for _ in range(64):
                wire.send(b"x" * (1 << 20))
        except TimeoutError:
            pass
        assert server.memory() - before < 4 << 20


def test_request_behind_a_held_poll_is_served_next(server, channel):
    cursor = server.poll(channel, hold=0)["cursor"]
    with Wire(server) as wire:
        wire.send(request(server, f"/hub/{channel}?cursor={cursor}") + request(server, "/clock/time?cb=next"))
        time.sleep(0.1)
        published = server.publish(channel, "answer")
        assert published.encode() in wire.response().body
        assert wire.response().body.startswith(b"/**/next(")


def test_megabytes_on_an_event_stream(server, channel):
    """Input is dropped within a small budget, then the connection is closed; either way nothing grows."""
    before = server.memory()
    with Wire(server) as wire:
        wire.send(request(server, f"/hub/{channel}", fields=["Accept: text/event-stream"]))
        wire.take_until(b"halley.welcome")
        wire.socket.settimeout(2)
        try:
            for _ in range(64):
                wire.send(b"x" * (1 << 20))
        except TimeoutError:
            pass
        assert server.memory() - before < 4 << 20


def test_a_thousand_waiters_leave_at_once(server, channel):
    wires = [Wire(server) for _ in range(1000)]
    for wire in wires:
        wire.send(request(server, f"/hub/{channel}"))
    time.sleep(0.3)
    for index, wire in enumerate(wires):
        if index % 2:
            wire.reset()
        else:
            wire.socket.close()
    server.publish(channel, "to nobody")


def test_hold_expires_with_a_normal_answer(server, channel):
    """The poll's heartbeat: the shortest hold is five seconds, jitter only shortens it."""
    cursor = server.poll(channel, hold=0)["cursor"]
    start = time.monotonic()
    answer = server.poll(channel, cursor, hold=1)
    assert answer == {"resume": "current", "cursor": cursor, "messages": [], "more": False, "retry": 0}
    assert 4.0 < time.monotonic() - start < 6.0


@pytest.mark.parametrize("hold", ["3600", "9" * 40])
def test_a_hold_above_the_longest_is_cut(server, channel, hold):
    with Wire(server) as wire:
        wire.send(request(server, f"/hub/{channel}?hold={hold}"))
        assert eventually(lambda: server.health()["waiters"] == 1)
        published = server.publish(channel, "answer")
        assert published.encode() in wire.response().body


@pytest.mark.parametrize("hold", ["-1", "x", "1.5", "", "5s"])
def test_bad_hold(server, channel, hold):
    with Wire(server) as wire:
        wire.send(request(server, f"/hub/{channel}?hold={hold}"))
        if hold == "":
            time.sleep(0.05)  # empty counts as absent or as bad; it must only not harm
        else:
            assert wire.response().status == 400


def test_upgraded_connection_is_closed_by_the_server_first(server):
    with upgraded(server) as wire:
        wire.send(frame(CLOSE, close_payload(1000)))
        assert wire.read_close() == 1000
        assert wire.closed()
