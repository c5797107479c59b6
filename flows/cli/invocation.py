"""What the commands share: their arguments, the store of a pipeline file, and a flow run that is shown and exits."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from flows.cli.server_guard import guard_server, start_server
from flows.cli.terminal import SHOWN_ROWS, console, errors, progress_display, show_rows, show_run

if TYPE_CHECKING:
    from lstm.config import Pipeline
    from lstm.references import Outcome
    from lstm.storage.registry.registry import Registry

PipelineFile = Annotated[
    Path, typer.Argument(help="Pipeline file, such as `examples/nyc-weather/pipeline.toml`.", metavar="PIPELINE")
]
AsOf = Annotated[
    str | None,
    typer.Option(
        help="The moment that the run pretends it is: a date, an ISO instant or an integer step; now when left out."
    ),
]

Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key of the pipeline file for this run, such as `training.max_epochs=3`; repeatable.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Do everything and report it, but publish, promote and deliver nothing.")
]

Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMN=VALUE",
        help="Only series with this value in a key column; repeatable: all named columns must fit, and of several "
        "values of one column any may.",
    ),
]


def open_registry(pipeline_file: Path) -> "tuple[Pipeline, Registry]":
    """The pipeline that a file describes, and the registry of its store."""
    from flows.runs.secret_block import secret_block
    from lstm.config import load_pipeline
    from lstm.steps.job import open_pipeline_store
    from lstm.storage.registry.registry import Registry

    pipeline = load_pipeline(pipeline_file)
    return pipeline, Registry(open_pipeline_store(pipeline, pipeline_file.resolve().parent, secret_block))


def version_number(text: str) -> int | None:
    """The number of a version that is given as `2` or `v2`; None where the text is neither."""
    return int(text.removeprefix("v")) if re.fullmatch("v?[0-9]{1,9}", text) else None


def run_flow(flow: Any, pipeline_file: Path, **parameters: object) -> None:
    """Runs a flow in this process, shows how it ended and what it published, and exits with its code."""
    outcome = flow_outcome(flow, pipeline_file, **parameters)
    if not parameters.get("dry_run"):
        _show_forecasts(pipeline_file, outcome.run_id)
    raise typer.Exit(outcome.exit_code)


def flow_outcome(flow: Any, pipeline_file: Path, **parameters: object) -> "Outcome":
    """Runs a flow in this process and shows how it ended; exits where nothing came of it."""
    from prefect.exceptions import Abort

    from flows.deployment.server import check_server
    from flows.runs.ending import outcome_of
    from lstm.config import load_pipeline

    # A mistake in the file or an override is told before a server starts.
    load_pipeline(pipeline_file, cast("dict[str, Any] | None", parameters.get("overrides")))
    check_server()
    guard_server()
    start_server()
    try:
        with progress_display():
            state = flow(pipeline=str(pipeline_file), **parameters, return_state=True)
    except Abort as lost:  # another process has begun this very flow run anew
        errors.print(str(lost), markup=False, highlight=False)
        raise typer.Exit(1) from None
    outcome = outcome_of(state)
    if outcome.exit_code in (1, 2):
        errors.print(outcome.sentence)
        raise typer.Exit(outcome.exit_code)
    show_run(outcome.summary["rows"])
    console.print(outcome.sentence, style="bold")
    return outcome


def _show_forecasts(pipeline_file: Path, run_id: str) -> None:
    from lstm.storage.ledger.ledger import Ledger

    pipeline, registry = open_registry(pipeline_file)
    ledger = Ledger(registry.engine, pipeline.store.forecasts_table)
    rows = ledger.run_rows(run_id)
    left_out = [name for name in ("cutoff", "q50", "reason", "written_at") if name in rows.column_names]
    first_rows = rows.drop_columns(left_out).slice(0, SHOWN_ROWS).to_pylist()
    if not first_rows:
        console.print("no forecasts: every step of the horizon is closed (calendar.closed)")
        return
    show_rows(first_rows, f"first rows of the table {pipeline.store.forecasts_table}")
