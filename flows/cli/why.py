"""`nightcast why`: what a run's report says of the change since last night."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from rich.table import Table

from flows.cli.terminal import console
from flows.secret_block import secret_block
from lstm.config import Pipeline, load_pipeline
from lstm.data.frequency.as_of import as_of_text, parse_as_of
from lstm.errors import ConfigError
from lstm.references import RunKey, RunKind
from lstm.report.run.change_words import CHANGE_FILE, ChangeTable, ChangeText
from lstm.steps.job import open_pipeline_store
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.runs.run_folder import RunStore, runs_root
from lstm.visible import visible_line

KINDS: tuple[RunKind, ...] = ("retrain", "forecast", "rollback", "backfill")


def show_why(pipeline_file: Path, as_of: str | None) -> None:
    """Prints the sentences, tables and notes. Raises ConfigError where there is no run or no last night to it."""
    pipeline, home = load_pipeline(pipeline_file), pipeline_file.resolve().parent
    stores = [RunStore(runs_root(pipeline.store.folder, home), run_id) for run_id in _runs(pipeline, home, as_of)]
    if not stores:
        raise ConfigError(f"{pipeline.name} has published nothing yet; nightcast run {pipeline_file}")
    for store in stores:
        content = store.read_bytes(CHANGE_FILE)
        if content is not None:
            _show(store.run_id, ChangeText.from_json(content))
            return
    raise ConfigError(
        f"{stores[0].run_id} was compared with no forecast before it: it has not run, its folder was pruned, or "
        "nothing earlier covers the same times"
    )


def _runs(pipeline: Pipeline, home: Path, as_of: str | None) -> list[str]:
    """Ids of the run whose forecasts are current, or of the runs of each kind as of one moment."""
    if as_of is None:
        engine = open_pipeline_store(pipeline, home, secret_block)
        newest = Ledger(engine, pipeline.store.forecasts_table).newest_run(pipeline.name)
        return [newest] if newest is not None else []
    moment = as_of_text(parse_as_of(as_of, pipeline=pipeline, now=datetime.now(UTC)))
    return [RunKey(pipeline=pipeline.name, kind=kind, as_of=moment).run_id for kind in KINDS]


def _show(run_id: str, change: ChangeText) -> None:
    _say([run_id, *change.sentences])
    for table in (change.targets, change.series):
        if table.rows:
            console.print(_drawn(table))
    _say(f"- {note}" for note in change.notes)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line)


def _drawn(table: ChangeTable) -> Table:
    drawn = Table(box=None, padding=(0, 2, 0, 0))
    for name in table.head:
        drawn.add_column(name, justify="left" if name in ("target", "series", "made by") else "right")
    for row in table.rows:
        drawn.add_row(*map(visible_line, row))
    return drawn
