"""Whole nights with the smallest training, in plain Python: Prefect is not needed."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from present import present

from lstm.config import load_pipeline
from lstm.references import Outcome, Verdict
from lstm.steps.night import night
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry
from lstm.storage.store.database import open_store, store_url

SMALLEST = """
name = "night"
horizon = {horizon}
{frequency}
{top}
[source]
{source}
[model]
look_back = {look_back}
hidden = 8
members = 1
normalisation = "mean_std"

[training]
max_epochs = 1
epoch_steps = 2
batch_size = 32
threads = 1

[evaluation]
origins = 3

[quality]
max_failed_share = 0.5
{rest}
"""
COLUMNS = 'series = ["id"]\ntime = "ds"\ntargets = ["y"]\n'

NETWORK_SERVES = """
[[gates]]
name = "beats the baselines"
metric = "mase"
at_least = 0.0
enabled = false

[[gates]]
name = "coverage"
metric = "coverage"
within = 0.5
enabled = false
"""


class Night:
    """A pipeline file in a folder, whose runs follow each other."""

    def __init__(
        self,
        folder: Path,
        source: str = 'path = "in.csv"',
        *,
        columns: str = COLUMNS,
        horizon: int = 7,
        look_back: int = 28,
        frequency: str | None = "D",
        top: str = "",
        rest: str = "",
    ) -> None:
        self.file = folder / "pipeline.toml"
        named = "" if frequency is None else f'frequency = "{frequency}"'
        text = SMALLEST.format(
            horizon=horizon, look_back=look_back, frequency=named, top=top, source=source + "\n" + columns, rest=rest
        )
        self.file.write_text(text, encoding="utf-8")

    def run(self, as_of: str) -> Outcome:
        """One retraining, from the source to the sinks."""
        return night(str(self.file), as_of)

    def forecast(self, as_of: str) -> Outcome:
        """A night without training."""
        return night(str(self.file), as_of, kind="forecast")

    @property
    def _engine(self) -> Any:
        return open_store(store_url(load_pipeline(self.file).store, self.file.parent))

    def rows(self, outcome: Outcome) -> list[dict[str, Any]]:
        """What a run published, by series and time."""
        rows: list[dict[str, Any]] = Ledger(self._engine).run_rows(outcome.run_id).to_pylist()
        return rows

    def current(self) -> pa.Table:
        """What a reader sees now."""
        return Ledger(self._engine).current("night")

    def verdict(self, outcome: Outcome) -> Verdict:
        """What the gates decided."""
        return present(Registry(self._engine).verdict(outcome.run_id))

    def models(self) -> int:
        """How many models were ever kept."""
        return len(Registry(self._engine).models("night"))

    def windows(self, outcome: Outcome) -> pa.Table:
        """The windows that a run cut."""
        return pq.read_table(self.file.parent / "store" / "runs" / outcome.run_id / "windows.parquet")


def by_series(rows: list[dict[str, Any]], key: str = "id") -> dict[str, list[dict[str, Any]]]:
    """Forecast rows of each series, in order of time."""
    names = dict.fromkeys(row[key] for row in rows)
    return {name: sorted((row for row in rows if row[key] == name), key=lambda row: row["time"]) for name in names}


def ask(database: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a query to an SQLite file."""
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def tell(database: Path, *statements: str) -> None:
    """Carries out statements in an SQLite file, which is made when it is missing."""
    with closing(sqlite3.connect(database)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def fill(database: Path, table: str, rows: list[tuple[Any, ...]]) -> None:
    """Inserts rows into a table of an SQLite file."""
    with closing(sqlite3.connect(database)) as connection:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        connection.commit()
