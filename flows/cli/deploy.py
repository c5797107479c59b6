"""`nightcast deploy` and `nightcast serve`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.cli.terminal import console

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from flows.deployment.automations import Upserted
    from flows.deployment.deployments import Deployment
    from flows.deployment.register import Registered

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
    pipelines: PipelineFiles,
    work_pool: WorkPool = None,
    worker_folder: WorkerFolder = None,
    notify: Notify = None,
) -> None:
    """Registers the schedules of pipeline files with the Prefect server; again, after a change.

    Example: `nightcast deploy examples/nyc-weather/pipeline.toml examples/departures/pipeline.toml`
    """
    from flows.deployment.deployments import planned
    from flows.deployment.server import connected

    wanted = planned(pipelines, work_pool=work_pool, worker_folder=worker_folder)
    with connected() as client:
        _register(client, wanted, notify)
    for pool in dict.fromkeys(one.work_pool for one in wanted):
        console.print(f"A worker runs them: prefect worker start --pool {pool!r}", markup=False, highlight=False)


def serve(pipelines: PipelineFiles, work_pool: WorkPool = None, notify: Notify = None) -> None:
    """Registers pipeline files, and runs them on this machine by their schedules until it is stopped.

    Example: `nightcast serve examples/nyc-weather/pipeline.toml`
    """
    from flows.deployment.deployments import planned
    from flows.deployment.serve import become_worker, serving_pool
    from flows.deployment.server import connected

    wanted = planned(pipelines, work_pool=work_pool)
    with connected() as client:
        pool = serving_pool(client, wanted)
        registered = _register(client, wanted, notify)
    become_worker(pool, list(dict.fromkeys(one.deployment.queue for one in registered)))


def _register(client: "SyncPrefectClient", wanted: "Sequence[Deployment]", notify: str | None) -> "list[Registered]":
    """All or nothing, as far as a server without transactions lets us: whatever may be refused is asked first."""
    from flows.deployment.automations import upsert_automations
    from flows.deployment.register import check, register

    check(client, wanted)
    automations = upsert_automations(client, notify)
    registered = register(client, wanted)
    _show(registered)
    _show_automations(automations)
    return registered


def _show(registered: "Sequence[Registered]") -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("deployment", "", "cron", "next run"):
        table.add_column(name)
    for one in registered:
        deployment = one.deployment
        table.add_row(deployment.full_name, one.what, deployment.cron or "off", _next_run(deployment))
    console.print(table)


def _next_run(deployment: "Deployment") -> str:
    from flows.schedule import next_start

    start = next_start(deployment.cron, deployment.time_zone, datetime.now(UTC))
    return start.strftime("%Y-%m-%d %H:%M %Z") if start is not None else "when someone starts it"


def _show_automations(upserted: "Sequence[Upserted]") -> None:
    counts = {what: sum(one.what == what for one in upserted) for what in ("new", "updated", "unchanged", "removed")}
    told = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    console.print(f"Automations: {told}.", markup=False, highlight=False)
