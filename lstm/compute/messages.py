"""Messages between a process and its workers: plain pickles.

Not `Connection.send`, whose pickler torch teaches to move tensors into shared memory, which outlives a killed worker.
"""

import pickle
from contextlib import suppress
from multiprocessing.connection import Connection
from threading import Lock
from typing import Any

_ONE_AT_A_TIME = Lock()  # a thread beside the work may log


def send(connection: Connection, *message: object) -> None:
    """Sends a message, whose first part says what it is. Whether the other side has ended, receiving tells."""
    with _ONE_AT_A_TIME, suppress(BrokenPipeError, ConnectionResetError):
        connection.send_bytes(pickle.dumps(message, protocol=5))


def receive(connection: Connection) -> Any:
    """The next message. Raises EOFError or OSError where the other side has ended."""
    return pickle.loads(connection.recv_bytes())
