"""Heartbeats from the configuration file, changed while the server runs, on connections that are already open."""

import threading
import time

import pytest

from server import Server, eventually
from wire import PING, PONG, TEXT, Wire, frame, request, upgraded

SLOW = "heartbeat: 11s\nwebsocket:\n  ping: 11s\n"
FAST = "heartbeat: 5s\nwebsocket:\n  ping: 5s\n"


@pytest.fixture(scope="module")
def beating():
    """A server with a file of its own, and the times of every sign of life on four connections over 32 seconds.

    The file goes from 11 to 5 seconds as soon as the connections are open.
    """
    with Server(config=SLOW) as server:
        with Wire(server) as stream, upgraded(server, "/hub/beat") as raw, upgraded(
                server, "/hub/beat", extra=["Sec-WebSocket-Protocol: halley.v1"]) as framed:
            stream.send(request(server, "/hub/beat", fields=["Accept: text/event-stream"]))
            stream.take_until(b"halley.welcome")
            framed.send(frame(TEXT, b'{"type":"hello"}'))
            assert b"welcome" in framed.read_message()[1]
            changed = time.monotonic()
            server.write_config(FAST)
            beats = {}
            watchers = [
                Watcher(beats, "event stream", stream, lambda wire: wire.take_until(b"\n:\n") and True),
                Watcher(beats, "raw ping", raw, lambda wire: answered(wire).opcode == PING),
                Watcher(beats, "framed heartbeat", framed, lambda wire: b"heartbeat" in answered(wire).payload),
            ]
            time.sleep(32)
            for watcher in watchers:
                watcher.wire.socket.shutdown(2)
            for watcher in watchers:
                watcher.join()
        yield server, {name: [moment - changed for moment in moments] for name, moments in beats.items()}


def answered(wire):
    """The next frame; pings are answered, as every client does."""
    got = wire.read_frame()
    if got.opcode == PING:
        wire.send(frame(PONG, got.payload))
    return got


class Watcher(threading.Thread):
    """Notes when `wait` returns true."""

    def __init__(self, beats, name, wire, wait):
        super().__init__(daemon=True)
        self.moments, self.wire, self.wait = beats.setdefault(name, []), wire, wait
        wire.socket.settimeout(60)
        self.start()

    def run(self):
        try:
            while True:
                if self.wait(self.wire):
                    self.moments.append(time.monotonic())
        except Exception:
            pass  # the end of the connection is the end of the watch


@pytest.mark.slow
@pytest.mark.parametrize("name", ["event stream", "raw ping", "framed heartbeat"])
def test_change_reaches_open_connections(beating, name):
    _, beats = beating
    moments = beats[name]
    gaps = [later - earlier for earlier, later in zip(moments, moments[1:])]
    print(f"{name}: beats at {[round(moment, 1) for moment in moments]} s after the change")
    # The deadline that was running may still be the old one; those after it are five seconds, give or take a tenth.
    assert moments[0] < 12.5
    assert len(gaps) >= 2 and all(4.3 < gap < 5.8 for gap in gaps[1:]), gaps


@pytest.mark.slow
def test_new_connections_are_told_the_new_interval(beating):
    server, _ = beating
    with Wire(server) as stream:
        stream.send(request(server, "/hub/beat", fields=["Accept: text/event-stream"]))
        assert b'"heartbeat":5000' in stream.take_until(b"}\n\n")


@pytest.mark.slow
def test_a_bad_file_leaves_the_running_values(beating):
    server, _ = beating
    before = len(server.log())
    server.write_config("heartbeat: often\n")
    assert eventually(lambda: "heartbeat" in server.log()[before:], within=25), "one line says what is wrong"
    with Wire(server) as stream:
        stream.send(request(server, "/hub/beat", fields=["Accept: text/event-stream"]))
        assert b'"heartbeat":5000' in stream.take_until(b"}\n\n")
