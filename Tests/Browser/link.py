"""A link between browser and server that can be cut: what a tunnel or a sleeping laptop does to every connection."""

import selectors
import socket
import struct
import threading


class Link:
    """Forwards TCP from a port of its own to the server's, in one thread."""

    def __init__(self, server, port=0):
        self.target = (server.host, server.port)
        self.listener = socket.create_server((server.host, port))
        self.origin = f"http://{server.host}:{self.listener.getsockname()[1]}"
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.peers = {}
        self.open = True
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def cut(self):
        """Resets every connection and refuses new ones."""
        with self.lock:
            self.open = False
            for end in list(self.peers):
                self._close(end)

    def mend(self):
        with self.lock:
            self.open = True

    def stop(self):
        self.cut()
        self.selector.unregister(self.listener)
        self.listener.close()

    def _run(self):
        while self.listener.fileno() >= 0:
            for key, _ in self.selector.select(0.1):
                with self.lock:
                    if key.fileobj is self.listener:
                        self._accept()
                    elif key.fileobj in self.peers:
                        self._forward(key.fileobj)

    def _accept(self):
        if self.listener.fileno() < 0:
            return
        near = self.listener.accept()[0]
        if not self.open:
            _reset(near)
            return
        far = socket.create_connection(self.target)
        for end, other in ((near, far), (far, near)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.peers[end] = other
            self.selector.register(end, selectors.EVENT_READ)

    def _forward(self, end):
        try:
            data = end.recv(1 << 16)
            if data:
                self.peers[end].sendall(data)
                return
        except OSError:
            pass
        self._close(end)

    def _close(self, end):
        other = self.peers.pop(end, None)
        if other is None:
            return
        self.peers.pop(other, None)
        for one in (end, other):
            self.selector.unregister(one)
            _reset(one)


def _reset(end):
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
