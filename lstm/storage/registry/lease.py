"""A lease lets one process own a run: a row that says who, and until when. It is renewed while the process lives."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select, update

from lstm.errors import RunBusyError, StoreUnavailableError
from lstm.references import RunKey
from lstm.storage.files.processes import host_name, started
from lstm.storage.sql.connections import transaction
from lstm.storage.sql.upsert import insert_if_absent
from lstm.storage.store.schema import runs

Clock = Callable[[], datetime]
POLL_SECONDS = 1.0  # seconds


def this_process() -> str:
    """`host:pid:start`: who owns a lease. host says which kernel and container too, start tells a reused pid apart."""
    pid = os.getpid()
    return f"{host_name()}:{pid}:{started(pid) or 0}"


@dataclass
class Lease:
    """A lease that is held. lost: another process has taken the run over."""

    engine: Engine
    run_id: str
    owner: str
    now: Clock
    seconds: float
    until: datetime
    lost: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises RunBusyError when another process has taken the run over."""
        with transaction(self.engine) as connection:
            owner, until = _holder(connection, self.run_id)
        if self.lost or owner != self.owner:
            self.lost = True
            raise RunBusyError(f"run {self.run_id} was taken over by {_holder_text(owner, until)}; this process stops")

    def renew(self) -> None:
        """Holds the run for another while, unless it was taken over."""
        until = _later(self.now(), self.seconds)
        with transaction(self.engine, write=True) as connection:
            as_held = (runs.c.run_id == self.run_id, runs.c.owner == self.owner, runs.c.lease_until == self.until)
            renewed = connection.execute(update(runs).where(*as_held).values(lease_until=until)).rowcount
        if renewed:
            self.until = until
        else:
            self.lost = True

    def keep_renewing(self) -> None:
        """Renews until the lease ends or is lost; a database that is away for a moment is asked again."""
        while not self._ended.wait(self.seconds / 3) and not self.lost:
            with suppress(StoreUnavailableError):
                self.renew()

    def end(self) -> None:
        """Gives the run back. Where the database is away the lease runs out by itself."""
        self._ended.set()
        with suppress(StoreUnavailableError), transaction(self.engine, write=True) as connection:
            as_held = (runs.c.run_id == self.run_id, runs.c.owner == self.owner)
            connection.execute(update(runs).where(*as_held).values(owner=None, lease_until=None))


@contextmanager
def lease(
    engine: Engine, key: RunKey, *, owner: str, now: Clock, seconds: float = 60, patience: float = 0
) -> Iterator[Lease]:
    """Owns a run while the block lasts. owner: see `this_process`. seconds: how long a lease outlives its last renewal.

    patience: seconds to wait for a run that another process owns; longer than a lease where that one may have died with
    its machine. Raises RunBusyError, naming owner and end, when another living process owns the run. On the same
    machine a process that has ended loses its lease at once.
    """
    until = _taken(engine, key, owner, now, seconds, patience)
    holding = Lease(engine, key.run_id, owner, now, seconds, until)
    renewing = threading.Thread(target=holding.keep_renewing, name=f"lease of {key.run_id}", daemon=True)
    renewing.start()
    try:
        yield holding
    finally:
        holding._ended.set()
        renewing.join()
        if not holding.lost:
            holding.end()


def _taken(engine: Engine, key: RunKey, owner: str, now: Clock, seconds: float, patience: float) -> datetime:
    """Until when the run is ours."""
    end = _later(now(), patience)
    while True:
        until = _later(now(), seconds)
        try:
            _take(engine, key, owner, now(), until)
            return until
        except RunBusyError:
            if now() >= end:
                raise
        time.sleep(POLL_SECONDS)


def _take(engine: Engine, key: RunKey, owner: str, now: datetime, until: datetime) -> None:
    with transaction(engine, write=True) as connection:
        identity = {"run_id": key.run_id, "pipeline": key.pipeline, "kind": key.kind, "as_of": key.as_of}
        insert_if_absent(connection, runs, identity | {"status": "running", "started_at": now})
        holder, end = _holder(connection, key.run_id)
        if holder is None or end is None or end < now or _has_ended(holder):
            # Only if nobody came in between: the holder and its end must still be the ones just seen.
            unchanged = (
                runs.c.run_id == key.run_id,
                runs.c.owner.is_not_distinct_from(holder),
                runs.c.lease_until.is_not_distinct_from(end),
            )
            taking = {"owner": owner, "lease_until": until, "status": "running", "started_at": now}
            taking |= {"exit_code": None, "sentence": None}
            if connection.execute(update(runs).where(*unchanged).values(**taking)).rowcount:
                return
            holder, end = _holder(connection, key.run_id)
    raise RunBusyError(f"run {key.run_id} is owned by {_holder_text(holder, end)}; wait for it, or stop that process")


def _holder(connection: Connection, run_id: str) -> tuple[str | None, datetime | None]:
    row = connection.execute(select(runs.c.owner, runs.c.lease_until).where(runs.c.run_id == run_id)).first()
    return (row.owner, row.lease_until) if row is not None else (None, None)


def _holder_text(owner: str | None, until: datetime | None) -> str:
    end = until.strftime("%Y-%m-%d %H:%M:%S UTC") if until is not None else "now"
    return f"{owner or 'nobody'} until {end}"


def _later(moment: datetime, seconds: float) -> datetime:
    return moment + timedelta(seconds=seconds)


def _has_ended(owner: str) -> bool:
    """True for a process of this machine that is gone; one of another machine may live."""
    host, pid, start = [*owner.rsplit(":", 2), "", ""][:3]
    return host == host_name() and pid.isdigit() and str(started(int(pid))) != start
