"""Each message once and in order: between polls, while an event stream reconnects, across transports."""

import json
import random
import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from wire import Closed, Wire, handshake, request, upgraded


class EventStream:
    """A plain reader of event streams (WHATWG HTML §9.2), not a line longer than needed."""

    def __init__(self, server, channel, last_id=None, cursor=None):
        self.wire = Wire(server)
        fields = ["Accept: text/event-stream"] + ([f"Last-Event-ID: {last_id}"] if last_id else [])
        self.wire.send(request(server, f"/hub/{channel}" + (f"?cursor={cursor}" if cursor else ""), fields=fields))
        assert self.wire.response_head().status == 200
        self.text = b""
        self.last_id = last_id

    def event(self):
        """The next event that has data: (type, id, data)."""
        while True:
            while b"\n\n" not in self.text:
                chunk = self.wire.chunk()
                if not chunk:
                    raise Closed("end of the stream")
                self.text += chunk
            block, _, self.text = self.text.partition(b"\n\n")
            kind, data = "message", []
            for line in block.decode().split("\n"):
                name, _, value = line.partition(":")
                value = value.removeprefix(" ")
                if name == "id":
                    self.last_id = value
                elif name == "event":
                    kind = value
                elif name == "data":
                    data.append(value)
            if data:
                return kind, self.last_id, "\n".join(data)

    def close(self, abruptly=False):
        if abruptly:
            self.wire.reset()
        else:
            self.wire.socket.close()


def test_published_between_two_polls(server, channel):
    cursor = server.poll(channel, hold=0)["cursor"]
    first = server.publish(channel, "while nobody asks")
    answer = server.poll(channel, cursor)
    assert [(message["id"], message["data"]) for message in answer["messages"]] == [(first, "while nobody asks")]
    assert (answer["resume"], answer["cursor"]) == ("resumed", first)
    # Again from the old cursor, as if the answer had been lost: the same message again.
    assert server.poll(channel, cursor)["messages"] == answer["messages"]
    # From the new one: nothing.
    assert server.poll(channel, answer["cursor"], hold=0) == {
        "resume": "current", "cursor": first, "messages": [], "more": False, "retry": 0}


def test_published_at_random_times_while_polling(server, channel):
    """200 messages against a loop of polls that dawdles and loses answers."""
    cursor = server.poll(channel, hold=0)["cursor"]
    publisher = Publisher(server, channel, 200, 0.01)
    generator = random.Random(3)
    received = []
    while len(received) < 200:
        if generator.random() < 0.2:
            with Wire(server) as lost:  # asked, and gone before the answer
                lost.send(request(server, f"/hub/{channel}?cursor={cursor}"))
                time.sleep(generator.random() * 0.02)
        answer = server.poll(channel, cursor)
        assert answer["resume"] in ("current", "resumed")
        received += [message["data"] for message in answer["messages"]]
        cursor = answer["cursor"]
        time.sleep(generator.random() * 0.03)
    publisher.join()
    assert received == publisher.sent


def test_published_while_an_event_stream_reconnects(server, channel):
    stream = EventStream(server, channel)
    assert stream.event()[0] == "halley.welcome"
    seen = server.publish(channel, "before")
    assert stream.event() == ("message", seen, "before")
    stream.close()
    missed = [server.publish(channel, f"missed {number}") for number in range(3)]
    stream = EventStream(server, channel, last_id=seen)
    kind, cursor, data = stream.event()
    welcome = json.loads(data)
    assert (kind, cursor, welcome["resume"], welcome["replay"]) == ("halley.welcome", seen, "resumed", 3)
    later = server.publish(channel, "after")
    got = [stream.event() for _ in range(4)]
    stream.close()
    assert got == [("message", missed[number], f"missed {number}") for number in range(3)] + [
        ("message", later, "after")]


def test_published_all_the_time_while_an_event_stream_reconnects(server, channel):
    last_id = server.poll(channel, hold=0)["cursor"]
    publisher = Publisher(server, channel, 300, 0.004)
    generator = random.Random(5)
    received = []
    while len(received) < 300:
        stream = EventStream(server, channel, last_id=last_id, cursor="oldest")  # Last-Event-ID goes before cursor=
        kind, cursor, data = stream.event()
        assert (kind, cursor) == ("halley.welcome", last_id), data
        for _ in range(generator.randrange(1, 40)):
            if len(received) == 300:
                break
            kind, last_id, data = stream.event()
            assert kind == "message"
            received.append(data)
        stream.close(abruptly=generator.random() < 0.5)
    publisher.join()
    assert received == publisher.sent


def test_across_transports(server, channel):
    """One cursor: poll, event stream and WebSocket in turns, while messages keep coming."""
    cursor = server.poll(channel, hold=0)["cursor"]
    publisher = Publisher(server, channel, 240, 0.005)
    received = []
    turn = 0
    while len(received) < 240:
        turn += 1
        if turn % 3 == 0:
            answer = server.poll(channel, cursor)
            batch = [(message["id"], message["data"]) for message in answer["messages"]]
        elif turn % 3 == 1:
            stream = EventStream(server, channel, last_id=cursor)
            stream.event()
            batch = [stream.event()[1:] for _ in range(min(10, 240 - len(received)))]
            stream.close()
        else:
            with connect(f"ws://{server.authority}/hub/{channel}", subprotocols=["halley.v1"]) as socket:
                socket.send(json.dumps({"type": "hello", "cursor": cursor}))
                welcome = json.loads(socket.recv(timeout=10))
                assert (welcome["type"], welcome["cursor"]) == ("welcome", cursor)
                frames = []
                while len(frames) < min(10, 240 - len(received)):
                    frame = json.loads(socket.recv(timeout=10))
                    if frame["type"] == "message":
                        frames.append(frame)
                batch = [(frame["id"], frame["data"]) for frame in frames]
        received += [data for _, data in batch]
        cursor = batch[-1][0] if batch else cursor
    publisher.join()
    assert received == publisher.sent


