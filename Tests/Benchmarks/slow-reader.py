#!/usr/bin/env python3
"""What one subscriber that never reads costs the others, under each policy of `.backpressure`.

Usage: slow-reader.py [COMMAND …]   (default: the release build of this package's site)

For each policy, TURNS times each without and with a subscriber that is stuck: READERS event streams get MESSAGES
messages of 4 KiB, paced, and each delivery's time from publish to reader is taken. Printed are the medians of the 99th
percentiles, their ratio, and the most that waited in the server's queues. Fails when more waits than `queue.hard`, when
a reader misses a message, or when the ratio is above 1.2. Bounded: about two minutes, all on loopback.
"""

import json
import selectors
import signal
import socket
import statistics
import struct
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

READERS, MESSAGES, PAUSE, SIZE = 50, 400, 0.005, 4096
TURNS = 5
HARD = 1 << 20
POLICIES = ("skipAndResume", "conflate", "disconnect")


class Stuck:
    """A subscriber that asks for the stream and never reads."""

    def __init__(self, port, path):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", port))
        self.socket.sendall(request(path))

    def close(self):
        self.socket.close()


class Readers:
    """Event streams whose messages carry their number and when they were published."""

    def __init__(self, port, path, count):
        self.selector = selectors.DefaultSelector()
        self.seen = {}
        self.rest = {}
        for _ in range(count):
            link = socket.create_connection(("127.0.0.1", port))
            link.sendall(request(path))
            self.selector.register(link, selectors.EVENT_READ)
            self.seen[link], self.rest[link] = None, b""
        self.delays = []
        end = time.monotonic() + 20
        while not all(b"halley.welcome" in rest for rest in self.rest.values()):
            if time.monotonic() > end:
                raise SystemExit("not every reader was welcomed")
            self.take(0.1)

    def take(self, seconds):
        for key, _ in self.selector.select(seconds):
            data = key.fileobj.recv(1 << 18)
            now = time.perf_counter_ns()
            if not data:
                raise SystemExit("a reader was cut off")
            text = self.rest[key.fileobj] + data
            at = text.find(b"data: #")
            while at >= 0:
                end = text.find(b"\n", at)
                if end < 0:
                    break
                number, published = map(int, text[at + 7:end].split(b" ", 2)[:2])
                last = self.seen[key.fileobj]
                if last is not None and number != last + 1:
                    raise SystemExit(f"a reader saw {number} after {last}")
                self.seen[key.fileobj] = number
                self.delays.append(now - published)
                text = text[end:]
                at = text.find(b"data: #")
            # A welcome is kept to be found; of a message only what is incomplete.
            self.rest[key.fileobj] = text if at >= 0 or self.seen[key.fileobj] is None else text[-6:]

    def close(self):
        for link in self.seen:
            link.close()
        self.selector.close()


def request(path):
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n".encode()


def publisher(port, path):
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += link.recv(1)
    return link


def publish(link, number):
    text = f"#{number} {time.perf_counter_ns()} ".encode()
    payload = text + b"x" * (SIZE - len(text))
    # A mask of zeros leaves the payload as it is.
    link.sendall(b"\x81\xfe" + struct.pack("!H", len(payload)) + b"\0\0\0\0" + payload)


def drain(link):
    """A publisher is a subscriber too."""
    link.setblocking(False)
    try:
        while link.recv(1 << 18):
            pass
    except BlockingIOError:
        pass
    link.setblocking(True)


def queued(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_halley/health", timeout=5) as answer:
        return json.load(answer)["queuedBytes"]


def fill(port, path, first):
    """Publishes until the kernel takes no more for the one who is stuck; returns the next number."""
    link = publisher(port, path)
    for number in range(first, first + 20_000):
        publish(link, number)
        drain(link)
        if number % 20 == 0 and queued(port) > 0:
            break
    else:
        raise SystemExit("nobody is stuck")
    link.close()
    return number + 1


def turn(port, path, first):
    """Publishes and reads; returns the 99th percentile in microseconds and the most that waited."""
    readers, link = Readers(port, path, READERS), publisher(port, path)
    most = 0
    due = time.monotonic()
    for number in range(first, first + MESSAGES):
        publish(link, number)
        due += PAUSE
        while time.monotonic() < due:
            readers.take(max(0, due - time.monotonic()))
        drain(link)
        if number % 20 == 0:
            most = max(most, queued(port))
    end = time.monotonic() + 20
    while any(last != first + MESSAGES - 1 for last in readers.seen.values()):
        if time.monotonic() > end:
            raise SystemExit("a reader has not got everything in 20 s")
        readers.take(0.1)
    readers.close()
    link.close()
    return statistics.quantiles(readers.delays, n=100)[98] / 1000, most


def main():
    default = Path(__file__).resolve().parent / ".build/release/load-server"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        (sys.argv[1:] or [str(default)]) + ["serve", "--listen", f"127.0.0.1:{port}", "--threads", "1"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while True:
            try:
                queued(port)
                break
            except OSError:
                if time.monotonic() > end or server.poll() is not None:
                    raise SystemExit("the server does not serve")
                time.sleep(0.05)
        print(f"{READERS} readers, {MESSAGES} messages of {SIZE} B, medians of {TURNS} turns each\n")
        print(f"{'policy':<16}{'p99 without':>14}{'p99 with':>14}{'ratio':>8}{'most queued':>14}")
        failed = False
        for policy in POLICIES:
            path, first = f"/load/slow/{policy}", 0
            without, beside, most = [], [], 0
            for _ in range(TURNS):
                without.append(turn(port, path, first)[0])
                first += MESSAGES
                stuck = Stuck(port, path)
                first = fill(port, path, first)
                delay, waiting = turn(port, path, first)
                stuck.close()
                beside.append(delay)
                most = max(most, waiting)
                first += MESSAGES
            before, after = statistics.median(without), statistics.median(beside)
            over = after / before > 1.2 or most > HARD
            failed |= over
            print(f"{policy:<16}{before:>11.0f} µs{after:>11.0f} µs{after / before:>8.2f}{most:>12} B"
                  + ("  OVER" if over else ""), flush=True)
        sys.exit(failed)
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(40)
        except subprocess.TimeoutExpired:
            server.kill()


if __name__ == "__main__":
    main()
