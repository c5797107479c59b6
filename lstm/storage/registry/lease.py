"""A lease lets one process own a run: a row that says who, and until when. It is renewed while the process lives.

All times are the database's, so that the clocks of two machines need not agree.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, case, select, text, update

from lstm.errors import RunBusyError, StoreUnavailableError, TakenOverError
from lstm.references import RunKey
from lstm.storage.files.processes import host_name, started
from lstm.storage.sql.column_types import UtcDateTime
from lstm.storage.sql.connections import transaction
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.sql.fence import Fence
from lstm.storage.sql.upsert import insert_if_absent
from lstm.storage.store.schema import runs

Clock = Callable[[], datetime]
POLL_SECONDS = 1.0  # seconds
FOR = " for "
CRASHED = "Its process was not heard of any more; started again, it goes on where it stopped."


def this_process(caller: str = "") -> str:
    """`host:pid:start`: who owns a lease. host says which kernel and container too, start tells a reused pid apart.

    caller: for whom the process carries the run out; ` for CALLER` then follows.
    """
    pid = os.getpid()
    return f"{host_name()}:{pid}:{started(pid) or 0}" + (f"{FOR}{caller}" if caller else "")


@dataclass
class Lease(Fence):
    """A lease that is held. until: when it ends. heard: when it was last renewed, by a clock that never stands still.

    lost: another process has taken the run over.
    """

    engine: Engine
    run_id: str
    owner: str
    now: Clock | None
    seconds: float
    until: datetime
    heard: float
    lost: bool = False
    _ended: threading.Event = field(default_factory=threading.Event)

    def check(self) -> None:
        """Raises TakenOverError when another process has taken the run over.

        Where the database is away nobody can have done so before the lease runs out; later StoreUnavailableError.
        """
        try:
            with transaction(self.engine) as connection:
                row = connection.execute(_row(self.run_id)).first()
        except StoreUnavailableError:
            if self.lost or _awake() - self.heard > self.seconds:
                raise
            return
        self._judge(row)

    def inside(self, connection: Connection) -> None:
        """The same in a transaction: the row is locked, so that the run cannot be taken over until it ends."""
        self._judge(connection.execute(_row(self.run_id).with_for_update()).first())

    def _judge(self, row: Row[Any] | None) -> None:
        self.lost = self.lost or row is None or row.owner != self.owner
        if self.lost:
            raise TakenOverError(
                f"Nothing was recorded by this process, which had not been heard of for longer than its lease of "
                f"{self.seconds:g} s: run {self.run_id} was taken over by {_successor(row)}"
            )

    def renew(self) -> None:
        """Holds the run for another while, unless it was taken over."""
        heard = _awake()
        with transaction(self.engine, write=True) as connection:
            until = _later(_now(connection, self.now), self.seconds)
            # While it stood still it may have been called crashed.
            status = case((runs.c.status == "crashed", "running"), else_=runs.c.status)
            as_held = (runs.c.run_id == self.run_id, runs.c.owner == self.owner)
            renewed = connection.execute(update(runs).where(*as_held).values(lease_until=until, status=status)).rowcount
        if renewed:
            self.until, self.heard = until, heard
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
    engine: Engine, key: RunKey, *, owner: str, now: Clock | None = None, seconds: float = 60, patience: float = 0
) -> Iterator[Lease]:
    """Owns a run while the block lasts. owner: see `this_process`. seconds: how long a lease outlives its last renewal.

    now: instead of the database's clock. patience: seconds to wait for a run that another process owns; longer than a
    lease where that one may have died with its machine. Raises RunBusyError, naming owner and end, when another living
    process owns the run. On the same machine a process that has ended loses its lease at once. Other runs of the
    pipeline whose lease ran out while they were under way are `crashed` from then on.
    """
    heard = _awake()
    until = _taken(engine, key, owner, now, seconds, patience)
    _mark_crashed(engine, key, now)
    holding = Lease(engine, key.run_id, owner, now, seconds, until, heard)
    renewing = threading.Thread(target=holding.keep_renewing, name=f"lease of {key.run_id}", daemon=True)
    renewing.start()
    try:
        yield holding
    finally:
        holding._ended.set()
        renewing.join()
        if not holding.lost:
            holding.end()


def _taken(engine: Engine, key: RunKey, owner: str, now: Clock | None, seconds: float, patience: float) -> datetime:
    """Until when the run is ours."""
    with transaction(engine) as connection:
        end = _later(_now(connection, now), patience)
    while True:
        try:
            return _take(engine, key, owner, now, seconds)
        except RunBusyError:
            with transaction(engine) as connection:
                if _now(connection, now) >= end:
                    raise
        time.sleep(POLL_SECONDS)


def _take(engine: Engine, key: RunKey, owner: str, now: Clock | None, seconds: float) -> datetime:
    with transaction(engine, write=True) as connection:
        moment = _now(connection, now)
        until = _later(moment, seconds)
        identity = {"run_id": key.run_id, "pipeline": key.pipeline, "kind": key.kind, "as_of": key.as_of}
        insert_if_absent(connection, runs, identity | {"status": "running", "started_at": moment})
        row = connection.execute(_row(key.run_id)).one()
        if _is_over(row, moment):
            taking = {"owner": owner, "lease_until": until, "status": "running", "started_at": moment}
            taking |= {"exit_code": None, "sentence": None}
            if connection.execute(_while_as(row).values(**taking)).rowcount:
                return until
            row = connection.execute(_row(key.run_id)).one()
    error = RunBusyError(f"run {key.run_id} is owned by {_holder_text(row)}; wait for it, or stop that process")
    error.caller = str(row.owner).partition(FOR)[2]
    raise error


def _mark_crashed(engine: Engine, key: RunKey, now: Clock | None) -> None:
    """In a transaction of its own and in one order, so that no two processes that begin wait for each other's runs."""
    under_way = _row().where(runs.c.pipeline == key.pipeline, runs.c.status == "running", runs.c.run_id != key.run_id)
    with suppress(StoreUnavailableError), transaction(engine, write=True) as connection:
        moment = _now(connection, now)
        for row in connection.execute(under_way.order_by(runs.c.run_id)).all():
            if _is_over(row, moment):
                connection.execute(_while_as(row).values(status="crashed", sentence=CRASHED))


