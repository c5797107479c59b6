"""A loopback receiver of webhooks: what arrives is kept, and waited for with a deadline."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECONDS = 60.0


class Receiver:
    """Bodies of requests, in the order in which they came."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[dict[str, Any]] = []
        self._came = threading.Condition()

    def take(self, body: bytes) -> None:
        with self._came:
            self.bodies.append(json.loads(body))
            self._came.notify_all()

    def first(self, expected: Callable[[dict[str, Any]], bool], seconds: float = SECONDS) -> dict[str, Any]:
        """The first body of that kind, as soon as it is there."""
        until = time.monotonic() + seconds
        with self._came:
            while True:
                match = next((body for body in self.bodies if expected(body)), None)
                if match is not None:
                    return match
                left = until - time.monotonic()
                assert left > 0, f"nothing of that kind came within {seconds:g} s, only {self.bodies}"
                self._came.wait(left)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port, while the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/alerts?token=hidden")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
