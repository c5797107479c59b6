"""The command `nightcast`. Heavy imports happen inside the commands, so that `--help` and `check` answer at once."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.embedded import prepare
from flows.terminal import console, errors, progress_shown, show_rows, show_run
from lstm.config import Pipeline, load_pipeline
from lstm.errors import ForecastError

if TYPE_CHECKING:
    from lstm.references import Outcome
    from lstm.storage.registry import Registry

app = typer.Typer(
    name="nightcast",
    help="Nightly forecasts of many time series that are never silently worse than before.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
models = typer.Typer(
    help="The models of a pipeline: which there are, which one serves, and changing that.", no_args_is_help=True
)
database = typer.Typer(help="The store database.", no_args_is_help=True)
app.add_typer(models, name="models")
app.add_typer(database, name="db")

PipelineFile = Annotated[
    Path, typer.Argument(help="Pipeline file, such as `examples/nyc-weather/pipeline.toml`.", metavar="PIPELINE")
]
AsOf = Annotated[
    str | None,
    typer.Option(
        help="The moment that the run pretends it is: a date, an ISO instant or an integer step; now when left out."
    ),
]


@app.command()
def run(pipeline: PipelineFile, as_of: AsOf = None) -> None:
    """Runs the whole nightly job: read, train, judge, forecast, publish, report.

    Example: `nightcast run examples/nyc-weather/pipeline.toml --as-of 2013-12-30`
    """
    from flows.retrain import retrain

    _run_flow(retrain, pipeline, as_of=as_of)


@app.command()
def forecast(pipeline: PipelineFile, as_of: AsOf = None) -> None:
    """Forecasts with the champion, without training.

    Example: `nightcast forecast examples/nyc-weather/pipeline.toml --as-of 2013-12-31`
    """
    from flows.forecast import forecast as forecast_flow

    _run_flow(forecast_flow, pipeline, as_of=as_of)


@app.command()
def monitor(pipeline: PipelineFile, as_of: AsOf = None) -> None:
    """Compares published forecasts with what came true, and with what the backtest promised.

    Example: `nightcast monitor examples/nyc-weather/pipeline.toml --as-of 2013-12-30`
    """
    from flows.monitor import monitor as monitor_flow

    raise typer.Exit(_finished(monitor_flow, pipeline, as_of=as_of).exit_code)


@app.command()
def init(
    source: Annotated[
        str, typer.Argument(help="CSV or Parquet file, a quoted pattern of such, a database URL or `env:NAME`.")
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
    from flows.init import write_pipeline_file
    from lstm.data.guess.whole import Wishes

    wishes = Wishes(time, tuple(series or ()), tuple(target or ()), horizon)
    raise typer.Exit(write_pipeline_file(source, table, output, wishes))


@app.command()
def check(pipeline: PipelineFile, as_of: AsOf = None) -> None:
    """Reads and judges the data only: what is there, what would be repaired, what would be refused.

    Example: `nightcast check examples/departures/pipeline.toml --as-of 2013-12-17`
    """
    from lstm.data.as_of import parse_as_of
    from lstm.storage.panel_source import read_panel
    from tasks.job import secret_block

    settings = load_pipeline(pipeline)
    moment = parse_as_of(as_of, pipeline=settings, now=datetime.now(UTC))
    _, quality = read_panel(settings, pipeline.resolve().parent, moment, blocks=secret_block)
    show_run([list(row) for row in quality.table()])
    for sentence in quality.sentences(limit=20):
        console.print(f"- {sentence}", markup=False, highlight=False)
    console.print("The data can be used.")


@models.command("list")
def list_models(pipeline: PipelineFile) -> None:
    """Lists every model, newest first, and says which one serves.

    Example: `nightcast models list examples/nyc-weather/pipeline.toml`
    """
    import pyarrow as pa

    settings, registry = _registry(pipeline)
    rows = [vars(model) for model in registry.models(settings.name)]
    if not rows:
        console.print(f"{settings.name} has no model yet; `nightcast run {pipeline}` trains one")
        return
    show_rows(pa.Table.from_pylist(rows), f"models of {settings.name}")


@models.command("show")
def show_model(
    pipeline: PipelineFile, version: Annotated[int, typer.Argument(help="Version, such as 2 for v2.")]
) -> None:
    """Shows one model: where it is, what it was trained on, how it was judged.

    Example: `nightcast models show examples/nyc-weather/pipeline.toml 1`
    """
    from lstm.report.words import passed

    settings, registry = _registry(pipeline)
    model = registry.model(settings.name, version)
    rows = [[name, str(value)] for name, value in model.model_dump(exclude={"contract"}).items()]
    rows += [[name, str(value)] for name, value in model.contract.model_dump().items()]
    verdict = registry.verdict(model.run_id)
    if verdict is not None:
        rows += [["verdict", verdict.sentence]]
        rows += [[f"gate: {gate.name}", f"{passed(gate)}; {gate.reason}"] for gate in verdict.gates]
    show_run(rows)


Why = Annotated[str, typer.Option("--why", help="The reason, kept with the promotion.", prompt="Why")]


@models.command()
def promote(
    pipeline: PipelineFile, version: Annotated[int, typer.Argument(help="Version, such as 2 for v2.")], why: Why
) -> None:
    """Makes a version champion by your word; the next run forecasts with it.

    Example: `nightcast models promote examples/nyc-weather/pipeline.toml 2 --why "v3 was trained on a broken sensor"`
    """
    import getpass

    from lstm.storage.model_folder import read_model
    from lstm.storage.run_store import runs_root

    settings, registry = _registry(pipeline)
    model = registry.model(settings.name, version)
    read_model(runs_root(settings.store.folder, pipeline.resolve().parent), model.uri, model.fingerprint)
    champion = registry.set_champion(settings.name, version, who=getpass.getuser(), why=why, now=datetime.now(UTC))
    console.print(f"{champion.label} is champion of {settings.name}; the next run forecasts with it")


@models.command()
def rollback(pipeline: PipelineFile, why: Why, as_of: AsOf = None) -> None:
    """Gives the place back to the champion before, and forecasts afresh with it as a new run.

    Example: `nightcast models rollback examples/nyc-weather/pipeline.toml --why "v2 is too wide" --as-of 2013-12-30`
    """
    settings, registry = _registry(pipeline)
    version = registry.rollback_target(settings.name)
    from flows.forecast import rollback as rollback_flow

    _run_flow(rollback_flow, pipeline, version=version, why=why, as_of=as_of)


@database.command()
def upgrade(pipeline: PipelineFile) -> None:
    """Brings the store database of a pipeline to this version's schema.

    Example: `nightcast db upgrade examples/nyc-weather/pipeline.toml`
    """
    from lstm.storage.database import store_url, upgrade_store
    from tasks.job import secret_block

    settings = load_pipeline(pipeline)
    version = upgrade_store(store_url(settings.store, pipeline.resolve().parent, blocks=secret_block))
    console.print(f"the store database has version {version}")


@app.command()
def prune(pipeline: PipelineFile) -> None:
    """Removes the folders of old runs: all but the newest `store.keep_runs`, and every run whose model was promoted.

    Example: `nightcast prune examples/nyc-weather/pipeline.toml`
    """
    from lstm.storage.prune import prune_candidates
    from lstm.storage.run_store import RunStore, runs_root

    settings, registry = _registry(pipeline)
    root = runs_root(settings.store.folder, pipeline.resolve().parent)
    removed = [
        RunStore(root, run_id) for run_id in prune_candidates(registry.engine, settings.name, settings.store.keep_runs)
    ]
    removed = [folder for folder in removed if folder.remove("")]
    for folder in removed:
        console.print(f"removed {folder.uri}", markup=False, highlight=False)
    console.print(f"{len(removed)} run folders removed; forecasts, verdicts and models of promotions stay")


@app.command()
def why(pipeline: PipelineFile, as_of: AsOf = None) -> None:
    """Says why the current forecasts, or those of --as-of, are not last night's: new data, covariates, or the model.

    Example: `nightcast why examples/departures/pipeline.toml`
    """
    from flows.why import show_why

    show_why(pipeline, as_of)


def _registry(pipeline: Path) -> "tuple[Pipeline, Registry]":
    from lstm.storage.registry import Registry
    from tasks.job import open_pipeline_store

    settings = load_pipeline(pipeline)
    return settings, Registry(open_pipeline_store(settings, pipeline.resolve().parent))


def _run_flow(flow: Any, pipeline: Path, **parameters: object) -> None:
    """Runs a flow in this process, shows how it ended and what it published, and exits with its code."""
    outcome = _finished(flow, pipeline, **parameters)
    _show_forecasts(pipeline, outcome.run_id)
    raise typer.Exit(outcome.exit_code)


def _finished(flow: Any, pipeline: Path, **parameters: object) -> "Outcome":
    """Runs a flow in this process and shows how it ended; exits where nothing came of it."""
    from lstm.references import Outcome

    load_pipeline(pipeline)  # a mistake in the file is told before a server starts
    with progress_shown():
        state = flow(pipeline=str(pipeline), **parameters, return_state=True)
    outcome = state.result(raise_on_failure=False)
    if not isinstance(outcome, Outcome):
        errors.print(f"Nothing was published: {state.message}", markup=False, highlight=False)
        raise typer.Exit(1)
    if outcome.exit_code in (1, 2):
        errors.print(outcome.sentence, markup=False, highlight=False)
        raise typer.Exit(outcome.exit_code)
    show_run(outcome.summary["rows"])
    console.print(outcome.sentence, style="bold", markup=False, highlight=False)
    return outcome


def _show_forecasts(pipeline: Path, run_id: str) -> None:
    from lstm.storage.ledger import Ledger

    settings, registry = _registry(pipeline)
    ledger = Ledger(registry.engine, settings.store.forecasts_table)
    rows = ledger.run_rows(run_id)
    left_out = [name for name in ("cutoff", "q50", "reason", "written_at") if name in rows.column_names]
    show_rows(rows.drop_columns(left_out), f"first rows of the table {settings.store.forecasts_table}")


def main() -> None:
    """Entry point: one clear message and an exit code for everything that Nightcast refuses."""
    prepare()  # a secret block may start the embedded server from any command
    try:
        app()
    except ForecastError as error:
        errors.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(error.exit_code)
    except OSError as error:
        errors.print(f"{error.filename or 'the machine'}: {error.strerror or error}", markup=False, highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
