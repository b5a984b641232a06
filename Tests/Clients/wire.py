"""Raw sockets: requests byte for byte, responses read strictly, WebSocket frames in any shape."""

import os
import random
import socket
import struct
import zlib
from dataclasses import dataclass, field

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


@dataclass
class Response:
    status: int
    version: str
    fields: list
    body: bytes = b""

    def get(self, name):
        """All values of a field, joined as RFC 9110 says; None if it is absent."""
        values = [value for key, value in self.fields if key == name.lower()]
        return ", ".join(values) if values else None


@dataclass
class Frame:
    fin: bool
    rsv: int
    opcode: int
    payload: bytes

    @property
    def code(self):
        """The close code, None without one."""
        return struct.unpack("!H", self.payload[:2])[0] if len(self.payload) >= 2 else None


class Closed(Exception):
    """The peer has closed, or reset, and everything it had sent was read."""


class Wire:
    """One TCP connection; nothing is sent or read that the test did not ask for."""

    def __init__(self, server, timeout=10, source=None):
        self.socket = socket.create_connection(
            (server.host, server.port), timeout=timeout, source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server = server
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    # --- sending ---

    def send(self, data, cut="whole"):
        """Sends `whole`, `bytewise` or `random`ly cut. A peer that has closed meanwhile is for the reader to find."""
        try:
            for piece in pieces(data, cut):
                self.socket.sendall(piece)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def finish(self):
        """FIN: no more from us."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """RST: gone without a word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # --- reading ---

    def more(self):
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError as error:
            raise Closed("reset") from error
        if not data:
            raise Closed("end")
        self.buffer += data

    def take(self, count):
        pieces_, have = [], len(self.buffer)
        if have < count:
            pieces_.append(self.buffer)
            self.buffer = b""
            while have < count:
                self.more()
                have += len(self.buffer)
                pieces_.append(self.buffer)
                self.buffer = b""
            self.buffer = b"".join(pieces_)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def take_until(self, marker):
        while marker not in self.buffer:
            self.more()
        end = self.buffer.index(marker) + len(marker)
        return self.take(end)

    def response(self, to="GET"):
        """One whole response."""
        response = self.response_head()
        if to == "HEAD" or response.status in (204, 304) or response.status < 200:
            return response
        if response.get("transfer-encoding") == "chunked":
            while chunk := self.chunk():
                response.body += chunk
        elif response.get("content-length") is not None:
            response.body = self.take(int(response.get("content-length")))
        else:
            response.body = self.rest()
        return response

    def response_head(self):
        lines = self.take_until(b"\r\n\r\n")[:-4].split(b"\r\n")
        version, status = lines[0].decode("ascii").split(" ")[:2]
        fields = []
        for line in lines[1:]:
            name, _, value = line.partition(b":")
            assert name and not name.endswith(b" "), line
            fields.append((name.decode("ascii").lower(), value.decode("latin-1").strip(" \t")))
        return Response(int(status), version, fields)

    def chunk(self):
        size = int(self.take_until(b"\r\n")[:-2], 16)
        data = self.take(size)
        assert self.take(2) == b"\r\n"
        return data

    def rest(self):
        """Everything until the peer closes."""
        try:
            while True:
                self.more()
        except Closed:
            data, self.buffer = self.buffer, b""
            return data

    def closed(self, within=10):
        """True if the peer closes in time without sending more."""
        self.socket.settimeout(within)
        try:
            self.more()
        except Closed:
            return not self.buffer
        except TimeoutError:
            pass
        return False

    # --- WebSocket ---

    def read_frame(self):
        first, second = self.take(2)
        length = second & 0x7F
        assert not second & 0x80, "the server masked a frame"
        if length == 126:
            (length,) = struct.unpack("!H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack("!Q", self.take(8))
        return Frame(bool(first & 0x80), (first >> 4) & 7, first & 0x0F, self.take(length))

    def read_message(self):
        """The next data message, uncompressed ones only; control frames in between are dropped."""
        opcode, parts = None, []
        while True:
            frame_ = self.read_frame()
            if frame_.opcode >= 8:
                assert frame_.opcode != CLOSE, f"closed with {frame_.code}"
                continue
            opcode = frame_.opcode if opcode is None else opcode
            parts.append(frame_.payload)
            if frame_.fin:
                return opcode, b"".join(parts)

    def read_close(self):
        """Reads on to the close frame and then to the end of the connection; returns the code."""
        while True:
            frame_ = self.read_frame()
            if frame_.opcode == CLOSE:
                break
        return frame_.code


def pieces(data, cut):
    if cut == "whole":
        return [data]
    if cut == "bytewise":
        return [data[index:index + 1] for index in range(len(data))]
    generator = random.Random(len(data))
    borders = sorted({0, len(data), *(generator.randrange(len(data)) for _ in range(3))})
    return [data[start:end] for start, end in zip(borders, borders[1:])]


def request(server, target="/", method="GET", fields=(), body=b"", version="HTTP/1.1", host=True):
    """A request as bytes; `fields` are (name, value) pairs or ready lines."""
    lines = [f"{method} {target} {version}"]
    if host:
        lines.append(f"Host: {server.authority}")
    for entry in fields:
        lines.append(entry if isinstance(entry, str) else f"{entry[0]}: {entry[1]}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


def handshake(server, target="/echo/", method="GET", version="HTTP/1.1", host=True, body=b"", extra=(), **changes):
    """A handshake; a changed field is given as Sec_WebSocket_Key=…, None leaves it out."""
    changed = {name.replace("_", "-"): value for name, value in changes.items()}
    fields = [(name, value) for name, value in {**HANDSHAKE, **changed}.items() if value is not None]
    return request(server, target, method, [*fields, *extra], body, version, host)


def upgraded(server, target="/echo/", after=b"", **changes):
    """An open WebSocket; `after` is sent in the same segment as the handshake."""
    wire = Wire(server)
    wire.send(handshake(server, target, **changes) + after)
    response = wire.response_head()
    assert response.status == 101, response
    return wire


@dataclass
class FrameShape:
    """A frame to send, right or wrong."""

    opcode: int = TEXT
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0
    masked: bool = True
    length: int | None = None       # claimed, if not the payload's
    length_bytes: int | None = None  # 0, 2 or 8, if not the shortest
    mask: bytes = field(default_factory=lambda: os.urandom(4))

    def encode(self):
        length = len(self.payload) if self.length is None else self.length
        size = self.length_bytes
        if size is None:
            size = 0 if length < 126 else 2 if length < 65_536 else 8
        second = 0x80 if self.masked else 0
        head = bytes([(0x80 if self.fin else 0) | self.rsv << 4 | self.opcode])
        if size == 0:
            head += bytes([second | length])
        elif size == 2:
            head += bytes([second | 126]) + struct.pack("!H", length)
        else:
            head += bytes([second | 127]) + struct.pack("!Q", length)
        if not self.masked:
            return head + self.payload
        return head + self.mask + masked(self.payload, self.mask)


def frame(opcode=TEXT, payload=b"", **shape):
    return FrameShape(opcode, payload, **shape).encode()


def masked(payload, mask):
    if not payload:
        return b""
    repeated = mask * (len(payload) // 4 + 1)
    return (int.from_bytes(payload, "big") ^ int.from_bytes(repeated[:len(payload)], "big")).to_bytes(
        len(payload), "big")


def close_payload(code, reason=b""):
    return struct.pack("!H", code) + reason


def deflated(data):
    """A message's payload as RFC 7692 §7.2.1 compresses it."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
