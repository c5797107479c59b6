"""`nightcast tune`."""

from typing import Annotated, Any

import typer
from rich.table import Table

from flows.cli.invocation import AsOf, PipelineFile, flow_outcome
from flows.cli.startup import permanent_imports
from flows.cli.terminal import console
from lstm.visible import visible_line


def tune(
    pipeline_file: PipelineFile,
    as_of: AsOf = None,
    trials: Annotated[
        int | None, typer.Option(min=2, help="How many settings are tried; `tuning.trials` when left out.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="How long is tried, such as `30min` or `2h`; `tuning.budget` when left out.")
    ] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the setting into the file where it is better beyond chance.")
    ] = False,
) -> None:
    """Tries settings of the network and its training, and proposes one that is better than the file's beyond chance.

    Example: `nightcast tune examples/departures/pipeline.toml --as-of 2013-12-17 --budget 10min`
    """
    with permanent_imports():
        from flows.tune import tune as tune_flow

    outcome = flow_outcome(tune_flow, pipeline_file, as_of=as_of, trials=trials, budget=budget, write=write)
    _show_trials(outcome.summary.get("trials", {}))
    lines = outcome.summary.get("lines", [])
    if lines and not write:
        console.print("Lines for the pipeline file, which --write puts there:\n", style="bold")
    for line in lines:
        console.print(line)
    raise typer.Exit(outcome.exit_code)


def _show_trials(trials: dict[str, Any]) -> None:
    if not trials:
        return
    table = Table(title="best trials", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for place, name in enumerate(trials["head"]):
        table.add_column(name, overflow="fold" if place == len(trials["head"]) - 1 else "ellipsis")
    for row in trials["rows"]:
        table.add_row(*map(visible_line, row))
    console.print(table)
