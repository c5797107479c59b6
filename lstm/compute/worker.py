"""A worker: a process that does one item after the other for the process that began it, and ends with it."""

import logging
import os
import pickle
import shutil
import signal
from functools import partial
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from traceback import format_exc
from typing import Any, cast

from lstm.compute.messages import receive, send
from lstm.compute.shared_file import read_shared


def main(descriptor: int, level: int) -> None:
    """Serves a connection until it is closed. level: of the log records that are sent home."""
    # Ctrl-C reaches every process of a terminal; the one that began this worker decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(descriptor)
    inbox: SimpleQueue[Any] = SimpleQueue()
    Thread(target=_receive, args=(connection, inbox), daemon=True).start()
    logging.getLogger().addHandler(_RecordsHome(cast(Any, connection)))
    logging.getLogger("lstm").setLevel(level)
    path, shared = None, None
    while True:
        work, newest, item = inbox.get()
        try:
            if newest != path:
                path, shared = newest, None  # of the old one nothing stays in memory beside the new one
                shared = read_shared(Path(newest))
            result = work(shared, item, partial(_call_home, connection, inbox))
            send(connection, "result", result)
        except Exception as error:  # noqa: BLE001 - it is raised where the work was asked for
            error.add_note(f"In a worker:\n{format_exc()}")
            send(connection, "error", _that_travels(error))


def _receive(connection: Connection, inbox: "SimpleQueue[Any]") -> None:
    """Passes on what comes. When whoever began this worker has ended, so does it, in the middle of its work.

    What they shared goes with them: one that was killed could not remove it.
    """
    path = None
    while True:
        try:
            message = receive(connection)
        except (EOFError, OSError):
            if path is not None:
                shutil.rmtree(path.parent, ignore_errors=True)
            os._exit(1)
        if len(message) == 3:  # an item of work; the answer to a call is alone
            path = Path(message[1])
        inbox.put(message)


def _that_travels(error: Exception) -> Exception:
    """The error, or its text where it cannot be pickled or made again from its pickle."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - classes of libraries may fail in any way
        # Where the work was asked for, a RuntimeError of torch may be made up for, and a bug may not.
        kind = RuntimeError if isinstance(error, RuntimeError) else Exception
        return kind(f"{type(error).__name__}: {error}")
    return error


def _call_home(connection: Connection, inbox: "SimpleQueue[Any]", method: str, *arguments: Any) -> Any:
    send(connection, "call", method, arguments)
    return inbox.get()[0]


class _RecordsHome(QueueHandler):
    """Sends log records home, with their text finished, because arguments may be anything."""

    queue: Any  # the connection

    def enqueue(self, record: logging.LogRecord) -> None:
        """Sends a record."""
        send(self.queue, "record", record)
