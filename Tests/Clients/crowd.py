"""Many idle clients in a process of their own: the descriptors of one process would not do.

    crowd.py KIND HOST PORT TARGET COUNT

KIND is `websocket` or `sse`. Prints `ready` when all are connected, waits for a line, reads one message on each and
prints how many arrived, waits for another line and leaves.
"""

import resource
import socket
import sys

PER_ADDRESS = 4500  # source addresses 127.0.1.x, so that ports do not run out


def main():
    kind, host, port, target, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if kind == "websocket":
        fields = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
        ready = b"\r\n\r\n"
    else:
        fields = "Accept: text/event-stream\r\n"
        ready = b"\n\n"  # the end of the welcome block
    head = f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\n{fields}\r\n".encode()
    sockets = []
    for number in range(count):
        client = socket.socket()
        client.settimeout(30)
        client.bind((f"127.0.1.{1 + number // PER_ADDRESS}", 0))
        client.connect((host, port))
        client.sendall(head)
        sockets.append(client)
        if len(sockets) % 100 == 0 or len(sockets) == count:
            for waiting in sockets[-100:]:
                await_marker(waiting, ready)
    print("ready", flush=True)
    sys.stdin.readline()
    print(sum(arrived(client, b"to everybody") for client in sockets), flush=True)
    sys.stdin.readline()


def await_marker(client, marker):
    """Reads up to the marker; what has been read already is kept nowhere, so a second call does not wait."""
    if client in done:
        return
    data = b""
    while marker not in data:
        received = client.recv(4096)
        if not received:
            raise SystemExit(f"closed early after {data[:200]!r}")
        data += received
    assert data.startswith((b"HTTP/1.1 101", b"HTTP/1.1 200")), data[:200]
    done.add(client)


def arrived(client, text):
    data = b""
    while text not in data:
        try:
            received = client.recv(4096)
        except TimeoutError:
            return False
        if not received:
            return False
        data += received
    return True


done = set()
main()
