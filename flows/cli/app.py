"""The command `nightcast`. Heavy imports happen inside the commands, so that `--help` and `check` answer at once."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.after.explain import explain
from flows.cli.after.whatif import whatif
from flows.cli.deploy import deploy, serve
from flows.cli.export import export
from flows.cli.invocation import AsOf, DryRun, Overrides, PipelineFile, flow_outcome, run_flow
from flows.cli.models import models, prune
from flows.cli.promote import promote, rollback
from flows.cli.startup import permanent_imports, prepare
from flows.cli.terminal import console, errors, show_quality
from flows.cli.tune import tune
from lstm.errors import ForecastError

app = typer.Typer(
    name="nightcast",
    help="Nightly forecasts of many time series that are never silently worse than before.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
database = typer.Typer(help="The store database.", no_args_is_help=True)
models.command()(export)
models.command()(promote)
models.command()(rollback)
app.add_typer(models, name="models")
app.add_typer(database, name="db")


@app.command()
def run(pipeline_file: PipelineFile, as_of: AsOf = None, overrides: Overrides = None, dry_run: DryRun = False) -> None:
    """Runs the whole nightly job: read, train, judge, forecast, publish, report.

    Example: `nightcast run examples/nyc-weather/pipeline.toml --as-of 2013-12-30`

    Another try: `nightcast run examples/nyc-weather/pipeline.toml --set training.max_epochs=3 --dry-run`
    """
    with permanent_imports():
        from flows.retrain import retrain
        from lstm.config import parse_settings

    run_flow(retrain, pipeline_file, as_of=as_of, overrides=parse_settings(overrides or ()), dry_run=dry_run)


@app.command()
def forecast(
    pipeline_file: PipelineFile, as_of: AsOf = None, overrides: Overrides = None, dry_run: DryRun = False
) -> None:
    """Forecasts with the champion, without training.

    Example: `nightcast forecast examples/nyc-weather/pipeline.toml --as-of 2013-12-31`
    """
    with permanent_imports():
        from flows.forecast import forecast as forecast_flow
        from lstm.config import parse_settings

    run_flow(forecast_flow, pipeline_file, as_of=as_of, overrides=parse_settings(overrides or ()), dry_run=dry_run)


@app.command()
def monitor(pipeline_file: PipelineFile, as_of: AsOf = None) -> None:
    """Compares published forecasts with what came true, and with what the backtest promised.

    Example: `nightcast monitor examples/nyc-weather/pipeline.toml --as-of 2013-12-30`
    """
    with permanent_imports():
        from flows.monitor import monitor as monitor_flow

    raise typer.Exit(flow_outcome(monitor_flow, pipeline_file, as_of=as_of).exit_code)


@app.command()
def init(
    source: Annotated[
        str,
        typer.Argument(
            help="File of CSV, JSON lines or Parquet, a quoted pattern of such, a database URL or `env:NAME`."
        ),
    ],
    table: Annotated[str | None, typer.Option(help="Table of a database, `schema.table` where it has one.")] = None,
    output: Annotated[Path, typer.Option(help="File to write; it must not be there yet.")] = Path("pipeline.toml"),
    horizon: Annotated[int | None, typer.Option(min=1, help="Steps to forecast; a season or two if left out.")] = None,
    time: Annotated[str | None, typer.Option(help="Column of the times.")] = None,
    series: Annotated[list[str] | None, typer.Option(help="Column that tells series apart; repeatable.")] = None,
    target: Annotated[list[str] | None, typer.Option(help="Column to forecast; repeatable.")] = None,
) -> None:
    """Looks at a table and writes a pipeline file, with the reason behind every guess.

    Example: `nightcast init sales.csv --target units`
    """
    from flows.cli.init import write_pipeline_file
    from lstm.data.profiling.profile import Wishes

    wishes = Wishes(time, tuple(series or ()), tuple(target or ()), horizon)
    raise typer.Exit(write_pipeline_file(source, table, output, wishes))


@app.command()
def check(pipeline_file: PipelineFile, as_of: AsOf = None) -> None:
    """Reads and judges the data, and asks store and sinks whether they will do: what would be repaired or refused.

    Example: `nightcast check examples/departures/pipeline.toml --as-of 2013-12-17`
    """
    with permanent_imports():
        from flows.runs.secret_block import secret_block
        from lstm.steps.before.questions import ask, ask_sinks, like_rows
        from lstm.steps.ingest import read_source_panel
        from lstm.steps.job import RunRequest, open_job

    job = open_job(RunRequest(str(pipeline_file), "retrain", as_of), now=datetime.now(UTC), blocks=secret_block)
    panel, quality = read_source_panel(job)
    if "://" in job.pipeline.store.folder or (job.folder / job.pipeline.store.folder).exists():
        from lstm.steps.champions.vanished import vanished_beforehand

        vanished = vanished_beforehand(job, panel)
        warnings = (*quality.warnings, vanished) if vanished else quality.warnings
        quality = quality.model_copy(update={"warnings": warnings})
    show_quality(quality)
    ask(job)
    ask_sinks(job, like_rows(job.pipeline, panel))
    console.print("Store and sinks can be used.")


@database.command()
def upgrade(pipeline_file: PipelineFile) -> None:
    """Brings the store database of a pipeline to this version's schema.

    Example: `nightcast db upgrade examples/nyc-weather/pipeline.toml`
    """
    from flows.runs.secret_block import secret_block
    from lstm.config import load_pipeline
    from lstm.storage.store.database import store_url, upgrade_store

    pipeline = load_pipeline(pipeline_file)
    version = upgrade_store(store_url(pipeline.store, pipeline_file.resolve().parent, blocks=secret_block))
    console.print(f"the store database has version {version}")


app.command()(tune)
app.command()(prune)
app.command()(deploy)
app.command()(serve)


@app.command()
def backfill(
    pipeline_file: PipelineFile,
    start: Annotated[str, typer.Option("--from", help="First day to replay: a date, an ISO instant, an integer step.")],
    end: Annotated[str, typer.Option("--to", help="Last one.")],
    every: Annotated[str, typer.Option(help="Step between two: 1D, 7D, 6h, 1MS; a number for integer steps.")] = "1D",
    again: Annotated[bool, typer.Option("--again", help="Read the source again for days that are done.")] = False,
    many: Annotated[bool, typer.Option("--many", help="Allow more than a thousand days.")] = False,
) -> None:
    """Replays past days in order, with the champion as of each day; its rows never become today's.

    Example: `nightcast backfill examples/nyc-weather/pipeline.toml --from 2013-12-01 --to 2013-12-29 --every 1D`
    """
    with permanent_imports():
        from flows.backfill import backfill as backfill_flow

    outcome = flow_outcome(backfill_flow, pipeline_file, start=start, end=end, every=every, again=again, many=many)
    raise typer.Exit(outcome.exit_code)


@app.command()
def why(pipeline_file: PipelineFile, as_of: AsOf = None) -> None:
    """Says why the current forecasts, or those of --as-of, are not last night's: new data, covariates, or the model.

    Example: `nightcast why examples/departures/pipeline.toml`
    """
    from flows.cli.after.why import show_why

    show_why(pipeline_file, as_of)


app.command()(whatif)


app.command()(explain)


def main() -> None:
    """Entry point: one clear message and an exit code for everything that Nightcast refuses."""
    prepare()  # a secret block may start the embedded server from any command
    try:
        app()
    except ForecastError as error:
        errors.print(str(error), style="red")
        sys.exit(error.exit_code)
    except OSError as error:
        errors.print(f"{error.filename or 'the machine'}: {error.strerror or error}")
        sys.exit(1)


if __name__ == "__main__":
    main()
