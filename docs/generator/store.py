"""The page of the store database: every table and column, from the schema itself."""

from sqlalchemy import Column, Dialect, Table
from sqlalchemy.dialects import postgresql

from docs.generator.markdown import code, table
from lstm.storage.actuals.realised_layout import realised_table
from lstm.storage.ledger.ledger_table import Layout
from lstm.storage.store.schema import metadata

INTRODUCTION = """
# The store: tables and columns

The store database is SQLite (`store/nightcast.db` beside the pipeline file), or the PostgreSQL or MariaDB of
`[store] url`. Its tables are plain; read them with what you like. Only Nightcast writes them. Times are in UTC. Types
are PostgreSQL's; SQLite and MariaDB have what comes closest. Texts compare by bytes everywhere: `jfk` is not `JFK`.

The name of the ledger is `store.forecasts_table`. Its columns follow from the pipeline file: below it is that of
`series = ["store"]`, days and the default quantile levels. `cutoff` and `time` have the grid's own type: a date for
daily and longer, an instant for shorter, an integer for integer steps. Pipelines share a ledger when keys, types and
levels are equal.
"""
VIEW = """
## forecasts_current

A view with the columns of the ledger: for each series, target and time the row of the newest cutoff, and of that the
latest publication. An older run that ends later hides nothing, and a backfill is never in it.
"""
POSTGRESQL: Dialect = postgresql.dialect()
LEDGER = "forecasts"
EXAMPLE = Layout(keys=(("store", "text"),), grid="date", levels=("q10", "q50", "q90"))


def tables() -> list[Table]:
    """Every table: the user's first, then the registry's."""
    return [EXAMPLE.table(LEDGER), realised_table(LEDGER, EXAMPLE), *metadata.tables.values()]


def page() -> str:
    """The page."""
    ledger, *others = tables()
    version = "## nightcast_version\n\nOne row: the version of the schema, which `nightcast db upgrade` raises."
    parts = [INTRODUCTION, _section(ledger), VIEW, *(_section(other) for other in others), version]
    return "\n\n".join(part.strip() for part in parts)


def _section(entity: Table) -> str:
    rows = [(code(column.name), _type(column), _mark(column), column.doc or "") for column in entity.columns]
    return f"## {entity.name}\n\n{entity.info['row']}\n\n{table(('column', 'type', '', 'meaning'), rows)}"


def _type(column: Column[object]) -> str:
    return column.type.dialect_impl(POSTGRESQL).compile(POSTGRESQL).lower()


def _mark(column: Column[object]) -> str:
    if column.primary_key:
        return "key"
    return "may be NULL" if column.nullable else ""
