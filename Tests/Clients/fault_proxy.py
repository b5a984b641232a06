"""A TCP proxy that does to connections what networks do: delay, stall, split, cut, half-close, fall silent."""

import asyncio
import random


class FaultProxy:
    """Listens on a free port of 127.0.0.1 and passes every connection on to the server, most of them badly."""

    # How a connection fares, and how many of a hundred do.
    FATES = {"clean": 25, "split": 15, "delay": 15, "stall": 15, "cut": 18, "half-close": 7, "silent": 5}

    def __init__(self, port, seed):
        self.upstream_port = port
        self.random = random.Random(seed)
        self.fates = {name: 0 for name in self.FATES}
        self.is_calm = False
        self.links = set()

    async def start(self):
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: Link(self), "127.0.0.1", 0, backlog=1024)
        self.port = self.server.sockets[0].getsockname()[1]

    def fate(self):
        if self.is_calm:
            return "clean"
        fate = self.random.choices(list(self.FATES), list(self.FATES.values()))[0]
        self.fates[fate] += 1
        return fate

    def calm(self):
        """From now on connections are passed on as they are; those that carry nothing are ended."""
        self.is_calm = True
        for link in list(self.links):
            if link.is_silent:
                link.abort()

    async def stop(self):
        self.server.close()
        for link in list(self.links):
            link.abort()


class Link(asyncio.Protocol):
    """The client's side of one connection, and its fate."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.upstream = None
        self.waiting = []
        self.is_silent = False
        self.is_over = False

    def connection_made(self, transport):
        self.client = transport
        self.proxy.links.add(self)
        self.fate = self.proxy.fate()
        # Something happens after so many bytes towards the client.
        self.left = int(self.proxy.random.expovariate(1 / 6_000))
        self.release_at = 0
        loop = asyncio.get_running_loop()
        self.task = loop.create_task(self.connect(loop))

    async def connect(self, loop):
        try:
            await loop.create_connection(lambda: Upstream(self), "127.0.0.1", self.proxy.upstream_port)
        except OSError:
            self.abort()

    def data_received(self, data):
        if self.is_silent:
            return
        if self.upstream is None:
            self.waiting.append(data)
        else:
            self.upstream.write(data)

    def connection_lost(self, _):
        self.proxy.links.discard(self)
        self.is_over = True
        if self.upstream is not None:
            self.upstream.close()

    def opened(self, transport):
        if self.is_over:
            return transport.close()
        self.upstream = transport
        for data in self.waiting:
            transport.write(data)
        self.waiting = []

    # Towards the client.

    def from_server(self, data):
        if self.is_over or self.is_silent:
            return
        fate = "clean" if self.proxy.is_calm and self.release_at == 0 else self.fate
        if fate == "clean":
            return self.client.write(data)
        if fate == "split":
            return self.split(data)
        if fate == "delay":
            return self.later(data, self.proxy.random.uniform(0, 0.25))
        if self.left >= len(data):
            self.left -= len(data)
            return self.client.write(data)
        part, rest, self.left = data[: self.left], data[self.left :], 0
        if part:
            self.client.write(part)
        if fate == "stall":
            self.fate = "split"
            self.upstream.pause_reading()
            pause = self.proxy.random.uniform(0.5, 6)
            asyncio.get_running_loop().call_later(pause, self.resume, rest)
        elif fate == "cut":
            self.abort()
        elif fate == "half-close":
            self.is_silent = True
            self.client.write_eof()
        else:
            self.is_silent = True

    def split(self, data):
        """In up to three segments of their own; no delay, so that many connections stay cheap."""
        for _ in range(2):
            cut = self.proxy.random.randrange(len(data) + 1)
            self.later(data[:cut], 0.002)
            data = data[cut:]
        self.later(data, 0.002)

    def later(self, data, pause):
        """Keeps the order: nothing leaves before what came earlier."""
        if not data:
            return
        loop = asyncio.get_running_loop()
        self.release_at = max(self.release_at, loop.time() + pause) + 0.000_01
        loop.call_at(self.release_at, self.release, data)

    def release(self, data):
        if not self.is_over and not self.is_silent:
            self.client.write(data)

    def resume(self, rest):
        if self.is_over:
            return
        self.later(rest, 0)
        if self.upstream is not None and not self.upstream.is_closing():
            self.upstream.resume_reading()

    def server_lost(self):
        """The end comes behind everything that is still on its way."""
        if self.is_over:
            return
        loop = asyncio.get_running_loop()
        loop.call_at(max(self.release_at, loop.time()) + 0.001, self.client.close)

    def abort(self):
        self.is_over = True
        self.client.abort()
        if self.upstream is not None:
            self.upstream.abort()


class Upstream(asyncio.Protocol):
    """The server's side of a link."""

    def __init__(self, link):
        self.link = link

    def connection_made(self, transport):
        self.link.opened(transport)

    def data_received(self, data):
        self.link.from_server(data)

    def connection_lost(self, _):
        self.link.server_lost()
