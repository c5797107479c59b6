"""The embedded server of a command: out of the reach of Ctrl-C, and ended with a command that was killed.

Ctrl-C in a terminal reaches every process that it runs. It is meant for the command, which tells its server how it
ended, and a server that went first would have it wait for minutes.

A small process waits for the end of a pipe that the command holds. Then it looks for a server that has the command's
mark in its environment, which it has inherited. Where there is no /proc it finds none.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

MARK = "NIGHTCAST_SERVER_OF"
SERVER = b"prefect.server.api.server"


def guard_server() -> None:
    """Starts the process that ends the embedded server when this one dies; before the first use of Prefect.

    Nothing happens where a server is named, for that is not ours.
    """
    if os.environ.get("PREFECT_API_URL") or not Path("/proc/self/environ").exists():
        return
    os.environ[MARK] = str(os.getpid())
    end, _ = os.pipe()  # nobody inherits the other end, so the pipe ends when this process does
    arguments = [sys.executable, "-I", "-S", __file__, os.environ[MARK]]
    subprocess.Popen(arguments, stdin=end, stdout=subprocess.DEVNULL, start_new_session=True)
    os.close(end)


def start_server() -> None:
    """Starts the embedded server, which inherits that Ctrl-C is held back; where none is named."""
    if os.environ.get("PREFECT_API_URL"):
        return
    from prefect.client.orchestration import get_client

    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with get_client(sync_client=True):
            pass
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def end_servers(mark: str) -> None:
    """Ends (SIGTERM) the Prefect servers that have a mark in their environment."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # another user's, or one that has just ended
            marked = f"{MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0")
            if marked and SERVER in (process / "cmdline").read_bytes():
                os.kill(int(process.name), signal.SIGTERM)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    end_servers(sys.argv[1])
