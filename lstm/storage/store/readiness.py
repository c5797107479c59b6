"""Whether a store database can be used, asked without changing anything."""

from sqlalchemy import Engine, MetaData, Table, inspect

from lstm.storage.sql.connections import STORE, connect, transaction
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.sql.rights import every_column, refuse_missing_creation, refuse_missing_rights, refuse_unwritable
from lstm.storage.sql.url import parse_url, sqlite_file
from lstm.storage.store.database import migrations, other_version, version_of
from lstm.storage.store.schema import deliveries, gate_scores, metadata, pipelines, publications, runs, verdicts

_UPDATED = (runs, pipelines, verdicts, deliveries)
_DELETED_FROM = (gate_scores, publications, deliveries)


def check_store(url: str, forecasts_table: str) -> None:
    """Raises what `open_store` would raise, and changes nothing: an SQLite file is neither made nor brought up to date.

    forecasts_table: of the ledger, which a run makes where it is missing. Raises StoreError for a file or a folder that
    cannot be written, and for a right that the user of a server lacks.
    """
    file = sqlite_file(parse_url(url))
    if file is not None:
        refuse_unwritable(file, STORE)
    if file is not None and not file.exists():
        return
    engine = connect(url, STORE)
    try:
        version, newest = version_of(engine), migrations().get_current_head()
        known = {script.revision for script in migrations().walk_revisions()}
        if version != newest and (not dialect_of(engine).in_a_file or version not in (None, *known)):
            raise other_version(url, version, newest)
        if version == newest:
            _check_rights(engine, forecasts_table)
    finally:
        engine.dispose()


def _check_rights(engine: Engine, forecasts_table: str) -> None:
    """Those that a night needs: it changes rows of some tables, and replaces those of a run that is repeated."""
    with transaction(engine) as connection:
        for table in metadata.sorted_tables:
            rights = ["SELECT", "INSERT"] + ["UPDATE"] * (table in _UPDATED) + ["DELETE"] * (table in _DELETED_FROM)
            refuse_missing_rights(connection, table, every_column(table, rights), STORE)
        if inspect(connection).has_table(forecasts_table):
            ledger = Table(forecasts_table, MetaData(), autoload_with=connection, resolve_fks=False)
            refuse_missing_rights(connection, ledger, every_column(ledger, ("SELECT", "INSERT", "DELETE")), STORE)
        else:
            refuse_missing_creation(connection, Table(forecasts_table, MetaData()), STORE)
