"""A million forecast rows into a user's table: by the product against the driver alone, into the same primary key.

Run as `python -m benchmarks.sink_write`; a part of `make bench-data`.
"""

import argparse
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv as pacsv
import pymysql
import sqlalchemy as sa

from benchmarks.child import Measured, in_this_process, measure
from benchmarks.table import Line, against, as_markdown, machine, paste
from lstm.config import Sink
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.sinks.delivery import deliver
from lstm.storage.sql.connections import STORE, connect
from lstm.storage.store.database import open_store, upgrade_store, write_transaction

SERVERS = {"PostgreSQL": "NIGHTCAST_TEST_POSTGRESQL", "MariaDB": "NIGHTCAST_TEST_MARIADB"}
MARKER = "bench-sinks"
PACKAGES = ("pyarrow", "sqlalchemy", "psycopg", "pymysql")
SMALL = 100
KEYS = ("id",)
STEPS = 50
NOW = datetime(2024, 5, 1, 6, tzinfo=UTC)
CUTOFF = date(2024, 4, 30)
SEED = 3
CREATE = (
    "CREATE TABLE {name} (id VARCHAR(20) NOT NULL, target VARCHAR(20) NOT NULL, cutoff DATE, time DATE NOT NULL, "
    "step INTEGER, forecast DOUBLE PRECISION, q10 DOUBLE PRECISION, q50 DOUBLE PRECISION, q90 DOUBLE PRECISION, "
    "method VARCHAR(40), reason VARCHAR(200), model_version INTEGER, PRIMARY KEY (id, target, time)){rest}"
)
BYTES_COUNT = " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"
Work = Callable[[], Any]


def make_rows(series: int, level: float = 100.0) -> pa.Table:
    """Forecast rows of 50 days for each series, in the order of forecasting, with three quantiles and all digits."""
    random = np.random.default_rng(SEED)
    count = series * STEPS
    ids = pa.array([f"S{number:06d}" for number in range(series)])
    steps = np.tile(np.arange(1, STEPS + 1, dtype=np.int32), series)
    median = level + 10 * random.standard_normal(count)
    cutoff = (CUTOFF - date(1970, 1, 1)).days
    return pa.table(
        {
            "id": ids.take(pa.array(np.repeat(np.arange(series), STEPS))),
            "target": pa.array(["y"] * count),
            "cutoff": pa.array(np.full(count, cutoff, np.int32)).cast(pa.date32()),
            "time": pa.array(steps + np.int32(cutoff)).cast(pa.date32()),
            "step": pa.array(steps),
            "forecast": pa.array(median),
            "q10": pa.array(median - random.random(count)),
            "q50": pa.array(median),
            "q90": pa.array(median + random.random(count)),
            "method": pa.array(["champion"] * count),
            "reason": pa.nulls(count, pa.string()),
            "model_version": pa.array(np.full(count, 7, np.int32)),
        }
    )


def ours(url: str, series: int, *, replaced: bool) -> Work:
    """The product's delivery: into an empty table, or with other numbers into the one that the step before filled."""
    if not replaced:
        make_table(url)
    sink = Sink(name="bench", url="env:ANY", table="night")
    rows = make_rows(series, 300.0 if replaced else 200.0)

    def work() -> Any:
        deliver(sink, lambda: rows, keys=KEYS, folder=Path(), url=url, now=NOW)
        return lambda: _counted(url, len(rows))

    return work


def floor(url: str, series: int) -> Work:
    """The driver alone: rows that lie ready as it wants them, one COPY or `executemany`, one transaction."""
    make_table(url)
    rows = make_rows(series)
    kind = sa.make_url(url).get_backend_name()
    mark = "?" if kind == "sqlite" else "%s"
    write = _copying(url, rows) if kind == "postgresql" else _executing(url, rows, mark)

    def work() -> Any:
        write()
        return lambda: _counted(url, len(rows))

    return work


def ledger(url: str, series: int) -> Work:
    """The ledger's part of a publication; its key has three columns more, and an index lies beside it."""
    upgrade_store(url)
    engine = open_store(url)
    rows = make_rows(series)
    book = Ledger(engine)
    book.prepare(rows.schema)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM forecasts"))

    def work() -> Any:
        with write_transaction(engine, "bench") as connection:
            book.replace_run(connection, "bench-run", "bench", rows, NOW)
        return {"rows": len(rows), "arrow_bytes": rows.nbytes}

    return work


def make_table(url: str) -> None:
    """The user's table, empty."""
    engine = connect(url, STORE)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS night"))
        rest = BYTES_COUNT if engine.dialect.name == "mysql" else ""
        connection.execute(sa.text(CREATE.format(name="night", rest=rest)))
    engine.dispose()


def _copying(url: str, rows: pa.Table) -> Callable[[], None]:
    sink = pa.BufferOutputStream()
    pacsv.write_csv(rows, sink, pacsv.WriteOptions(include_header=False))
    content = sink.getvalue().to_pybytes()

    def write() -> None:
        statement = "COPY night FROM STDIN (FORMAT csv)"
        with psycopg.connect(_plain(url)) as connection, connection.cursor().copy(statement) as copy:
            copy.write(content)

    return write


