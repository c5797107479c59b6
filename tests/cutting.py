"""A proxy on loopback that cuts its connections on demand, as a database or a firewall does with idle ones."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

BLOCK = 1 << 16


class Proxy:
    """Passes bytes between its port and another; `cut` ends all that is open."""

    def __init__(self, host: str, port: int) -> None:
        self.place = (host, port)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.server.getsockname()[1])
        self.opened = 0
        self._pairs: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Ends every open connection."""
        pairs, self._pairs = self._pairs, []
        for connection in pairs:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self.server.accept()[0]
                far = socket.create_connection(self.place)
                self.opened += 1
                self._pairs += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


@contextmanager
def proxy(host: str, port: int) -> Iterator[Proxy]:
    """A proxy before a server, closed at the end."""
    between = Proxy(host, port)
    try:
        yield between
    finally:
        between.cut()
        between.server.close()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(BLOCK):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
