"""SIGTERM is a goodbye: every client is told when to come back, requests in work are finished, the process ends with 0.
And the same words for those who come when there are too many."""

import json
import os
import re
import resource
import signal
import time

import pytest

from server import Server, eventually
from wire import CLOSE, TEXT, Closed, Wire, close_payload, frame, handshake, request, upgraded

FRAMED = ["Sec-WebSocket-Protocol: halley.v1"]
SSE = ["Accept: text/event-stream"]


def terminate(server):
    server.process.send_signal(signal.SIGTERM)


def move(frame_, reason="drain"):
    """Checks a move and returns its time."""
    assert frame_["type"] == "move" and frame_["reason"] == reason, frame_
    assert 500 <= frame_["retry"] <= 5_000
    return frame_["retry"]


def opened(server, target, marker, fields=()):
    wire = Wire(server)
    wire.send(request(server, target, fields=fields))
    if marker:
        wire.response_head()
        while marker not in wire.chunk():
            pass
    return wire


def test_everybody_is_told(channel):
    with Server(flags=["--threads", "2"]) as server:
        hub = f"/hub/{channel}"
        cursor = server.publish(channel, "before")
        streams = {
            "sse": opened(server, hub, b"welcome", SSE),
            "frames": opened(server, f"{hub}?format=frames", b"welcome", SSE),
            "lines": opened(server, f"{hub}?transport=stream", b"welcome"),
            "scripts": opened(server, f"{hub}?transport=iframe&callback=cb", b"welcome"),
        }
        polls = {
            "poll": opened(server, hub, None),
            "jsonp": opened(server, f"{hub}?callback=cb", None),
            "sse poll": opened(server, f"{hub}?hold=20", None, [*SSE, f"Last-Event-ID: {cursor}"]),
        }
        sockets = [upgraded(server, hub), upgraded(server), upgraded(
            server, hub, frame(TEXT, b'{"type":"hello"}'), extra=FRAMED), upgraded(server, hub, extra=FRAMED)]
        assert eventually(lambda: server.health()["waiters"] == 3)
        publish = Wire(server)
        publish.send(request(server, hub, "POST", ["Content-Length: 8"], b"half"))
        health = Wire(server)
        health.send(request(server, "/_halley/health", fields=["Content-Length: 1"]))
        # Besides the polls, both have begun to be read; the sixth is the one that asks.
        assert eventually(lambda: server.health()["requests"] == 6)
        terminate(server)

        tail = streams["sse"].chunk().decode()
        found = re.fullmatch(r'retry: (\d+)\nevent: halley.move\ndata: (\{.*\})\n\n', tail)
        assert move(json.loads(found[2])) == int(found[1])
        tail = streams["frames"].chunk().decode()
        found = re.fullmatch(r'retry: (\d+)\ndata: (\{.*\})\n\n', tail)
        assert move(json.loads(found[2])) == int(found[1])
        move(json.loads(streams["lines"].chunk()))
        move(json.loads(re.fullmatch(rb"<script>cb\((.*)\);</script>\n", streams["scripts"].chunk())[1]))
        for wire in streams.values():
            assert wire.chunk() == b"" and wire.closed()
            wire.socket.close()

        answer = json.loads(polls["poll"].response().body)
        retry = answer.pop("retry")
        assert answer == {"resume": "new", "cursor": cursor, "messages": [], "more": False} and retry >= 500
        body = polls["jsonp"].response().body
        assert json.loads(re.fullmatch(rb"/\*\*/cb\((.*)\);", body)[1])["retry"] >= 500
        welcome, moved = polls["sse poll"].response().body.decode().strip().split("\n\n")
        assert welcome.startswith(f"id: {cursor}\nevent: halley.welcome\n")
        assert re.match(r"retry: \d+\nevent: halley.move\n", moved)

        for wire in sockets:
            while (end := wire.read_frame()).opcode != CLOSE:
                assert end.opcode == TEXT  # the welcome
            reason = json.loads(end.payload[2:])
            assert (end.code, reason["reason"]) == (1012, "drain") and reason["retry"] >= 500
            wire.send(frame(CLOSE, close_payload(1012)))
            assert wire.closed()
            wire.socket.close()

        assert eventually(lambda: refused(server))
        health.send(b"x")
        answer = health.response()
        assert (answer.status, json.loads(answer.body)["status"]) == (503, "draining")
        publish.send(b"done")
        answer = publish.response()
        assert (answer.status, answer.get("connection")) == (201, "close")
        for wire in [*polls.values(), publish, health]:
            assert wire.closed()
            wire.socket.close()
        assert server.process.wait(20) == 0, server.log()[-4000:]


