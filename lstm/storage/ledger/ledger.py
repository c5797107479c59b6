"""The ledger: every forecast ever published, append-only by run, in one table with a view of what is current."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, Engine, Select, Table, column, func, inspect, select, table

from lstm.contestants import FAILED
from lstm.errors import EvaluationError, StoreError
from lstm.storage.ledger.current_rows import current_rows, rows_of_table
from lstm.storage.ledger.ledger_table import Layout
from lstm.storage.ledger.row_checks import fault_of, row_name
from lstm.storage.sql.arrow_rows import arrow_rows
from lstm.storage.sql.bulk import insert_rows
from lstm.storage.sql.column_types import KeyText, plain
from lstm.storage.sql.connections import transaction
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.store.database import schema_change
from lstm.storage.store.schema import RUN_LENGTH, publications

Moment = date | datetime | int


class Ledger:
    """The forecasts table of a store database; made when the first rows come, since its columns are the user's."""

    def __init__(self, engine: Engine, name: str = "forecasts") -> None:
        self.engine = engine
        self.name = name

    @property
    def view(self) -> str:
        """Name of the view of current forecasts."""
        return f"{self.name}_current"

    def prepare(self, schema: pa.Schema) -> Layout:
        """Makes the table and its view, or checks that the ones there fit. schema: of forecast rows.

        Raises StoreError when other pipelines' rows have another shape, ConfigError for keys that cannot be kept.
        """
        layout = Layout.of_rows(schema)
        if not self._exists():
            with schema_change(self.engine) as connection:
                self._create(connection, layout)
        return self.check_layout(schema)

    def check_layout(self, schema: pa.Schema) -> Layout:
        """Checks that the table fits, if there is one, without making it. schema and errors: see `prepare`."""
        layout = Layout.of_rows(schema)
        with transaction(self.engine) as connection:
            if not inspect(connection).has_table(self.name):
                return layout
        existing = self.layout()
        differences = layout.differences(existing) if existing is not None else ["it is no table of forecasts"]
        if differences:
            raise StoreError(
                f"the table {self.name} cannot take this pipeline's forecasts: {'; '.join(differences)}; "
                "give the pipeline a table of its own: store.forecasts_table"
            )
        return layout

    def layout(self) -> Layout | None:
        """The layout of the table; None when it is missing or no ledger."""
        with transaction(self.engine) as connection:
            inspector = inspect(connection)
            if not inspector.has_table(self.name):
                return None
            return Layout.of_columns({column["name"]: column["type"] for column in inspector.get_columns(self.name)})

    def replace_run(
        self, connection: Connection, run_id: str, pipeline_name: str, rows: pa.Table, now: datetime
    ) -> int:
        """Replaces a run's rows, in the caller's transaction, and answers their number. The table is `prepare`d.

        Raises EvaluationError, before any SQL, when the rows break a rule (see `row_checks`), StoreError for text that
        the key cannot hold.
        """
        layout = Layout.of_rows(rows.schema)
        self.check(rows, layout)
        target = layout.table(self.name)
        stored = _with_run(rows, layout, run_id, pipeline_name, now)
        connection.execute(target.delete().where(target.c.run_id == run_id))
        insert_rows(connection, target, stored.select([column.name for column in target.columns]))
        return len(rows)

    def check(self, rows: pa.Table, layout: Layout) -> None:
        """Raises EvaluationError or StoreError when rows must not be published."""
        key = (*layout.key_names, "target", "cutoff", "time")
        fault = fault_of(rows, key, layout.levels)
        if fault is not None:
            raise EvaluationError(f"{fault}; nothing is published")
        if dialect_of(self.engine).bounds_key_text:
            _check_lengths(rows, layout)

    def count(self, connection: Connection, run_id: str) -> int:
        """Number of a run's rows, in the caller's transaction."""
        run = column("run_id", KeyText(RUN_LENGTH))
        rows = select(func.count()).select_from(table(self.name, run)).where(run == run_id)
        return int(connection.scalar(rows) or 0)

    def run_rows(self, run_id: str) -> pa.Table:
        """The rows of a run as forecasting wrote them, and `written_at`; empty when it published none."""
        return self._read(rows_of_table, run_id=run_id)

    def current(self, pipeline_name: str) -> pa.Table:
        """The current rows: for each series, target and time that of the newest cutoff's latest publication."""
        return self._current(pipeline=pipeline_name)

    def current_of_run(self, pipeline_name: str, run_id: str) -> pa.Table:
        """The rows of a run that are current."""
        if self.newest_run(pipeline_name) == run_id:
            return self.run_rows(run_id)  # the newest run's rows all are
        return self._current(run_id=run_id)

    def newest_run(self, pipeline_name: str) -> str | None:
        """The latest publication of the newest cutoff; None before the first. Backfills do not count."""
        layout = self.layout()
        if layout is None:
            return None
        rows = layout.table(self.name)
        cutoff = select(func.max(rows.c.cutoff)).where(rows.c.run_id == publications.c.run_id).scalar_subquery()
        published = (
            select(publications.c.run_id, publications.c.id, cutoff.label("cutoff"))
            .where(publications.c.pipeline == pipeline_name, publications.c.kind != "backfill")
            .subquery()
        )
        newest = (
            select(published.c.run_id)
            .where(published.c.cutoff.is_not(None))
            .order_by(published.c.cutoff.desc(), published.c.id.desc())
            .limit(1)
        )
        with transaction(self.engine) as connection:
            return connection.scalar(newest)

    def expected_series(self, pipeline_name: str, since: Moment, through: Moment) -> pa.Table:
        """Distinct key columns of series that had forecasts with a cutoff from `since` to `through`, both included.

        since, through: in the grid's own type. Rows of the method `failed` and of backfills do not count, so that a
        series that vanished is not expected for ever. Empty, without columns, before the first publication or
        without keys.
        """
        layout = self.layout()
        if layout is None or not layout.keys:
            return pa.table({})
        rows = layout.table(self.name)
        keys = [rows.c[name] for name in layout.key_names]
        # By run and cutoff, which has an index; with the rows' own pipeline SQLite would read the whole history.
        query = (
            select(*keys)
            .distinct()
            .select_from(publications.join(rows, rows.c.run_id == publications.c.run_id))
            .where(
                publications.c.pipeline == pipeline_name,
                publications.c.kind != "backfill",
                rows.c.cutoff.between(since, through),
                rows.c.step == 1,  # a series has one method for all of its steps
                rows.c.method != FAILED,
            )
            .order_by(*keys)
        )
        return arrow_rows(
            self.engine, query, pa.schema([layout.arrow_schema().field(name) for name in layout.key_names])
        )

    def _exists(self) -> bool:
        with transaction(self.engine) as connection:
            inspector = inspect(connection)
            return inspector.has_table(self.name) and inspector.has_table(self.view)

    def _create(self, connection: Connection, layout: Layout) -> None:
        rows = layout.table(self.name)
        inspector = inspect(connection)
        if not inspector.has_table(self.name):
            rows.create(connection)
        if not inspector.has_table(self.view) and Layout.of_columns(
            {column["name"]: column["type"] for column in inspect(connection).get_columns(self.name)}
        ):
            quoted = connection.dialect.identifier_preparer.quote(self.view)
            query = current_rows(rows, layout).compile(
                dialect=connection.dialect, compile_kwargs={"literal_binds": True}
            )
            connection.exec_driver_sql(f"CREATE VIEW {quoted} AS {query}")

    def _current(self, **equal: str) -> pa.Table:
        """Not through the view, which an older Nightcast may have made in its own, slower way."""
        return self._read(current_rows, **equal)

    def _read(self, select_rows: Callable[[Table, Layout], Select[Any]], **equal: str) -> pa.Table:
        layout = self.layout()
        if layout is None:
            return pa.table({})
        rows = layout.table(self.name)
        query = (
            select_rows(rows, layout)
            .with_only_columns(*(rows.c[name] for name in layout.arrow_schema().names))
            .where(*(rows.c[name] == value for name, value in equal.items()))
            .order_by(*(rows.c[name] for name in (*layout.key_names, "target", "cutoff", "step")))
        )
        return arrow_rows(self.engine, query, layout.arrow_schema())