def test_publish_by_websocket(server, channel):
    with connect(f"ws://{server.authority}/hub/{channel}", subprotocols=["halley.v1"]) as socket:
        socket.send('{"type":"hello"}')
        assert json.loads(socket.recv(timeout=10))["type"] == "welcome"
        order = '{"type":"publish","ref":"7","data":{"lat":48.10},"event":"moved","key":"u7","idempotencyKey":"k1"}'
        socket.send(order)
        socket.send(order)
        frames = [json.loads(socket.recv(timeout=10)) for _ in range(3)]
    acks = [frame for frame in frames if frame["type"] == "ack"]
    (message,) = [frame for frame in frames if frame["type"] == "message"]
    assert acks == [{"type": "ack", "ref": "7", "id": message["id"]},
                    {"type": "ack", "ref": "7", "id": message["id"], "duplicate": True}]
    assert (message["data"], message["event"], message["key"]) == ({"lat": 48.10}, "moved", "u7")


@pytest.mark.parametrize("first, code", [
    ('{"type":"publish","ref":"1","data":1}', 4002), ("not JSON", 4002), ('{"type":"hello"', 4002), (b"binary", 1003),
], ids=["no hello", "no JSON", "cut JSON", "binary"])
def test_misuse_of_the_subprotocol(server, channel, first, code):
    with connect(f"ws://{server.authority}/hub/{channel}", subprotocols=["halley.v1"]) as socket:
        socket.send(first)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=10)
        assert socket.close_code == code


def test_raw_websocket(server, channel):
    """No subprotocol: payloads only, in both directions."""
    with connect(f"ws://{server.authority}/hub/{channel}?cursor=latest") as one, \
            connect(f"ws://{server.authority}/hub/{channel}") as other:
        one.send("text")
        one.send(b"binary")
        assert [socket.recv(timeout=10) for socket in (one, other) for _ in range(2)] == ["text", b"binary"] * 2


def test_raw_websocket_takes_no_exact_cursor(server, channel):
    cursor = server.publish(channel, "x")
    with Wire(server) as wire:
        wire.send(handshake(server, f"/hub/{channel}?cursor={cursor}"))
        assert wire.response().status == 400


@pytest.mark.parametrize("cursor, reason", [
    ("zzzzzzzz-1", "epoch"), ("nonsense", "unknown"), ("{epoch}-99", "unknown"), ("x" * 600, "unknown"),
    ("{epoch}-", "unknown"), ("{epoch}-18446744073709551617", "unknown"),
])
def test_reset(server, channel, cursor, reason):
    """A cursor that cannot be met is told on every transport: never an error, never silence."""
    top = server.publish(channel, "one")
    cursor = cursor.format(epoch=top.rpartition("-")[0])
    answer = server.poll(channel, cursor)
    assert answer == {
        "resume": "reset", "reason": reason, "cursor": top, "messages": [], "more": False, "retry": 0}
    stream = EventStream(server, channel, last_id=cursor)
    kind, last_id, data = stream.event()
    stream.close()
    frame = json.loads(data)
    assert (kind, last_id, frame["reason"], frame["cursor"]) == ("halley.reset", top, reason, top)
    with connect(f"ws://{server.authority}/hub/{channel}", subprotocols=["halley.v1"]) as socket:
        socket.send(json.dumps({"type": "hello", "cursor": cursor}))
        frame = json.loads(socket.recv(timeout=10))
        assert (frame["type"], frame["reason"], frame["cursor"]) == ("reset", reason, top)


def test_reset_when_the_log_has_moved_on(server, channel):
    cursor = server.poll(channel, hold=0)["cursor"]
    for number in range(200):  # more than any history of the hub holds
        top = server.publish(channel, str(number))
    answer = server.poll(channel, cursor)
    assert (answer["resume"], answer["reason"], answer["cursor"]) == ("reset", "expired", top)


def test_event_stream_survives_line_ends_in_payloads(server, channel):
    stream = EventStream(server, channel)
    stream.event()
    for payload in ("\n", "a\r\nb\rc\nd", "data: x\n\nid: 7\nevent: y", ": comment", "\u2028", " leading", "end\n"):
        server.publish(channel, payload)
        assert stream.event()[2] == payload.replace("\r\n", "\n").replace("\r", "\n")
    stream.close()


def test_slow_reader_does_not_slow_the_others(server, channel):
    """One client of each kind that reads nothing, one that reads: the second gets everything."""
    lazy = [EventStream(server, channel), upgraded(server, f"/hub/{channel}")]
    stream = EventStream(server, channel)
    stream.event()
    body = "x" * 30_000
    for number in range(400):
        server.publish(channel, f"{number} {body}")
        assert stream.event()[2].startswith(f"{number} ")
    stream.close()
    lazy[0].close()
    lazy[1].socket.close()


class Publisher(threading.Thread):
    """Publishes numbered messages at random times from a thread of its own."""

    def __init__(self, server, channel, count, pause):
        super().__init__(daemon=True)
        self.server, self.channel, self.pause = server, channel, pause
        self.sent = [f"{number}" for number in range(count)]
        self.start()

    def run(self):
        generator = random.Random(11)
        for text in self.sent:
            self.server.publish(self.channel, text)
            time.sleep(generator.random() * 2 * self.pause)
