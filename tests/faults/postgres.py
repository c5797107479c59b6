"""A PostgreSQL of our own, which can be stopped as a machine that loses its power is, and started again."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from faults.processes import free_port
from sqlalchemy import create_engine, text

OPTIONS = "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off"


def binaries() -> Path | None:
    """Folder of `initdb` and `pg_ctl`, on the path or where Debian keeps them; None where there are none."""
    initdb = shutil.which("initdb")
    places = [Path(initdb).parent] if initdb else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return places[-1] if places else None


@dataclass
class Cluster:
    """A database server on loopback. PostgreSQL refuses to run as root, so root becomes `postgres`."""

    folder: Path
    port: int

    def url(self, database: str) -> str:
        """URL of one of its databases."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def make(self) -> None:
        """Makes its files."""
        self.folder.mkdir(parents=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        self._call("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "--no-sync")

    def start(self) -> None:
        """Starts it and waits until it answers."""
        log = str(self.folder / "log")
        self._call("pg_ctl", "-D", str(self.folder), "-w", "-l", log, "-o", OPTIONS.format(port=self.port), "start")

    def stop(self) -> None:
        """At once, without ending anything in good order; it recovers when it starts."""
        self._call("pg_ctl", "-D", str(self.folder), "-m", "immediate", "stop")

    def database(self, name: str, template: str = "template1") -> str:
        """Makes a database, or a copy of one, whose connections are ended; answers its URL."""
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :template")
        with engine.connect() as connection:
            connection.execute(ended, {"template": template})
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        engine.dispose()
        return self.url(name)

    def _call(self, program: str, *arguments: str) -> None:
        place = binaries()
        assert place is not None
        as_user: Sequence[str] = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
        command = [*(as_user if os.geteuid() == 0 else ()), str(place / program), *arguments]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextmanager
def cluster(folder: Path) -> Iterator[Cluster]:
    """A running server, stopped at the end."""
    cluster = Cluster(folder, free_port())
    cluster.make()
    cluster.start()
    try:
        yield cluster
    finally:
        with suppress(subprocess.CalledProcessError):  # it may be stopped already
            cluster.stop()
