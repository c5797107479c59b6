"""`nightcast why`: what a run's report says of the change since last night."""

from collections.abc import Iterable
from pathlib import Path

from rich.table import Table

from flows.cli.terminal import console
from flows.runs.secret_block import secret_block
from lstm.errors import ConfigError
from lstm.report.run.change_words import CHANGE_FILE, ChangeTable, ChangeText
from lstm.steps.after.published_run import published_jobs
from lstm.visible import visible_line

LEFT = ("target", "series", "made by", "group", "time")


def show_why(pipeline_file: Path, as_of: str | None) -> None:
    """Prints the sentences, tables and notes. Raises ConfigError where there is no run or no last night to it."""
    stores = [job.run_store() for job in published_jobs(str(pipeline_file), as_of, secret_block)]
    for store in stores:
        content = store.read_bytes(CHANGE_FILE)
        if content is not None:
            _show(store.run_id, ChangeText.from_json(content))
            return
    raise ConfigError(
        f"{stores[0].run_id} was compared with no forecast before it: its folder was pruned, or nothing earlier covers "
        "the same times"
    )


def _show(run_id: str, change: ChangeText) -> None:
    _say([run_id, *change.sentences])
    for table in (change.targets, change.series):
        if table.rows:
            console.print(drawn(table))
    _say(f"- {note}" for note in change.notes)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line)


def drawn(table: ChangeTable, most: int | None = None) -> Table:
    """A table for a terminal. most: rows that are shown, all when left out."""
    shown = Table(box=None, padding=(0, 2, 0, 0))
    for name in table.head:
        shown.add_column(name, justify="left" if name in LEFT else "right")
    for row in table.rows[:most]:
        shown.add_row(*map(visible_line, row))
    return shown