def refused(server):
    try:
        with Wire(server):
            return False
    except ConnectionRefusedError:
        return True
    except ConnectionError:
        return False  # it was closing just then


def test_late_comers_are_sent_on(channel):
    """Requests that were half sent when the drain began."""
    with Server(flags=["--threads", "1"]) as server:
        hub = f"/hub/{channel}"
        waiting = {}
        for name, target, fields in [
            ("sse", hub, SSE), ("lines", f"{hub}?transport=stream", []), ("poll", hub, []),
            ("jsonp", f"{hub}?callback=cb", []),
        ]:
            waiting[name] = Wire(server)
            waiting[name].send(request(server, target, fields=[*fields, "Content-Length: 1"]))
        assert eventually(lambda: server.health()["requests"] == 5)
        terminate(server)
        assert eventually(lambda: refused(server))
        answers = {}
        for name, wire in waiting.items():
            wire.send(b"x")
            answers[name] = wire.response()
            wire.socket.close()
        assert server.process.wait(20) == 0
    assert answers["sse"].status == answers["lines"].status == answers["jsonp"].status == 200
    assert re.fullmatch(rb"retry: \d+\nevent: halley.move\ndata: \{.*\"drain\".*\}\n\n", answers["sse"].body)
    move(json.loads(answers["lines"].body))
    assert re.fullmatch(rb'/\*\*/cb\(\{"error":"draining","retry":\d+\}\);', answers["jsonp"].body)
    assert answers["poll"].status == 503 and int(answers["poll"].get("retry-after")) >= 1
    assert json.loads(answers["poll"].body)["error"] == "draining"


def test_the_window_ends_it(channel):
    """Those who neither finish nor answer are left behind at the deadline."""
    with Server(flags=["--threads", "1", "--drain-window", "1s"]) as server:
        stuck = [Wire(server), Wire(server)]
        stuck[0].send(request(server, f"/hub/{channel}", "POST", ["Content-Length: 8"], b"half"))
        stuck[1].send(handshake(server))
        stuck[1].response_head()
        assert eventually(lambda: server.health()["webSockets"] == 1)
        terminate(server)
        assert stuck[1].read_frame().code == 1012
        assert server.process.wait(20) == 0
        for wire in stuck:
            wire.rest()
            wire.socket.close()


def test_a_crowd_is_sent_away_in_slots(channel):
    """Thirty streams at ten a second: three seconds in which they come back, and no two together."""
    with Server(flags=["--threads", "1", "--drain-rate", "10", "--drain-window", "7s"]) as server:
        wires = [opened(server, f"/hub/{channel}?transport=stream", b"welcome") for _ in range(30)]
        terminate(server)
        times = sorted(json.loads(wire.chunk())["retry"] for wire in wires)
        for wire in wires:
            wire.rest()
            wire.socket.close()
        assert server.process.wait(20) == 0
    assert times[0] >= 500 and times[-1] <= 3_500
    assert all(500 + index * 100 <= time <= 600 + index * 100 for index, time in enumerate(times)), times


