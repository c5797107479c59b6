"""`nightcast explain`: what moves published forecasts, of any series and steps, from the folder of their run."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.invocation import AsOf, PipelineFile, Where
from flows.cli.startup import permanent_imports
from flows.cli.terminal import console
from lstm.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from lstm.report.run.explanation_words import ExplanationText

SHOWN_ROWS = 40


def explain(
    pipeline_file: PipelineFile,
    where: Where = None,
    steps: Annotated[
        str | None, typer.Option(help="Only these steps of the horizon, from 1: `1`, `1,7` or `1-7`.")
    ] = None,
    as_of: AsOf = None,
    picture: Annotated[Path, typer.Option(help="PNG to write: some of the forecasts, from usual to forecast.")] = Path(
        "explanation.png"
    ),
) -> None:
    """Says what moves the current forecasts, or those of --as-of, away from what is usual, and draws it.

    Example: `nightcast explain examples/departures/pipeline.toml --where origin=JFK --where carrier=DL --steps 1`
    """
    if picture.suffix.lower() != ".png" or not picture.parent.is_dir():
        raise ConfigError(f"--picture {picture}: give a name that ends in .png, in a folder that is there")
    with permanent_imports():
        from flows.runs.secret_block import secret_block
        from lstm.steps.after.explain_again import explain_again
        from lstm.steps.after.published_run import published_jobs

    run_id, again = explain_again(published_jobs(str(pipeline_file), as_of, secret_block), where or (), steps_of(steps))
    if again.picture is not None:
        try:
            picture.write_bytes(again.picture)
        except OSError as error:
            raise StoreError(f"{picture} cannot be written: {error.strerror or error}") from error
    _show(run_id, again.text)
    if again.picture is not None:
        console.print(f"picture: {picture}")


def steps_of(text: str | None) -> list[int]:
    """`1,3-5` as 1, 3, 4, 5; nothing for nothing. Raises ConfigError for anything else."""
    steps: list[int] = []
    for part in text.split(",") if text is not None else ():
        first, dash, last = (number.strip() for number in part.partition("-"))
        if not first.isdecimal() or (dash and (not last.isdecimal() or int(last) < int(first))):
            raise ConfigError(f"--steps {text}: give whole numbers from 1 on, such as 1,7 or 1-7")
        steps += range(int(first), int(last or first) + 1)
    return steps


def _show(run_id: str, text: "ExplanationText") -> None:
    from flows.cli.after.why import drawn

    console.print(run_id)
    for sentence in text.sentences or (text.failure,):
        console.print(f"- {sentence}")
    for name, table in (("mean absolute contribution, over all steps", text.groups), ("forecasts", text.series)):
        if table.rows:
            console.print(f"\n{name}")
            console.print(drawn(table, SHOWN_ROWS))
    if len(text.series.rows) > SHOWN_ROWS:
        console.print(f"and {len(text.series.rows) - SHOWN_ROWS:,} more forecasts")
    for note in text.notes:
        console.print(f"- {note}")
