"""`nightcast init`: a pipeline file from a look at a table, checked before it is called done."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flows.cli.terminal import console, errors, show_quality
from lstm.errors import ConfigError, ForecastError

if TYPE_CHECKING:
    from lstm.data.profiling.pipeline_file import GuessedFile
    from lstm.data.profiling.profile import Sample, Wishes
    from lstm.data.quality.report import QualityReport

NOT_READY = 3  # a file was written, and a person has to look at it before it runs


def write_pipeline_file(source: str, table: str | None, output: Path, wishes: "Wishes") -> int:
    """Writes the file, tries it on the whole table, and says what comes next. Answers the exit code.

    Raises ConfigError for an output that is there, and what looking at the source raises; nothing is written then.
    """
    if output.exists():
        raise ConfigError(f"{output} is there already and is never overwritten; give another --output")
    if not output.parent.is_dir():
        raise ConfigError(f"there is no folder {output.parent} for {output}; make it, or give another --output")
    return _write(_look(source, table, output), wishes, output, source)


def _look(source: str, table: str | None, output: Path) -> "Sample":
    from flows.runs.secret_block import secret_block
    from lstm.storage.sources.sample import Home, is_database, look_at_database, look_at_files

    home = Home(output.resolve().parent, Path.cwd())
    if is_database(source):
        return look_at_database(source, table, home, blocks=secret_block)
    if table is not None:
        raise ConfigError(f"--table {table} goes with a database; {source} is taken for a file")
    return look_at_files(source, home)


def _write(sample: "Sample", wishes: "Wishes", output: Path, source: str) -> int:
    """Guesses from a sample, writes the file, and says whether it can run. Answers the exit code."""
    from lstm.data.profiling.pipeline_file import GuessedFile
    from lstm.data.profiling.profile import guess

    guessed = GuessedFile(sample.name, source, output.name, guess(sample, wishes, datetime.now(UTC)), wishes.horizon)
    guessed, trouble = _try(guessed, output)
    with output.open("x", encoding="utf-8") as file:
        file.write(guessed.text(trouble))
    quality = None
    if not trouble:
        quality, trouble = _check(guessed, output)
    console.print(f"{output} is written; every line that was guessed says why.")
    for remark in guessed.guesses.remarks:
        console.print(f"- look at this: {remark}")
    if trouble:
        errors.print(f"It cannot run yet: {trouble}", style="red")
        return NOT_READY
    if quality is not None:
        console.print("It was tried on the whole table, as `nightcast check` does:")
        show_quality(quality)
    console.print("Next:")
    for command in guessed.commands(str(output)):
        console.print(f"  {command}")
    return 0


def _try(guessed: "GuessedFile", output: Path) -> "tuple[GuessedFile, str]":
    """The file, filled in with what the whole table says; and why it cannot run, empty where it can."""
    from flows.runs.secret_block import secret_block
    from lstm.data.ingest.panel_settings import PanelSettings
    from lstm.data.profiling.extent import measure
    from lstm.storage.sources.sample import whole_table

    if guessed.guesses.questions:
        return guessed, "; ".join(guessed.guesses.questions)
    pipeline = guessed.pipeline()
    now = datetime.now(UTC)
    try:
        rows = whole_table(pipeline, output.resolve().parent, blocks=secret_block)
        return guessed.measured(measure(rows, PanelSettings.of(pipeline), now)), ""
    except ForecastError as error:
        return guessed, str(error)


def _check(guessed: "GuessedFile", output: Path) -> "tuple[QualityReport | None, str]":
    """(what `nightcast check` says of the data; what is wrong with them, empty where nothing is)."""
    from flows.runs.secret_block import secret_block
    from lstm.config import load_pipeline
    from lstm.data.frequency.as_of import parse_as_of
    from lstm.storage.sources.panel_source import read_panel

    try:
        pipeline = load_pipeline(output)
        moment = parse_as_of(guessed.as_of, pipeline=pipeline, now=datetime.now(UTC))
        return read_panel(pipeline, output.resolve().parent, moment, blocks=secret_block)[1], ""
    except ForecastError as error:
        return None, str(error)
