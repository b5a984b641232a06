"""9,000 idle WebSockets and 9,000 idle event streams at once in one server process."""

import subprocess
import sys
from pathlib import Path

import pytest

from server import Server, eventually

EACH = 9000


@pytest.mark.slow
def test_18000_idle_connections(capsys):
    with Server() as server:
        gauges, sockets = server.gauges(), server.listeners()
        crowds, cost = [], {}
        try:
            for kind in ("websocket", "sse"):
                before = server.memory()
                crowds.append(start(server, kind))
                assert answer(crowds[-1][1]) == "ready"
                cost[kind] = (server.memory() - before) / EACH
            # The connection that asked for the gauges may take a moment to leave.
            assert eventually(lambda: server.descriptors() - sockets == 2 * EACH), server.descriptors()
            before = server.memory()
            server.publish("crowd", "to everybody")
            for kind, crowd in crowds:
                say(crowd)
            for kind, crowd in crowds:
                assert int(answer(crowd)) == EACH, f"{kind} clients that got the message"
            after = (server.memory() - before) / (2 * EACH)
            with capsys.disabled():
                print(f"\n{EACH} idle WebSockets: {cost['websocket']:.0f} B each in user space; "
                      f"{EACH} event streams: {cost['sse']:.0f} B; after one message to all: {after:+.0f} B each")
            for _, crowd in crowds:
                say(crowd)
        finally:
            for _, crowd in crowds:
                try:
                    crowd.communicate(timeout=20)
                except subprocess.TimeoutExpired:
                    crowd.kill()
                    crowd.communicate()
        assert eventually(lambda: server.descriptors() == sockets, within=20), server.descriptors()
        assert eventually(lambda: all(
            value <= gauges.get(name, 0) for name, value in server.gauges().items()), within=20), server.gauges()
        assert max(cost.values()) < 2048


def start(server, kind):
    return kind, subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("crowd.py")), kind, server.host, str(server.port), "/hub/crowd",
         str(EACH)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def say(crowd):
    crowd.stdin.write("\n")
    crowd.stdin.flush()


def answer(crowd):
    return crowd.stdout.readline().strip()
