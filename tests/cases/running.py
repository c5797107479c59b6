"""Whole nights with the smallest training. Prefect's server is left out, which takes half a minute to start."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq

from flows.cli.startup import prepare

prepare()

from prefect.settings import PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW, temporary_settings  # noqa: E402

from flows import alerts, forecast, retrain, run  # noqa: E402
from flows.ending import outcome_of  # noqa: E402
from lstm.config import load_pipeline  # noqa: E402
from lstm.references import Outcome, Verdict  # noqa: E402
from lstm.storage.ledger.ledger import Ledger  # noqa: E402
from lstm.storage.registry.registry import Registry  # noqa: E402
from lstm.storage.store.database import open_store, store_url  # noqa: E402

TASKS = {
    run: (
        "begin",
        "check_ledger",
        "check_owner",
        "last_end",
        "ingest",
        "forecast",
        "publish",
        "deliver",
        "deliver_late",
        "report",
        "finish",
    ),
    forecast: ("choose_champion",),
    retrain: ("window", "train", "evaluate", "judge_failure"),
    alerts: ("tell",),
}
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
        with without_server():
            return outcome_of(run.carry_out(str(self.file), "retrain", as_of, retrain.challenge))

    def forecast(self, as_of: str) -> Outcome:
        """A night without training."""
        with without_server():
            return outcome_of(forecast.forecast.fn(str(self.file), as_of))

    @property
    def _engine(self) -> Any:
        return open_store(store_url(load_pipeline(self.file).store, self.file.parent))

    def rows(self, outcome: Outcome) -> list[dict[str, Any]]:
        """What a run published, by series and time."""
        return Ledger(self._engine).run_rows(outcome.run_id).to_pylist()

    def current(self) -> pa.Table:
        """What a reader sees now."""
        return Ledger(self._engine).current("night")

    def verdict(self, outcome: Outcome) -> Verdict | None:
        """What the gates decided."""
        return Registry(self._engine).verdict(outcome.run_id)

    def models(self) -> int:
        """How many models were ever kept."""
        return len(Registry(self._engine).models("night"))

    def windows(self, outcome: Outcome) -> pa.Table:
        """The windows that a run cut."""
        return pq.read_table(self.file.parent / "store" / "runs" / outcome.run_id / "windows.parquet")


@contextmanager
def without_server() -> Iterator[None]:
    """Tasks are called as plain functions, and nobody hears of them."""
    with ExitStack() as stack:
        for module, names in TASKS.items():
            for name in names:
                stack.enter_context(patch.object(module, name, getattr(module, name).fn))
        stack.enter_context(temporary_settings({PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW: "ignore"}))
        stack.enter_context(patch("tasks.report.create_markdown_artifact", lambda **_: None))
        stack.enter_context(patch("tasks.events._post", lambda _: None))
        yield


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
