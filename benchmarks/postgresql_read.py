"""A table of PostgreSQL: read by the product against `COPY ... TO STDOUT` with parsing to Arrow."""

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.csv as pacsv
import sqlalchemy as sa
from sqlalchemy import make_url

from benchmarks.child import median_of
from benchmarks.made import write_csv
from benchmarks.pipelines import job
from benchmarks.table import Line, against
from lstm.steps.ingest import ingest
from lstm.storage.sources.read import read_source

VARIABLE = "NIGHTCAST_TEST_POSTGRESQL"
BATCH = 50_000
BLOCK = 1 << 20
COLUMNS = ("id", "ds", "y")
Work = Callable[[], dict[str, int]]


def ours(folder: str, table: str, days: int) -> Work:
    """The product's reader alone."""
    source = job(folder, days, url=f"env:{VARIABLE}", table=table).pipeline.source
    url = os.environ[VARIABLE]
    return lambda: {"rows": len(read_source(source, source.roles, folder=Path(folder), url=url, binds={}).table)}


def whole(folder: str, table: str, days: int) -> Work:
    """The whole task: rows to `panel.parquet`, `quality.json` and manifest."""
    run = job(folder, days, url=f"env:{VARIABLE}", table=table)
    return lambda: {"rows": ingest(run, since=secrets.token_hex(4)).rows_read}


def floor(table: str) -> Work:
    """What psycopg and Arrow take for the bytes of a COPY."""

    def work() -> dict[str, int]:
        sink = pa.BufferOutputStream()
        statement = f"COPY {table} (id, ds, y) TO STDOUT (FORMAT csv)"
        with psycopg.connect(_conninfo()) as connection, connection.cursor().copy(statement) as copy:
            for block in copy:
                sink.write(block)
        options = pacsv.ReadOptions(column_names=list(COLUMNS))
        rows = pacsv.read_csv(pa.BufferReader(sink.getvalue()), read_options=options)
        return {"rows": len(rows), "arrow_bytes": rows.nbytes}

    return work


def row_path(table: str) -> Work:
    """SQLAlchemy's rows as Python objects, streamed in batches, each turned into Arrow columns."""
    statement = sa.text(f"SELECT id, ds, y FROM {table}")

    def work() -> dict[str, int]:
        engine = sa.create_engine(os.environ[VARIABLE])
        with engine.connect().execution_options(stream_results=True, yield_per=BATCH) as connection:
            batches = [
                pa.table([pa.array(cells) for cells in zip(*rows, strict=True)], names=list(COLUMNS))
                for rows in connection.execute(statement).partitions()
            ]
        return {"rows": sum(len(batch) for batch in batches)}

    return work


def lines(folder: Path, shrink: int, repeats: int) -> Iterator[Line]:
    """2,000 series of 2,500 days. Without a server one line says which variable names one."""
    if not os.environ.get(VARIABLE):
        yield Line(f"PostgreSQL: skipped, set {VARIABLE} to the URL of a server", "")
        return
    with _filled_table(folder, 2_000 // shrink, 2_500) as table:
        least = median_of("benchmarks.postgresql_read:floor", repeats, table=table)
        step = {"folder": str(folder), "table": table, "days": 2_500}
        read = median_of("benchmarks.postgresql_read:ours", repeats, **step)
        ingested = median_of("benchmarks.postgresql_read:whole", repeats, **step)
        rows = median_of("benchmarks.postgresql_read:row_path", 1, table=table)
    size = least.found["arrow_bytes"]
    what = f"PostgreSQL, {read.found['rows']:,} rows"
    yield against(f"{what}: read", read, least.seconds, size, target=2.5)
    yield against(f"{what}: read and ingested to `panel.parquet`", ingested, least.seconds, size)
    yield against(
        f"{what}: SQLAlchemy's rows turned into Arrow, for comparison", rows, least.seconds, size, bounded=False
    )


@contextmanager
def _filled_table(folder: Path, series: int, days: int) -> Iterator[str]:
    """Name of a table with the made rows, dropped afterwards."""
    name = f"nightcast_bench_{secrets.token_hex(6)}"
    write_csv(folder / "rows.csv", series, days)
    with psycopg.connect(_conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE TABLE {name} (id text, ds date, y double precision)")
        try:
            _copy(connection, name, folder / "rows.csv")
            yield name
        finally:
            connection.execute(f"DROP TABLE {name}")
            (folder / "rows.csv").unlink()


def _copy(connection: psycopg.Connection, name: str, path: Path) -> None:
    statement = f"COPY {name} FROM STDIN (FORMAT csv, HEADER)"
    with path.open("rb") as file, connection.cursor().copy(statement) as copy:
        while block := file.read(BLOCK):
            copy.write(block)


def _conninfo() -> str:
    return make_url(os.environ[VARIABLE]).set(drivername="postgresql").render_as_string(hide_password=False)
