"""`nightcast whatif`: tonight's forecasts beside those with other future covariates."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.invocation import AsOf, PipelineFile, Where, flow_outcome
from flows.cli.startup import permanent_imports


def whatif(
    pipeline_file: PipelineFile,
    set_future: Annotated[
        list[str] | None,
        typer.Option(
            "--set-future",
            metavar="NAME*=NUMBER",
            help="What is different over the horizon: a future covariate, one of `=`, `*=`, `+=`, `-=`, and a number; "
            "repeatable, carried out in this order.",
        ),
    ] = None,
    where: Where = None,
    future: Annotated[
        Path | None,
        typer.Option(
            help="A table of CSV, JSON lines or Parquet with key and time columns, and future covariates as they might "
            "be; `--set-future` changes what it says.",
        ),
    ] = None,
    as_of: AsOf = None,
) -> None:
    """Forecasts with other future covariates, side by side with tonight's; publishes nothing.

    Example: `nightcast whatif examples/departures/pipeline.toml --set-future "scheduled*=1.1" --where carrier=AA`
    """
    with permanent_imports():
        from flows.whatif import whatif as whatif_flow

    plan = str(future.expanduser().resolve()) if future is not None else None
    outcome = flow_outcome(whatif_flow, pipeline_file, set_future=set_future, where=where, future=plan, as_of=as_of)
    raise typer.Exit(outcome.exit_code)
