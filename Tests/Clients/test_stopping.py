"""SIGTERM while connections of every kind are open, and nobody says goodbye: the process leaves by itself, soon after
the drain's window, and without an error."""

import signal
import threading

import pytest

from server import Server
from wire import BINARY, TEXT, Wire, frame, handshake, request


def openings(server):
    stream = ["Accept: text/event-stream"]
    return [
        request(server, "/hub/stop"),
        request(server, "/hub/stop?callback=x") + request(server, "/clock/time"),
        request(server, "/hub/stop", fields=stream),
        request(server, "/clock/ticks?transport=stream"),
        request(server, "/hub/stop", "POST", ["Content-Length: 100"], b"x"),
        request(server, "/clock/time"),
        b"GET /",
        handshake(server, "/hub/stop"),
        handshake(server, "/hub/stop", extra=["Sec-WebSocket-Protocol: halley.v1"]) + frame(TEXT, b'{"type":"hello"}'),
        handshake(server) + frame(TEXT, b"x"),
        handshake(server) + frame(BINARY, bytes(1_000_000))[:500_000],
        handshake(server) + frame(BINARY, bytes(2_000_000)) * 4,
    ]


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "while publishing"])
def test_sigterm(busy):
    with Server(flags=["--drain-window", "2s"]) as server:
        wires, publishers = [], []
        for _ in range(10):
            for data in openings(server):
                wires.append(Wire(server, timeout=0.2))
                try:
                    wires[-1].send(data)
                except TimeoutError:
                    pass  # echoes that nobody reads
        if busy:
            publishers = [threading.Thread(target=publish, args=[server]) for _ in range(3)]
            for publisher in publishers:
                publisher.start()
        server.process.send_signal(signal.SIGHUP)  # settings are read again on the way out
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0, server.log()[-4000:]
        for thread in publishers:
            thread.join()
        for wire in wires:
            wire.rest()
            wire.socket.close()


def publish(server):
    try:
        while True:
            server.publish("stop", "x" * 100)
    except OSError:
        pass  # the server has gone