def _row(run_id: str | None = None) -> Select[Any]:
    rows = select(runs.c.run_id, runs.c.owner, runs.c.lease_until, runs.c.status)
    return rows.where(runs.c.run_id == run_id) if run_id is not None else rows


def _while_as(row: Row[Any]) -> Any:
    """An update of the row, if nobody came in between: holder, end and status must still be the ones just seen."""
    return update(runs).where(
        runs.c.run_id == row.run_id,
        runs.c.owner.is_not_distinct_from(row.owner),
        runs.c.lease_until.is_not_distinct_from(row.lease_until),
        runs.c.status == row.status,
    )


def _is_over(row: Row[Any], moment: datetime) -> bool:
    """Whether nobody owns the run: it was given back, its lease ran out, or its process has ended on this machine."""
    return row.owner is None or row.lease_until is None or row.lease_until < moment or _has_ended(row.owner)


def _successor(row: Row[Any] | None) -> str:
    if row is None or row.owner is None:
        return f"another process, which has ended since ({row.status if row is not None else 'removed'})"
    return _holder_text(row)


def _holder_text(row: Row[Any]) -> str:
    end = row.lease_until.strftime("%Y-%m-%d %H:%M:%S UTC") if row.lease_until is not None else "now"
    return f"{row.owner or 'nobody'} until {end}"


def _now(connection: Connection, clock: Clock | None) -> datetime:
    if clock is not None:
        return clock()
    moment: datetime = connection.execute(text(dialect_of(connection).now).columns(moment=UtcDateTime())).scalar_one()
    return moment


def _awake() -> float:
    """Seconds by a clock that also counts while the machine sleeps, where there is one."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def _later(moment: datetime, seconds: float) -> datetime:
    return moment + timedelta(seconds=seconds)


def _has_ended(owner: str) -> bool:
    """True for a process of this machine that is gone; one of another machine may live."""
    host, pid, start = [*owner.partition(FOR)[0].rsplit(":", 2), "", ""][:3]
    return host == host_name() and pid.isdigit() and str(started(int(pid))) != start
