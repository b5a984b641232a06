"""The Python `websockets` client against the echo: sizes, fragments, compression, many at once."""

import asyncio
import os
import random

import pytest
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

SIZES = [0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20, 16 << 20]


def echo(server, compression, **options):
    return connect(
        f"ws://{server.authority}/echo/", compression=compression, max_size=None, close_timeout=5, ping_interval=None,
        **options)


@pytest.mark.parametrize("compression", [None, "deflate"], ids=["plain", "deflate"])
@pytest.mark.parametrize("size", SIZES)
def test_binary(server, size, compression):
    data = os.urandom(min(size, 1 << 16)) * max(1, size >> 16) if size > 1 << 16 else os.urandom(size)
    with echo(server, compression) as socket:
        negotiated = socket.response.headers.get("Sec-WebSocket-Extensions", "")
        assert ("permessage-deflate" in negotiated) == (compression == "deflate")
        socket.send(data)
        assert socket.recv(timeout=60) == data
    assert socket.close_code == 1000


@pytest.mark.parametrize("compression", [None, "deflate"], ids=["plain", "deflate"])
def test_text(server, compression):
    texts = ["", "a", "Grüße, 彗星 ☄️ \U0001f320", "\x00\u2028", "x" * 70_000, "é" * 200_000]
    with echo(server, compression) as socket:
        for text in texts:
            socket.send(text)
        assert [socket.recv(timeout=20) for _ in texts] == texts


@pytest.mark.parametrize("compression", [None, "deflate"], ids=["plain", "deflate"])
def test_fragments(server, compression):
    generator = random.Random(7)
    with echo(server, compression) as socket:
        for count in (2, 3, 10, 1000):
            parts = [generator.randbytes(generator.choice([0, 1, 125, 126, 4096])) for _ in range(count)]
            socket.send(parts)
            assert socket.recv(timeout=20) == b"".join(parts)
            socket.ping()
        text = ["Gr", "ü", "", "ße"]
        socket.send(text)
        assert socket.recv(timeout=20) == "Grüße"


def test_pong(server):
    with echo(server, None) as socket:
        assert socket.ping(b"payload").wait(10)


def test_message_over_16_mib(server):
    with echo(server, None) as socket:
        try:
            socket.send(bytes((16 << 20) + 1))
            socket.recv(timeout=20)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None and closed.rcvd.code == 1009
        else:
            pytest.fail("a message over the limit came back")


def test_other_origin_is_refused(server):
    with pytest.raises(InvalidStatus) as refused:
        echo(server, None, origin="https://evil.example")
    assert refused.value.response.status_code == 403


def test_same_origin_is_served(server):
    with echo(server, None, origin=server.origin) as socket:
        socket.send("hello")
        assert socket.recv(timeout=10) == "hello"


def test_subprotocol(server, channel):
    with connect(f"ws://{server.authority}/hub/{channel}", subprotocols=["other", "halley.v1"]) as socket:
        assert socket.subprotocol == "halley.v1"


@pytest.mark.parametrize("compression", [None, "deflate"], ids=["plain", "deflate"])
def test_500_at_once(server, compression):
    """Every connection gets back what it sent, in order, and nothing of the others."""

    async def one(number, opened):
        generator = random.Random(number)
        async with connect_async(
            f"ws://{server.authority}/echo/", compression=compression, open_timeout=60, close_timeout=20,
            ping_interval=None,
        ) as socket:
            opened.release()
            await everybody.wait()
            sent = [f"{number}-{index}-".encode() + generator.randbytes(generator.choice([1, 100, 5000]))
                    for index in range(8)]
            for data in sent:
                await socket.send(data)
            return [await socket.recv() for _ in sent] == sent

    async def run():
        nonlocal everybody
        everybody = asyncio.Event()
        opened = asyncio.Semaphore(0)
        tasks = [asyncio.create_task(one(number, opened)) for number in range(500)]
        for _ in tasks:
            await asyncio.wait_for(opened.acquire(), 60)
        everybody.set()
        return await asyncio.gather(*tasks)

    everybody = None
    assert all(asyncio.run(run()))
