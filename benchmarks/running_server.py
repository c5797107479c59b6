"""A Prefect server of its own for a benchmark, with a new database, and what it has used."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.resident import cpu_of

SECONDS_TO_START = 300


class RunningServer:
    """A server from entering to leaving. url: of its API. log: where each answer is told, if anywhere.

    Raises RuntimeError on entering when it does not answer.
    """

    def __init__(self, home: Path, log: Path | None = None) -> None:
        self._home, self._log = home, log
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}/api"

    def __enter__(self) -> "RunningServer":
        environment = (
            os.environ
            | {
                "PREFECT_HOME": str(self._home),
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                "DO_NOT_TRACK": "1",
            }
            | ({"PREFECT_SERVER_LOGGING_LEVEL": "INFO"} if self._log is not None else {})
        )
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self._port)]
        with (self._log or Path(os.devnull)).open("ab") as words:
            self._process = subprocess.Popen(command, env=environment, stdout=words, stderr=words)
        until = time.monotonic() + SECONDS_TO_START
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise RuntimeError(f"Prefect's server does not answer at {self.url}")
            time.sleep(0.2)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.url}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def cpu(self) -> float:
        """CPU seconds that it has used so far."""
        return cpu_of(self.pid)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
