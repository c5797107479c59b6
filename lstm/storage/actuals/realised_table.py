"""Forecasts that came true, row by row, in a table beside the ledger: what is new is added, what was revised rescored.

What the table holds follows from the ledger and the actuals, so a run of the monitor may be repeated, and an older one
changes nothing that a newer one has seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, Table, and_, exists, func, inspect, select

from lstm.errors import StoreError
from lstm.storage.actuals.realised_layout import realised_key, realised_name, realised_schema, realised_table
from lstm.storage.ledger.ledger import Ledger, Moment
from lstm.storage.ledger.ledger_table import Layout
from lstm.storage.sql.arrow_rows import arrow_rows
from lstm.storage.sql.connections import transaction
from lstm.storage.sql.upsert import upsert_rows
from lstm.storage.store.database import schema_change, write_transaction
from lstm.storage.store.schema import publications

HISTORY = ("pipeline", "error", "published_at", "scored_as_of", "revisions", "revised_as_of")


@dataclass(frozen=True)
class Published:
    """A publication. rank: its place among all; a run that is published anew gets a new one. cutoff: as text."""

    rank: int
    run_id: str
    kind: str
    cutoff: str
    published_at: datetime


class RealisedForecasts:
    """The table beside a ledger; made when it is first needed, since its columns are the user's."""

    def __init__(self, ledger: Ledger) -> None:
        self.engine: Engine = ledger.engine
        self.ledger = ledger
        self.name = realised_name(ledger.name)

    def prepare(self) -> Layout | None:
        """The ledger's layout, with the table beside it made or checked; None while nothing was ever published.

        Raises StoreError when a table of that name has other columns.
        """
        layout = self.ledger.layout()
        if layout is None:
            return None
        table = realised_table(self.ledger.name, layout)
        with transaction(self.engine) as connection:
            existing = _columns(connection, self.name)
        if existing is None:
            with schema_change(self.engine) as connection:
                if _columns(connection, self.name) is None:
                    table.create(connection)
                existing = _columns(connection, self.name)
        names = [column.name for column in table.columns]
        if existing != names:
            raise StoreError(
                f"the table {self.name} has the columns {', '.join(existing or [])}, and {', '.join(names)} are "
                "needed; rename it, or give the pipeline another store.forecasts_table"
            )
        return layout

    def publications(self, pipeline_name: str) -> list[Published]:
        """Every publication of a pipeline, oldest first."""
        query = select(publications).where(publications.c.pipeline == pipeline_name).order_by(publications.c.id)
        with transaction(self.engine) as connection:
            rows = connection.execute(query).all()
        return [Published(row.id, row.run_id, row.kind, row.cutoff, row.published_at) for row in rows]

    def spans(self, layout: Layout, runs: Sequence[str]) -> dict[str, Moment]:
        """The last time that each run forecasts, in the grid's own type."""
        rows = layout.table(self.ledger.name)
        last = func.max(rows.c.time).label("last")
        query = select(rows.c.run_id, last).where(rows.c.run_id.in_(runs)).group_by(rows.c.run_id)
        with transaction(self.engine) as connection:
            return {row.run_id: row.last for row in connection.execute(query)}

    def due(self, layout: Layout, runs: Sequence[str], since: Moment, through: Moment) -> tuple[int, int]:
        """(rows, those without a forecast) of runs whose time lies between the two, both included."""
        rows = layout.table(self.ledger.name)
        query = select(func.count(), func.count(rows.c.forecast)).where(*_within(rows, runs, since, through))
        with transaction(self.engine) as connection:
            count, forecast = connection.execute(query).one()
        return int(count), int(count) - int(forecast)

    def unscored(self, layout: Layout, run_id: str, since: Moment, through: Moment) -> pa.Table:
        """The rows of a run, with a forecast, that are not in the table, as the ledger has them; no reasons."""
        rows, scored = layout.table(self.ledger.name), realised_table(self.ledger.name, layout)
        same_key = and_(*(scored.c[name] == rows.c[name] for name in realised_key(layout)))
        ledger = layout.arrow_schema()
        schema = pa.schema([ledger.field(name) for name in ledger.names if name not in ("reason", "written_at")])
        query = select(*(rows.c[name] for name in schema.names)).where(
            *_within(rows, [run_id], since, through),
            rows.c.forecast.is_not(None),
            ~exists(select(scored.c.run_id).where(same_key)),
        )
        return arrow_rows(self.engine, query, schema)

    def outdated(self, layout: Layout, published: Sequence[Published]) -> list[str]:
        """Runs that were published anew since their rows were scored: these count for nothing any more."""
        scored = realised_table(self.ledger.name, layout)
        runs = [publication.run_id for publication in published]
        at = func.min(scored.c.published_at).label("at")
        query = select(scored.c.run_id, at).where(scored.c.run_id.in_(runs)).group_by(scored.c.run_id)
        with transaction(self.engine) as connection:
            known = {row.run_id: row.at for row in connection.execute(query)}
        return [
            publication.run_id
            for publication in published
            if known.get(publication.run_id, publication.published_at) != publication.published_at
        ]

    def scored_through(self, layout: Layout, pipeline_name: str) -> Moment | None:
        """The newest time that a monitor has scored, its actual withdrawn since or not; None where there is none."""
        scored = realised_table(self.ledger.name, layout)
        query = select(func.max(scored.c.time)).where(scored.c.pipeline == pipeline_name)
        with transaction(self.engine) as connection:
            newest: Moment | None = connection.scalar(query)
        return newest

    def actuals(self, layout: Layout, pipeline_name: str, since: Moment, through: Moment) -> pa.Table:
        """Key columns, target, time and actual as the rows were last scored with, each combination once."""
        scored = realised_table(self.ledger.name, layout)
        schema = realised_schema(layout)
        names = (*layout.key_names, "target", "time", "actual")
        query = (
            select(*(scored.c[name] for name in names))
            .distinct()
            .where(scored.c.pipeline == pipeline_name, scored.c.time.between(since, through))
        )
        return arrow_rows(self.engine, query, pa.schema([schema.field(name) for name in names]))

    def rows(self, layout: Layout, runs: Sequence[str], since: Moment, through: Moment) -> pa.Table:
        """Rows of some runs between two times, both included; without what tells of the table itself (see HISTORY)."""
        scored, schema = realised_table(self.ledger.name, layout), realised_schema(layout)
        # A time costs as much to read as the rest of its row.
        schema = pa.schema([field for field in schema if field.name not in HISTORY])
        query = select(*(scored.c[name] for name in schema.names)).where(*_within(scored, runs, since, through))
        return arrow_rows(self.engine, query, schema)

    def none(self, layout: Layout) -> pa.Table:
        """No rows, with all columns of the table."""
        return realised_schema(layout).empty_table()

    def rows_at(self, layout: Layout, pipeline_name: str, times: Sequence[Moment]) -> pa.Table:
        """Rows of some times."""
        scored = realised_table(self.ledger.name, layout)
        query = select(scored).where(scored.c.pipeline == pipeline_name, scored.c.time.in_(times))
        return arrow_rows(self.engine, query, realised_schema(layout))

    def write(self, layout: Layout, pipeline_name: str, rows: pa.Table, outdated: Sequence[str]) -> None:
        """Adds rows or replaces those of the same key, and forgets those of outdated runs, in one transaction."""
        scored = realised_table(self.ledger.name, layout)
        rows = rows.select([column.name for column in scored.columns])
        with write_transaction(self.engine, pipeline_name) as connection:
            if outdated:
                connection.execute(scored.delete().where(scored.c.run_id.in_(outdated)))
            if len(rows):
                upsert_rows(connection, scored, rows, realised_key(layout))


def _columns(connection: Connection, name: str) -> list[str] | None:
    inspector = inspect(connection)
    return [column["name"] for column in inspector.get_columns(name)] if inspector.has_table(name) else None


def _within(rows: Table, runs: Sequence[str], since: Moment, through: Moment) -> tuple[Any, ...]:
    return rows.c.run_id.in_(runs), rows.c.time.between(since, through)
