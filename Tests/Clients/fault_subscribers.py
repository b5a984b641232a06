"""Subscribers that follow the delivery contract over every transport, and complain of what the contract forbids."""

import asyncio
import base64
import json
import os
import random

SWITCHABLE = ["websocket", "sse", "sse-frames", "stream", "iframe", "long-poll", "short-poll", "jsonp"]
TRANSPORTS = SWITCHABLE + ["raw"]
POLLS = ("long-poll", "short-poll", "jsonp")
# Without a sign of life for so long, seconds, a connection is given up; heartbeats come every 5 s.
SILENCE = 12


def text(number):
    """The payload of a message; the position in the log is its number."""
    return f"{number}|</script>" + "x" * (number % 90)


class Subscriber:
    """Must get every message from the first on, each once and in order, whatever happens to its connections."""

    def __init__(self, run, number):
        self.run = run
        self.number = number
        self.random = random.Random(run.seed * 1_000 + number)
        self.transport = TRANSPORTS[number % len(TRANSPORTS)]
        self.last = 0
        self.current = None
        self.failures = 0
        self.timer = None

    @property
    def cursor(self):
        return f"{self.run.epoch}-{self.last}"

    def start(self):
        self.connect()
        self.plan_switch()

    def plan_switch(self):
        if self.transport != "raw":
            pause = self.random.expovariate(1 / 9)
            asyncio.get_running_loop().call_later(pause, self.switch)

    def switch(self):
        """Goes on over another transport; half the time the old connection stays until the new one speaks."""
        if self.run.is_over:
            return
        self.run.switches += 1
        self.transport = self.random.choice(SWITCHABLE)
        old, self.current = self.current, None
        if old is not None:
            if self.random.random() < 0.5:
                old.successor = True
                self.run.old[self.number] = old
            else:
                old.close()
        self.connect()
        self.plan_switch()

    def connect(self):
        if self.timer is not None:
            self.timer.cancel()
        if self.run.is_over:
            return
        self.run.connections += 1
        self.current = Connection(self)
        self.current.open()

    def spoke(self, connection):
        """The newest connection works: one that was left open for it goes."""
        self.failures = 0
        if connection is self.current:
            old = self.run.old.pop(self.number, None)
            if old is not None:
                old.close()

    def ended(self, connection):
        if connection is not self.current or self.run.is_over:
            return
        self.current = None
        self.failures += 1
        pause = self.random.uniform(0, min(2, 0.1 * 2 ** min(self.failures, 5)))
        self.timer = asyncio.get_running_loop().call_later(pause, self.connect)

    def take(self, connection, number, payload, comes_again):
        """A message with its position."""
        if number <= self.last:
            if comes_again:
                self.run.complain(f"{connection.name}: {number} came twice on one connection")
            self.run.duplicates += 1
            return
        if number != self.last + 1:
            return self.run.complain(f"{connection.name}: {number} after {self.last}")
        if payload != text(number):
            return self.run.complain(f"{connection.name}: {number} has another payload: {payload[:60]!r}")
        self.last = number
        self.run.delivered[connection.transport] += 1
        if number == self.run.messages:
            self.run.finished()


