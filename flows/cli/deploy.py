"""`nightcast deploy` and `nightcast serve`."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.cli.terminal import console, errors

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from flows.deployment.automations import AutomationChange
    from flows.deployment.deployments import Deployment
    from flows.deployment.register import Registration

PipelineFiles = Annotated[list[Path], typer.Argument(help="Pipeline files.", metavar="PIPELINE...")]
WorkPool = Annotated[str | None, typer.Option(help="Work pool, instead of `schedule.work_pool` of the files.")]
WorkerFolder = Annotated[
    str | None,
    typer.Option(help="What the current folder is called where the workers run, such as a folder of a container."),
]
Notify = Annotated[
    str | None,
    typer.Option(
        help="Whom alerts tell: `env:NAME` or `block:NAME`, which hold the address of a webhook, or "
        "`block:TYPE/NAME`, a block of Prefect that notifies. Whoever was told before, when left out."
    ),
]


def deploy(
    pipeline_files: PipelineFiles,
    work_pool: WorkPool = None,
    worker_folder: WorkerFolder = None,
    notify: Notify = None,
) -> None:
    """Registers the schedules of pipeline files with the Prefect server; again, after a change.

    Example: `nightcast deploy examples/nyc-weather/pipeline.toml examples/departures/pipeline.toml`
    """
    from flows.deployment.deployments import deployments_of
    from flows.deployment.server import server_client
    from flows.deployment.work_pool import limit_advice

    deployments = deployments_of(pipeline_files, work_pool=work_pool, worker_folder=worker_folder)
    if worker_folder is None:  # else the workers' machine has other files, variables and networks
        _ask(pipeline_files)
    with server_client() as client:
        _register(client, deployments, notify)
        if worker_folder is None:
            _skip(client, deployments)
        for pool in dict.fromkeys(deployment.work_pool for deployment in deployments):
            console.print(f"A worker runs them: prefect worker start --pool {pool!r}")
            if (advice := limit_advice(client, pool)) is not None:
                console.print(advice, style="yellow")


def serve(
    pipeline_files: PipelineFiles,
    work_pool: WorkPool = None,
    notify: Notify = None,
    limit: Annotated[int, typer.Option(min=1, help="Runs at a time on this machine, of all pipelines.")] = 4,
) -> None:
    """Registers pipeline files, and runs them on this machine by their schedules until it is stopped.

    Example: `nightcast serve examples/nyc-weather/pipeline.toml`
    """
    from flows.deployment.deployments import deployments_of
    from flows.deployment.serve import become_worker, serving_pool
    from flows.deployment.server import server_client
    from lstm.errors import ForecastError

    deployments = deployments_of(pipeline_files, work_pool=work_pool)
    for pipeline_file in pipeline_files:
        # One table that is away must not keep the nights of the other pipelines from beginning.
        try:
            _ask([pipeline_file])
        except ForecastError as error:
            errors.print(f"{pipeline_file}: its runs will end so until that is mended: {error}", style="yellow")
    with server_client() as client:
        pool = serving_pool(client, deployments)
        registered = _register(client, deployments, notify)
        _skip(client, deployments)
    become_worker(pool, list(dict.fromkeys(entry.deployment.queue for entry in registered)), limit)


def _ask(pipeline_files: Sequence[Path]) -> None:
    """Raises what the first run of one of the files would end with."""
    from flows.runs.secret_block import secret_block
    from lstm.steps.before.questions import ask
    from lstm.steps.job import RunRequest, open_job

    for pipeline_file in pipeline_files:
        ask(open_job(RunRequest(str(pipeline_file), "retrain"), now=datetime.now(UTC), blocks=secret_block))


def _register(
    client: "SyncPrefectClient", deployments: "Sequence[Deployment]", notify: str | None
) -> "list[Registration]":
    """All or nothing, as far as a server without transactions lets us: whatever may be refused is asked first."""
    from flows.deployment.automations import upsert_automations
    from flows.deployment.register import check, register

    check(client, deployments)
    automations = upsert_automations(client, notify)
    registered = register(client, deployments)
    _show(registered)
    _show_automations(automations)
    return registered


def _skip(client: "SyncPrefectClient", deployments: "Sequence[Deployment]") -> None:
    from flows.runs.staleness import skip_before_start

    skipped = skip_before_start(client, deployments)
    if skipped:
        console.print(f"{skipped} runs that came due while nobody ran them are skipped; newer ones take their place")


def _show(registered: "Sequence[Registration]") -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("deployment", "", "cron", "next run"):
        table.add_column(name)
    for entry in registered:
        deployment = entry.deployment
        table.add_row(deployment.full_name, entry.what, deployment.cron or "off", _next_run(entry))
    console.print(table)


def _next_run(entry: "Registration") -> str:
    from flows.schedule import next_start

    deployment = entry.deployment
    if entry.paused and deployment.cron is not None:
        return "paused"
    start = next_start(deployment.cron, deployment.time_zone, datetime.now(UTC))
    return start.strftime("%Y-%m-%d %H:%M %Z") if start is not None else "when someone starts it"


def _show_automations(upserted: "Sequence[AutomationChange]") -> None:
    changes = Counter(automation.what for automation in upserted)
    counts = [f"{changes[what]} {what}" for what in ("new", "updated", "unchanged", "removed") if changes[what]]
    console.print(f"Automations: {', '.join(counts)}.")
