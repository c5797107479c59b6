"""A command that is killed takes its embedded server with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from faults.processes import alive, until

COMMAND = """
import subprocess, sys, time
from flows.cli.server_guard import guard_server
guard_server()
for arguments in (["prefect.server.api.server:create_app"], ["something else"]):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", *arguments])
    print(process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def started() -> Iterator[list[int]]:
    """Pids of a command, of what has a server's command line, and of another child."""
    nothing_named = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    command = subprocess.Popen([sys.executable, "-c", COMMAND], stdout=subprocess.PIPE, text=True, env=nothing_named)
    assert command.stdout is not None
    pids = [command.pid, int(command.stdout.readline()), int(command.stdout.readline())]
    yield pids
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    command.wait()


def test_the_server_of_a_killed_command_ends_and_nothing_else(started):
    """Law: SIGKILL leaves the command no chance to end what it started; another child is none of our business."""
    command, server, other = started
    os.kill(command, signal.SIGKILL)
    until(lambda: not alive(server), "the end of the server", 60)
    assert alive(other)


INTERRUPTED = """
import signal, time
from flows.cli.server_guard import guard_server, start_server
guard_server()
start_server()
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("started", flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_a_terminals_ctrl_c_does_not_reach_the_server(tmp_path):
    """Law: SIGINT goes to every process of a terminal; the server of the command is there to be told of the end."""
    environment = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    command = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED], stdout=subprocess.PIPE, text=True, start_new_session=True,
        env=environment | {"PREFECT_HOME": str(tmp_path)},
    )  # fmt: skip
    try:
        assert command.stdout is not None
        assert command.stdout.readline() == "started\n"
        (server,) = _servers_of(command.pid)
        blocked = int(next(line for line in _status(server) if line.startswith("SigBlk")).split()[1], 16)
        assert blocked & (1 << signal.SIGINT - 1)
        os.killpg(command.pid, signal.SIGINT)
        assert alive(server)
    finally:
        os.killpg(command.pid, signal.SIGKILL)
        command.wait()


def _servers_of(command: int) -> list[int]:
    children = Path(f"/proc/{command}/task/{command}/children").read_text().split()
    return [int(pid) for pid in children if b"prefect.server" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def _status(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/status").read_text().splitlines()