def test_too_many_handshakes(channel):
    """Each transport is told in its own words."""
    with Server(flags=["--threads", "1", "--admission-rate", "1"]) as server:
        hub = f"/hub/{channel}"

        def ask(target, fields=(), data=None):
            with Wire(server) as wire:
                wire.send(data or request(server, target, fields=fields))
                return wire.response()

        def turned_away(*arguments, **named):
            """One handshake a second fits: if this one did, or another second has passed, the next does not."""
            for _ in range(100):
                ask(f"{hub}?hold=0")
                answer = ask(*arguments, **named)
                if b"overload" in answer.body:
                    return answer
            pytest.fail(f"never turned away: {answer}")

        sse = turned_away(f"{hub}?hold=0", SSE)
        lines = turned_away(f"{hub}?transport=stream&hold=0")
        scripts = turned_away(f"{hub}?transport=iframe&callback=cb&hold=0")
        jsonp = turned_away(f"{hub}?callback=cb&hold=0")
        assert [answer.status for answer in (sse, lines, scripts, jsonp)] == [200] * 4
        others = [
            turned_away(f"{hub}?hold=0"), turned_away(hub, data=handshake(server, hub)),
            turned_away(hub, data=request(server, hub, "POST", ["Content-Length: 1"], b"x")),
        ]
        assert [answer.status for answer in others] == [503] * 3
        assert re.fullmatch(
            rb'retry: (\d+)\nevent: halley.move\ndata: \{"type":"move","reason":"overload","retry":\1\}\n\n', sse.body)
        move(json.loads(lines.body), "overload")
        move(json.loads(re.search(rb"<script>cb\((.*)\);</script>\n$", scripts.body)[1]), "overload")
        assert re.fullmatch(rb'/\*\*/cb\(\{"error":"overloaded","retry":\d+\}\);', jsonp.body)
        for answer in others:
            found = json.loads(answer.body)
            assert found["error"] == "overloaded"
            assert int(answer.get("retry-after")) == -(-found["retry"] // 1000)
        # Whoever comes back finds room.
        assert eventually(lambda: ask(f"{hub}?hold=0").status == 200)


def test_too_many_of_one_address(channel):
    """Streams, sockets and held polls count together, for each address; whoever leaves makes room."""
    with Server(flags=["--threads", "2", "--limits-per-address", "3"]) as server:
        hub = f"/hub/{channel}"

        def ask(target, fields=(), data=None, source=None):
            with Wire(server, source=source) as wire:
                wire.send(data or request(server, target, fields=fields))
                return wire.response()

        stream, socket = opened(server, hub, b"welcome", SSE), upgraded(server, hub)
        held = opened(server, hub, None)
        assert eventually(lambda: server.health()["waiters"] == 1)
        sse, jsonp = ask(hub, SSE), ask(f"{hub}?callback=cb&hold=0")
        assert (sse.status, jsonp.status) == (200, 200)
        found = re.fullmatch(
            rb'retry: (\d+)\nevent: halley.move\ndata: \{"type":"move","reason":"overload","retry":\1\}\n\n', sse.body)
        assert 5_000 <= int(found[1]) <= 10_000
        assert re.fullmatch(rb'/\*\*/cb\(\{"error":"too_many","retry":\d+\}\);', jsonp.body)
        for answer in (ask(hub), ask(hub, data=handshake(server, hub))):
            found = json.loads(answer.body)
            assert (answer.status, found["error"]) == (429, "too_many")
            assert int(answer.get("retry-after")) == -(-found["retry"] // 1000)
        # Publishing and plain requests do not stay, and another address is another client.
        assert ask(hub, data=request(server, "/hub/other", "POST", ["Content-Length: 1"], b"x")).status == 201
        assert ask("/clock/time").status == 200
        assert ask(f"{hub}?hold=0", source="127.0.0.2").status == 200
        # One leaves, one comes: there is no room again.
        newcomers = []
        for wire in (held, socket, stream):
            wire.socket.close()
            assert eventually(lambda: ask(f"{hub}?hold=0").status == 200)
            with opened(server, hub, b"welcome", SSE):
                assert ask(f"{hub}?hold=0").status == 429
            assert eventually(lambda: ask(f"{hub}?hold=0").status == 200)
            newcomers.append(opened(server, hub, b"welcome", SSE))
            assert ask(f"{hub}?hold=0").status == 429
        for wire in newcomers:
            wire.socket.close()


def test_no_room_for_another_channel(channel):
    """An event source that got an error would stop for good."""
    with Server(flags=["--limits-channels", "8", "--threads", "1"]) as server:
        hub = f"/hub/{channel}"

        def ask(target, fields=(), data=None):
            with Wire(server) as wire:
                wire.send(data or request(server, target, fields=fields))
                return wire.response()

        # Held, because a channel that nobody looks at makes room soon.
        held = [opened(server, f"{hub}-{number}", b"welcome", SSE) for number in range(8)]
        for hold in ("", "?hold=0"):
            sse = ask(hub + hold, SSE)
            assert sse.status == 200 and sse.get("content-type").startswith("text/event-stream")
            assert re.fullmatch(rb"retry: 5000\nevent: halley.move\ndata: \{.*\"overload\".*\}\n\n", sse.body)
        lines = ask(f"{hub}?transport=stream")
        assert lines.status == 200 and move(json.loads(lines.body), "overload") == 5_000
        jsonp = ask(f"{hub}?callback=cb")
        assert jsonp.body == b'/**/cb({"error":"overloaded","retry":5000});'
        assert ask(hub, data=handshake(server, hub)).status == 503
        for wire in held:
            wire.socket.close()


def test_no_descriptors_left(channel):
    """Said in the log, without a flood; event sources are asked back later; others are served again when there are some,
    and a change of the settings is taken then."""
    with Server(config="threads: 1\n") as server:
        most = len(os.listdir(f"/proc/{server.pid}/fd")) + 12
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (most, most))
        stream = request(server, f"/hub/{channel}", fields=SSE)
        wires = [Wire(server) for _ in range(60)]
        for wire in wires:
            wire.send(stream)
        assert eventually(lambda: "no descriptors left" in server.log()), server.log()
        lines = server.log().count("no descriptors left")
        spent, start = server.processor_time(), time.monotonic()
        time.sleep(1)
        assert server.processor_time() - spent < 0.3
        assert server.log().count("no descriptors left") - lines <= time.monotonic() - start + 1
        blind = "changes of the settings file are not seen"
        assert eventually(lambda: blind in server.log()), server.log()
        server.write_config("threads: 1\nheartbeat: 7s\n")
        time.sleep(1.2)
        assert server.log().count(blind) == 1 and "reloaded" not in server.log(), server.log()
        answers = set()
        for wire in wires:
            wire.socket.settimeout(0.01)
            try:
                answers.add(wire.response_head().status)
            except (TimeoutError, Closed):
                pass
            wire.socket.close()
        assert answers == {200}
        assert eventually(lambda: server.health()["eventStreams"] == 0)
        assert eventually(lambda: "settings reloaded" in server.log()), server.log()
        assert server.log().count(blind) == 1 and "not reloaded" not in server.log()


def test_a_proxy_speaks_for_many(channel):
    flags = ["--threads", "1", "--limits-per-address", "1", "--proxies", "127.0.0.0/30,192.0.2.1"]
    with Server(flags=flags, awaits="/_halley/halley.js") as server:
        wires = [opened(server, f"/hub/{channel}", b"welcome", SSE) for _ in range(3)]
        for status in (101, 429):
            wires.append(Wire(server, source="127.0.0.4"))
            wires[-1].send(handshake(server, f"/hub/{channel}"))
            assert wires[-1].response_head().status == status
        for wire in wires:
            wire.socket.close()