def _with_run(rows: pa.Table, layout: Layout, run_id: str, pipeline_name: str, now: datetime) -> pa.Table:
    """Rows as they are stored: cast to the ledger's types, with pipeline, run and time of writing."""
    schema = layout.arrow_schema()
    kinds = dict(layout.keys) | {"cutoff": layout.grid, "time": layout.grid}
    columns = {
        name: plain(rows[name], kinds[name]) if name in kinds else rows[name].cast(schema.field(name).type)
        for name in layout.columns
    }
    constants = {"pipeline": pa.scalar(pipeline_name), "run_id": pa.scalar(run_id)}
    constants["written_at"] = pa.scalar(now.astimezone(UTC), pa.timestamp("us", tz="UTC"))
    repeated = {name: pa.repeat(value, len(rows)) for name, value in constants.items()}
    return pa.table(columns | repeated)


def _check_lengths(rows: pa.Table, layout: Layout) -> None:
    """MariaDB bounds the text of a key; SQLite and PostgreSQL do not."""
    for name in layout.text_keys:
        lengths = pc.utf8_length(rows[name].cast(pa.string()))
        longest = pc.max(lengths).as_py() or 0
        if longest > layout.text_length:
            index = pc.index(lengths, longest).as_py()
            raise StoreError(
                f"{row_name(rows, (name,), index)} has {longest} characters, and MariaDB keeps {layout.text_length} "
                f"in a key with {len(layout.text_keys)} text columns; shorten it in source.query or use PostgreSQL"
            )
