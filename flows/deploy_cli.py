"""`nightcast deploy` and `nightcast serve`."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.terminal import console

if TYPE_CHECKING:
    from flows.deploy import Registered
    from flows.deployments import Planned

PipelineFiles = Annotated[list[Path], typer.Argument(help="Pipeline files.", metavar="PIPELINE...")]
WorkPool = Annotated[str | None, typer.Option(help="Work pool, instead of `schedule.work_pool` of the files.")]
WorkerFolder = Annotated[
    str | None,
    typer.Option(help="What the current folder is called where the workers run, such as a folder of a container."),
]


def deploy(pipelines: PipelineFiles, work_pool: WorkPool = None, worker_folder: WorkerFolder = None) -> None:
    """Registers the schedules of pipeline files with the Prefect server; again, after a change.

    Example: `nightcast deploy examples/nyc-weather/pipeline.toml examples/departures/pipeline.toml`
    """
    from flows.deploy import register
    from flows.deployments import planned
    from flows.prefect_server import connected

    plans = planned(pipelines, work_pool=work_pool, worker_folder=worker_folder)
    with connected() as client:
        _show(register(client, plans))
    for pool in dict.fromkeys(plan.pipeline.schedule.work_pool for plan in plans):
        console.print(f"A worker runs them: prefect worker start --pool {pool!r}", markup=False, highlight=False)


def serve(pipelines: PipelineFiles, work_pool: WorkPool = None) -> None:
    """Registers pipeline files, and runs them on this machine by their schedules until it is stopped.

    Example: `nightcast serve examples/nyc-weather/pipeline.toml`
    """
    from flows.deploy import register
    from flows.deployments import planned
    from flows.prefect_server import connected
    from flows.serve import become_worker, refuse_other_types, serving_pool

    plans = planned(pipelines, work_pool=work_pool)
    pool = serving_pool(plans)
    with connected() as client:
        registered = register(client, plans)
        refuse_other_types(client, pool)
    _show(registered)
    become_worker(pool, list(dict.fromkeys(plan.queue for plan in plans)))


def _show(registered: "Sequence[Registered]") -> None:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("deployment", "", "cron", "next run"):
        table.add_column(name)
    for one in registered:
        table.add_row(one.planned.full_name, one.what, one.planned.cron or "off", _next_run(one.planned))
    console.print(table)


def _next_run(plan: "Planned") -> str:
    from flows.deployments import next_run

    start = next_run(plan.pipeline, plan.kind, datetime.now(UTC))
    return start.strftime("%Y-%m-%d %H:%M %Z") if start is not None else "when someone starts it"
