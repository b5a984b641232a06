"""A server that does what a test tells it, byte for byte: the browser client is judged by the contract, not only by ours.

    async def script(request, peer):
        socket = await peer.accept()
        await socket.frame(type="welcome", resume="new", cursor="AAAAAAAA-0", heartbeat=15000)
"""

import asyncio
import base64
import hashlib
import json
import socket
import struct
import threading
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Request:
    method: str
    path: str
    query: dict
    fields: dict
    body: bytes = b""
    # What the client says first on a WebSocket.
    hello: dict = None

    @property
    def transport(self):
        return "websocket" if "upgrade" in self.fields else self.query.get("transport", "publish")

    @property
    def cursor(self):
        """Where the client says it stands, on any transport."""
        return (self.hello or {}).get("cursor") if self.transport == "websocket" else self.query.get("cursor")


class Cut(Exception):
    """The connection is gone."""


class Peer:
    """One connection, as a script sees it."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.answered = False

    async def write(self, data):
        self.writer.write(data.encode() if isinstance(data, str) else data)
        await self.writer.drain()

    async def reply(self, status=200, body="", content_type="application/json", **fields):
        self.answered = True
        body = body if isinstance(body, str) else json.dumps(body)
        head = [f"HTTP/1.1 {status} Scripted", f"Content-Type: {content_type}", "Cache-Control: no-store",
                f"Content-Length: {len(body.encode())}", "Connection: close",
                *(f"{name.replace('_', '-')}: {value}" for name, value in fields.items())]
        await self.write("\r\n".join(head) + "\r\n\r\n" + body)

    async def poll(self, cursor, *messages, resume="current", callback=None, **more):
        answer = {"resume": resume, "cursor": cursor, "messages": list(messages), "more": False, "retry": 0, **more}
        if callback:
            await self.reply(200, f"/**/{callback}({json.dumps(answer)});", "application/javascript")
        else:
            await self.reply(200, answer)

    async def stream(self, content_type):
        """Begins an answer that ends with the connection."""
        self.answered = True
        await self.write(f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nConnection: close\r\n\r\n")
        return Stream(self, content_type.startswith("text/event-stream"))

    async def accept(self):
        """Accepts a WebSocket handshake and reads the greeting."""
        self.answered = True
        digest = hashlib.sha1((self.request.fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode())
        protocol = self.request.fields.get("sec-websocket-protocol")
        await self.write(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {base64.b64encode(digest.digest()).decode()}\r\n"
            + (f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else "") + "\r\n")
        opened = Socket(self)
        if protocol == "halley.v1":
            self.request.hello = await opened.receive()
        return opened

    def cut(self):
        """Resets the connection."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def gone(self):
        """Waits until the client leaves."""
        while await self.reader.read(4096):
            pass


class Stream:
    def __init__(self, peer, is_events):
        self.peer, self.is_events = peer, is_events

    async def frame(self, **frame):
        text = json.dumps(frame)
        await self.peer.write(f"data: {text}\n\n" if self.is_events else f"{text}\n")

    async def gone(self):
        await self.peer.gone()


class Socket:
    def __init__(self, peer):
        self.peer = peer
        self.is_closed = False

    async def frame(self, **frame):
        await self.send(json.dumps(frame))

    async def send(self, data):
        payload = data.encode() if isinstance(data, str) else data
        size = bytes([len(payload)]) if len(payload) < 126 else b"\x7e" + struct.pack("!H", len(payload))
        await self.peer.write(bytes([0x81 if isinstance(data, str) else 0x82]) + size + payload)

    async def close(self, code, reason=""):
        payload = struct.pack("!H", code) + (reason if isinstance(reason, str) else json.dumps(reason)).encode()
        self.is_closed = True
        await self.peer.write(bytes([0x88, len(payload)]) + payload)
        await self.gone()

    async def receive(self):
        """The next frame: JSON of a text, bytes of anything else; the close code as a number; Cut at the end."""
        try:
            first, second = await self.peer.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                size = struct.unpack("!H", await self.peer.reader.readexactly(2))[0]
            mask = await self.peer.reader.readexactly(4)
            masked = await self.peer.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Cut from error
        payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(masked))
        opcode = first & 0x0F
        if opcode == 8:
            return struct.unpack("!H", payload[:2])[0] if payload else 1005
        return json.loads(payload) if opcode == 1 and payload[:1] == b"{" else payload

    async def gone(self):
        """Waits until the client leaves, and closes in order if it does."""
        try:
            while not isinstance(code := await self.receive(), int):
                pass
            if code != 1005 and not self.is_closed:
                await self.peer.write(b"\x88\x02" + struct.pack("!H", code))
        except Cut:
            pass


class Scripted:
    """Runs in a thread of its own. `script` is the coroutine function that answers; `requests` is what has come."""

    def __init__(self):
        self.script = None
        self.requests = []
        self.errors = []
        self.loop = asyncio.new_event_loop()
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait(10)

    @property
    def origin(self):
        return f"http://127.0.0.1:{self.port}"

    def seen(self, transport=None):
        return [request for request in list(self.requests) if transport in (None, request.transport)]

    def event(self):
        """A condition that the test sets and a script awaits."""
        event = asyncio.Event()
        return event.wait, lambda: self.loop.call_soon_threadsafe(event.set)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        assert not self.errors, self.errors

    def _run(self, started):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()

    async def _serve(self, reader, writer):
        peer = Peer(reader, writer)
        try:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, target, _ = lines[0].split(" ")
            parts = urlsplit(target)
            fields = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:] if line)}
            request = Request(method, parts.path, dict(parse_qsl(parts.query)), fields)
            request.body = await reader.readexactly(int(fields.get("content-length", 0)))
            peer.request = request
            if not parts.path.startswith("/feed"):
                return await peer.reply(200, "<!doctype html><title>Scripted</title>", "text/html")
            self.requests.append(request)
            await self.script(request, peer)
        except (Cut, ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except Exception as error:  # told when the test ends
            self.errors.append(repr(error))
        finally:
            if not writer.is_closing():
                writer.close()
