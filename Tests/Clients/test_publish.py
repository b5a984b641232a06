"""What POST and frames share: idempotency keys belong to a publisher, and every answer names its origin."""

import json

import pytest

from server import Server
from wire import TEXT, Wire, frame, handshake, request, upgraded


def post(server, target, key=None, source=None, body=b"x"):
    fields = [f"Content-Length: {len(body)}"] + ([f"Idempotency-Key: {key}"] if key else [])
    with Wire(server, source=source) as wire:
        wire.send(request(server, target, "POST", fields, body))
        return wire.response()


def test_keys_belong_to_an_address(server, channel):
    """The same key from another address is another message; from the same one it is the same, over any transport."""
    target = f"/hub/{channel}"
    first = post(server, target, "k")
    again = post(server, target, "k")
    other = post(server, target, "k", source="127.0.0.2")
    assert (first.status, again.status, other.status) == (201, 200, 201)
    identity = json.loads(first.body)["id"]
    assert json.loads(again.body) == {"id": identity, "duplicate": True}
    assert json.loads(other.body)["id"] != identity
    hello = frame(TEXT, b'{"type":"hello"}')
    publish = frame(TEXT, b'{"type":"publish","ref":"7","data":1,"idempotencyKey":"k"}')
    with upgraded(server, target, hello + publish, extra=["Sec-WebSocket-Protocol: halley.v1"]) as wire:
        assert json.loads(wire.read_message()[1])["type"] == "welcome"
        assert json.loads(wire.read_message()[1]) == {"type": "ack", "ref": "7", "id": identity, "duplicate": True}


def test_larger_messages_are_larger_bodies():
    """`publish.maxBytes` above `http.body` counts for those who publish, and for nobody else."""
    with Server(flags=["--publish-max-bytes", "128KiB", "--threads", "1"]) as server:
        for size, status in ((64 << 10) + 1, 201), (128 << 10, 201), ((128 << 10) + 1, 413):
            assert post(server, "/hub/large", body=b"x" * size).status == status
        assert post(server, "/gallery/calls/setTitle", body=b"x" * ((64 << 10) + 1)).status == 413


@pytest.mark.parametrize("target, status", [("/tracker/positions?cursor=kQ3fZx9a-1", 400)])
def test_a_refused_handshake_names_its_origin(server, target, status):
    with Wire(server) as wire:
        wire.send(handshake(server, target, extra=["Origin: https://example.com"]))
        answer = wire.response()
    assert answer.status == status
    assert (answer.get("vary"), answer.get("access-control-allow-origin")) == ("Origin", "https://example.com")
