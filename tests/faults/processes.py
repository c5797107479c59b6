"""Processes of a scene: started in sessions of their own, so that a SIGKILL hits what it shall and nothing is left."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from pages import ROOT

T = TypeVar("T")

PATIENCE = 400


def until(ask: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """Asks again and again; the first answer that is true. Raises TimeoutError that says what did not come."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.2)
    raise TimeoutError(f"{what}: not within {seconds:g} s")


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def start(arguments: Sequence[str], log: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Python with arguments (`-m …`), in a session of its own; its words go to the log."""
    with log.open("ab") as words:
        return subprocess.Popen(
            [sys.executable, *arguments], stdout=words, stderr=words, env=environment, start_new_session=True, cwd=ROOT
        )


def kill(pid: int) -> None:
    """SIGKILL to one process, and waits until it has ended."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: not alive(pid), f"the end of {pid}")


def kill_session(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to a process and what it started, as a worker does in sessions of their own."""
    lists = Path(f"/proc/{process.pid}/task").glob("*/children")
    children = [int(pid) for file in lists for pid in file.read_text().split()]
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    process.wait()


def alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
