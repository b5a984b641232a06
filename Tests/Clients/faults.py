"""Nothing is lost over real sockets: subscribers over all transports at once behind a proxy that breaks connections.

The full run:  HALLEY_BINARY=.build/release/halley .build/python/bin/python Tests/Clients/faults.py
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fault_proxy import FaultProxy  # noqa: E402
from fault_subscribers import TRANSPORTS, Connection, Subscriber, text  # noqa: E402, F401

import server as servers  # noqa: E402

CONFIG = """
heartbeat: 5s
history.messages: 20000
history.bytes: 16MiB
replay.messages: 20000
replay.bytes: 16MiB
"""


class FaultRun:
    """One run: publishes so many messages and waits until every subscriber has all of them, or time is up."""

    path = "/hub/faults"

    def __init__(self, server, subscribers, messages, seed, seconds):
        self.server_port = server.port
        self.messages = messages
        self.seed = seed
        self.seconds = seconds
        self.proxy = FaultProxy(server.port, seed)
        self.epoch = server.poll("faults", hold=0)["cursor"].split("-")[0]
        self.subscribers = [Subscriber(self, number) for number in range(subscribers)]
        self.delivered = Counter()
        self.complaints = []
        self.old = {}
        self.connections = self.switches = self.duplicates = self.done = 0
        self.is_over = False

    def complain(self, text):
        if len(self.complaints) < 20:
            self.complaints.append(text)

    def finished(self):
        self.done += 1
        if self.done == len(self.subscribers):
            self.all_done.set()

    async def go(self):
        self.all_done = asyncio.Event()
        await self.proxy.start()
        self.proxy_port = self.proxy.port
        loop = asyncio.get_running_loop()
        for index, subscriber in enumerate(self.subscribers):
            loop.call_later(index * 0.002, subscriber.start)
        await self.publish()
        self.proxy.calm()
        try:
            await asyncio.wait_for(self.all_done.wait(), self.seconds)
        except asyncio.TimeoutError:
            for subscriber in self.subscribers:
                if subscriber.last < self.messages:
                    self.complain(f"{subscriber.number} over {subscriber.transport} stands at {subscriber.last}")
        self.is_over = True
        for subscriber in self.subscribers:
            if subscriber.current is not None:
                subscriber.current.close()
        await self.proxy.stop()

    async def publish(self):
        """Bursts over one WebSocket; each message is acknowledged, and every fiftieth is repeated with its key."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server_port)
        writer.write(
            f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{self.server_port}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Protocol: halley.v1\r\n\r\n".encode())  # fmt: skip
        await reader.readuntil(b"\r\n\r\n")
        self.send(writer, {"type": "hello"})
        asyncio.get_running_loop().create_task(drain(reader, self.acknowledged))
        self.acks = asyncio.Queue()
        number = 0
        while number < self.messages:
            burst = range(number + 1, min(number + 40, self.messages) + 1)
            wanted = 0
            for number in burst:
                frame = {"type": "publish", "ref": str(number), "data": text(number), "idempotencyKey": f"k{number}"}
                repeats = 2 if number % 50 == 0 else 1
                for _ in range(repeats):
                    self.send(writer, frame)
                wanted += repeats
            for _ in range(wanted):
                ack = await asyncio.wait_for(self.acks.get(), 30)
                if ack.get("id") != f"{self.epoch}-{ack.get('ref')}":
                    self.complain(f"publish answered {ack}")
            await asyncio.sleep(0.3)
        writer.close()

    def send(self, writer, frame):
        data = json.dumps(frame).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else bytes([0xFE]) + len(data).to_bytes(2, "big")
        writer.write(b"\x81" + size + bytes(4) + data)

    def acknowledged(self, payload):
        frame = json.loads(payload)
        if frame["type"] in ("ack", "error"):
            self.acks.put_nowait(frame)

    def report(self, seconds):
        lines = [f"  {name}: {count} deliveries" for name, count in sorted(self.delivered.items())]
        fates = ", ".join(f"{count} {name}" for name, count in self.proxy.fates.items())
        lines.append(
            f"{self.delivered.total()} deliveries to {len(self.subscribers)} subscribers over {self.connections} "
            f"connections ({fates}), {self.switches} switches of transport, {self.duplicates} duplicates dropped: "
            f"{len(self.complaints)} complaints in {seconds:.0f} s")
        return "\n".join(lines + self.complaints)


async def drain(reader, take):
    """Reads unmasked frames until the connection ends."""
    try:
        while True:
            head = await reader.readexactly(2)
            size = head[1]
            if size == 126:
                size = int.from_bytes(await reader.readexactly(2), "big")
            payload = await reader.readexactly(size)
            if head[0] == 0x81:
                take(payload)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass


def run(subscribers, messages, seed, seconds=120):
    """Runs against a server of its own; returns the run and its report."""
    with servers.Server(config=CONFIG) as server:
        run = FaultRun(server, subscribers, messages, seed, seconds)
        started = time.monotonic()
        asyncio.run(run.go())
        return run, run.report(time.monotonic() - started)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--subscribers", type=int, default=500)
    parser.add_argument("--messages", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    result, report = run(arguments.subscribers, arguments.messages, arguments.seed)
    print(report)
    complete = result.delivered.total() == arguments.subscribers * arguments.messages
    sys.exit(0 if complete and not result.complaints else 1)


if __name__ == "__main__":
    main()