class Connection(asyncio.Protocol):
    """One connection of one subscriber, read as its transport demands."""

    def __init__(self, subscriber):
        self.subscriber = subscriber
        self.run = subscriber.run
        self.transport = subscriber.transport
        self.name = f"subscriber {subscriber.number} over {self.transport}"
        self.socket = None
        self.successor = False
        self.is_closed = False
        self.buffer = b""
        self.body = b""
        self.is_head = True
        self.raw_last = None
        self.sent_from = 0
        self.wire_last = 0

    def open(self):
        loop = asyncio.get_running_loop()
        self.heard = loop.time()
        loop.create_task(self.dial(loop))
        loop.call_later(SILENCE, self.watch)

    async def dial(self, loop):
        try:
            await loop.create_connection(lambda: self, "127.0.0.1", self.run.proxy_port)
        except OSError:
            self.end()

    def watch(self):
        if self.is_closed:
            return
        loop = asyncio.get_running_loop()
        if loop.time() - self.heard > SILENCE:
            self.socket.abort() if self.socket else self.end()
        else:
            loop.call_later(2, self.watch)

    def connection_made(self, socket):
        self.socket = socket
        if self.is_closed:
            return socket.close()
        self.ask()

    def connection_lost(self, _):
        self.end()

    def close(self):
        self.is_closed = True
        if self.socket is not None:
            self.socket.close()

    def end(self):
        if not self.is_closed:
            self.is_closed = True
            self.subscriber.ended(self)

    # Asking.

    def ask(self):
        cursor = self.subscriber.cursor
        self.sent_from = self.wire_last = self.subscriber.last
        queries = {
            "websocket": "", "raw": "?cursor=oldest", "sse": "?cursor=" + self.run.epoch + "-0",
            "sse-frames": f"?transport=sse&format=frames&cursor={cursor}",
            "stream": f"?transport=stream&cursor={cursor}",
            "iframe": f"?transport=iframe&callback=parent.process&cursor={cursor}",
            "long-poll": f"?cursor={cursor}", "short-poll": f"?hold=0&cursor={cursor}",
            "jsonp": f"?callback=cb&cursor={cursor}",
        }  # fmt: skip
        head = f"GET {self.run.path}{queries[self.transport]} HTTP/1.1\r\nHost: 127.0.0.1:{self.run.server_port}\r\n"
        if self.transport in ("websocket", "raw"):
            key = base64.b64encode(os.urandom(16)).decode()
            head += "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            head += f"Sec-WebSocket-Key: {key}\r\n"
            if self.transport == "websocket":
                head += "Sec-WebSocket-Protocol: halley.v1\r\n"
        elif self.transport == "sse":
            # As a browser: the first address again, and where it stands in a field.
            head += f"Accept: text/event-stream\r\nLast-Event-ID: {cursor}\r\n"
        self.is_head = True
        self.socket.write((head + "\r\n").encode())

    # Reading.

    def data_received(self, data):
        if self.is_closed:
            return
        self.heard = asyncio.get_running_loop().time()
        self.buffer += data
        if self.is_head and not self.read_head():
            return
        if self.transport in ("websocket", "raw"):
            self.read_frames()
        elif self.transport in POLLS:
            self.read_answer()
        else:
            self.read_chunks()

    def read_head(self):
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return False
        status = int(head[9:12])
        if status not in (101, 200):
            self.run.complain(f"{self.name}: status {status}: {rest[:100]!r}")
            self.close()
            return False
        self.is_head = False
        self.buffer = rest
        self.length = 0
        for line in head.split(b"\r\n")[1:]:
            if line.lower().startswith(b"content-length:"):
                self.length = int(line[15:])
        if self.transport == "raw":
            self.subscriber.spoke(self)
        if self.transport == "websocket":
            hello = json.dumps({"type": "hello", "cursor": self.subscriber.cursor}).encode()
            self.socket.write(bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)
        return True

    def read_frames(self):
        at, data = 0, self.buffer
        while len(data) - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                if len(data) - at < 4:
                    break
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            if len(data) < start + size:
                break
            payload, opcode = data[start : start + size], data[at] & 15
            at = start + size
            if opcode == 9:
                self.socket.write(bytes([0x8A, 0x80 | size, 0, 0, 0, 0]) + payload)
            elif opcode == 1 and self.transport == "raw":
                self.read_raw(payload)
            elif opcode == 1:
                self.read_frame(payload)
            if self.is_closed:
                return
        self.buffer = data[at:]

    def read_raw(self, payload):
        """The number is in the payload; on one connection it rises by one."""
        value = json.loads(payload)
        number = int(value.split("|", 1)[0])
        if self.raw_last is not None and number != self.raw_last + 1:
            self.run.complain(f"{self.name}: {number} after {self.raw_last} on one connection")
        self.raw_last = number
        self.subscriber.take(self, number, value, False)

    def read_chunks(self):
        at, data = 0, self.buffer
        while True:
            end = data.find(b"\r\n", at)
            if end < 0:
                break
            size = int(data[at:end], 16)
            if len(data) < end + 2 + size + 2:
                break
            self.body += data[end + 2 : end + 2 + size]
            at = end + 2 + size + 2
            if size == 0:
                self.buffer = b""
                self.read_body()
                return self.socket.close()
        self.buffer = data[at:]
        self.read_body()

    def read_body(self):
        mark = b"\n\n" if self.transport.startswith("sse") else b"\n"
        parts = self.body.split(mark)
        self.body = parts.pop()
        for part in parts:
            if self.is_closed:
                return
            if self.transport == "stream":
                self.read_frame(part)
            elif self.transport == "iframe":
                if part.startswith(b"<script>parent.process("):
                    self.read_frame(part[len(b"<script>parent.process(") : -len(b");</script>")])
            else:
                self.read_event(part)

    def read_event(self, block):
        lines = [line for line in block.split(b"\n") if line and not line.startswith(b":")]
        fields = dict(line.split(b": ", 1) for line in lines)
        data = fields.get(b"data")
        if data is None:
            return
        if self.transport == "sse-frames" or b"event" in fields:
            return self.read_frame(data)
        self.message(fields[b"id"].decode(), json.loads(data))

    def read_frame(self, text):
        frame = json.loads(text)
        kind = frame["type"]
        if kind == "message":
            return self.message(frame["id"], frame["data"])
        if kind == "welcome":
            self.subscriber.spoke(self)
        elif kind == "reset":
            self.run.complain(f"{self.name}: reset {frame['reason']} from {self.sent_from}, but the log holds it all")

    def read_answer(self):
        if len(self.buffer) < self.length:
            return
        body, self.buffer = self.buffer[: self.length], self.buffer[self.length :]
        if self.transport == "jsonp":
            body = body[len(b"/**/cb(") : -len(b");")]
        answer = json.loads(body)
        if answer["resume"] == "reset":
            self.run.complain(f"{self.name}: reset {answer['reason']} from {self.sent_from}")
        self.subscriber.spoke(self)
        for message in answer["messages"]:
            self.message(message["id"], message["data"])
        if self.is_closed or self.run.is_over or self.successor:
            return self.close()
        loop = asyncio.get_running_loop()
        pause = answer["retry"] / 1000
        if self.transport == "short-poll" and not answer["more"]:
            pause = self.subscriber.random.uniform(0.2, 0.8)
        loop.call_later(pause, self.ask_again)

    def ask_again(self):
        if self.is_closed or self.socket.is_closing():
            return
        self.ask()

    def message(self, id, payload):
        epoch, _, offset = id.partition("-")
        number = int(offset)
        if epoch != self.run.epoch:
            return self.run.complain(f"{self.name}: epoch {epoch}")
        # One connection brings what lies after its cursor, each once; duplicates come only from another connection.
        comes_again = number <= self.wire_last
        self.wire_last = max(self.wire_last, number)
        self.subscriber.take(self, number, payload, comes_again)