def _executing(url: str, rows: pa.Table, mark: str) -> Callable[[], None]:
    for name in ("cutoff", "time"):
        rows = rows.set_column(rows.column_names.index(name), name, rows[name].cast(pa.string()))
    ready = list(zip(*(column.to_pylist() for column in rows.columns), strict=True))
    statement = f"INSERT INTO night VALUES ({', '.join([mark] * rows.num_columns)})"

    def write() -> None:
        with closing(_driver(url)) as connection:
            connection.cursor().executemany(statement, ready)
            connection.commit()

    return write


def _driver(url: str) -> Any:
    place = sa.make_url(url)
    if place.get_backend_name() == "sqlite":
        return sqlite3.connect(str(place.database))
    return pymysql.connect(
        host=place.host, port=place.port or 3306, user=place.username, password=place.password or "",
        database=place.database,
    )  # fmt: skip


def _counted(url: str, count: int) -> dict[str, int]:
    """After the measurement: the rows are there, all of them."""
    engine = connect(url, STORE)
    with engine.connect() as connection:
        found = int(connection.scalar(sa.text("SELECT count(*) FROM night")) or 0)
    engine.dispose()
    if found != count:
        raise RuntimeError(f"{found} rows are in the table, {count} were to be")
    return {"rows": found, "arrow_bytes": make_rows(1).nbytes * count // STEPS}


def lines(folder: Path, shrink: int, repeats: int) -> Iterator[Line]:
    """20,000 series of 50 days; a quarter for MariaDB, which has no target and takes minutes.

    Without a server one line says which variable names one.
    """
    series = 20_000 // shrink
    yield from _compared("SQLite", f"sqlite:///{folder / 'sink.db'}", series, repeats, promised=True)
    for name, variable in SERVERS.items():
        server = os.environ.get(variable)
        if not server:
            yield Line(f"{name}: skipped, set {variable} to the URL of a server", "")
            continue
        promised = name == "PostgreSQL"
        with _Database(server) as url:
            yield from _compared(name, url, series if promised else series // 4, repeats, promised=promised)


def _compared(name: str, url: str, series: int, repeats: int, *, promised: bool) -> Iterator[Line]:
    """The steps take turns, so that a busy minute of the machine is in all of them."""
    steps: dict[str, dict[str, Any]] = {
        "floor": {},
        "ours": {"replaced": False},
        "ours again": {"replaced": True},
        "ledger": {},
    }
    taken: dict[str, list[Measured]] = {step: [] for step in steps}
    for _ in range(repeats):
        for step, arguments in steps.items():
            where = f"benchmarks.sink_write:{step.split()[0]}"
            taken[step].append(measure(where, url=url, series=series, **arguments))
    middle = {step: sorted(runs, key=lambda run: run.seconds)[repeats // 2] for step, runs in taken.items()}
    least = middle["floor"]
    size = least.found["arrow_bytes"]
    what = f"{name}, {least.found['rows']:,} forecasts"
    for step, told, target in (
        ("ours", "into an empty table", 3),
        ("ours again", "every row replaced", 5),
        ("ledger", "into the ledger", None),
    ):
        most = target if promised else None
        yield against(f"{what} {told}", middle[step], least.seconds, size, target=most, bounded=False)


class _Database:
    """An empty database of a random name, dropped afterwards."""

    def __init__(self, server: str) -> None:
        self.name = f"nightcast_bench_{secrets.token_hex(6)}"
        self.server = sa.make_url(server)
        self.admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")

    def __enter__(self) -> str:
        with self.admin.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {self.name}"))
        return self.server.set(database=self.name).render_as_string(hide_password=False)

    def __exit__(self, *_: object) -> None:
        forced = " WITH (FORCE)" if self.admin.dialect.name == "postgresql" else ""
        with self.admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {self.name}{forced}"))
        self.admin.dispose()


def _plain(url: str) -> str:
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def main(arguments: list[str] | None = None) -> None:
    """Measures, prints the table and pastes it into the README; `--small` prints only."""
    parser = argparse.ArgumentParser(description="Measures deliveries into tables against the drivers alone.")
    parser.add_argument(
        "--small", action="store_true", help="a hundredth of the series, once, in one process: does it work?"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of each step, of which the median counts")
    chosen = parser.parse_args(arguments)
    shrink, repeats = (SMALL, 1) if chosen.small else (1, chosen.repeats)
    with in_this_process() if chosen.small else nullcontext(), TemporaryDirectory(prefix="nightcast-bench-") as folder:
        table = as_markdown(list(lines(Path(folder), shrink, repeats)))
    content = f"Measured on {machine(PACKAGES)} Each number is the median of {repeats}.\n\n{table}"
    print(content)
    if not chosen.small:
        paste(MARKER, content)


if __name__ == "__main__":
    main()
