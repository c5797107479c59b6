"""What the command line shows: progress while a run works, and tables when it has ended."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from lstm.visible import visible, visible_line

if TYPE_CHECKING:
    from lstm.data.quality.report import QualityReport
    from lstm.model.training.checkpoint import EpochRow

# A pipe has no width; paths and tables should not be folded for it.
WIDTH_OF_A_PIPE = 160


class PlainConsole(Console):
    """A console to which texts are texts: a series may be called `[red]`, and a reason hold an escape sequence."""

    def __init__(self, *, stderr: bool = False) -> None:
        width = None if (sys.stderr if stderr else sys.stdout).isatty() else WIDTH_OF_A_PIPE
        super().__init__(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """What rich makes of each text that it prints, in tables, too."""
        return super().render_str(visible(text), **options)


console = PlainConsole()
errors = PlainConsole(stderr=True)

LOGGERS = ("flows", "tasks", "lstm")
SHOWN_ROWS = 6


@contextmanager
def progress_display() -> Iterator[None]:
    """Bars in a terminal, one line an epoch elsewhere; the library's messages in both."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)
    if not console.is_terminal:
        with _log_handler(logging.StreamHandler(console.file)):
            yield
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[loss]}", markup=False),
    )
    with Progress(*columns, console=console, transient=False) as bars, _log_handler(_terminal_handler(bars)):
        yield


def _terminal_handler(bars: Progress) -> logging.Handler:
    handler = RichHandler(console=console, show_path=False, show_level=False, omit_repeated_times=False)
    handler.addFilter(_EpochBars(bars).leaves)
    return handler


@contextmanager
def _log_handler(handler: logging.Handler) -> Iterator[None]:
    handler.setFormatter(logging.Formatter("%(message)s"))
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


class _EpochBars:
    """One bar a phase of training."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._by_phase: dict[str, TaskID] = {}

    def leaves(self, record: logging.LogRecord) -> bool:
        """Whether a message is to be printed; one that tells of an epoch moves its bar instead."""
        epoch = getattr(record, "epoch", None)
        if epoch is not None:
            self._move(*epoch)
        return epoch is None

    def _move(self, phase: str, row: "EpochRow", limit: int) -> None:
        if phase not in self._by_phase:
            self._by_phase[phase] = self._bars.add_task(phase, total=limit, loss="")
        loss = f"validation loss {row.validation_loss:.4f}, learning rate {row.learning_rate:.2g}"
        self._bars.update(self._by_phase[phase], completed=row.epoch, loss=loss)


def show_run(rows: list[list[str]]) -> None:
    """The short table of a run."""
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(visible_line(name), visible_line(value))
    console.print(table)


def show_quality(quality: "QualityReport") -> None:
    """What was read of a table, what was found in it, and that it can be used."""
    show_run([list(row) for row in quality.table()])
    for sentence in quality.sentences(limit=20):
        console.print(f"- {sentence}")
    console.print("The data can be used.")


def show_rows(rows: list[dict[str, Any]], title: str) -> None:
    """The first of some rows, each with the same columns; there is one at least."""
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for name in rows[0]:
        table.add_column(visible_line(name))
    for row in rows[:SHOWN_ROWS]:
        table.add_row(*(_cell(value) for value in row.values()))
    console.print(table)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else visible_line(str(value))
