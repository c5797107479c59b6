"""Which deployments a pipeline file has in Prefect: one a kind of run, with its schedule, tags and parameters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from flows.schedule import cron_of
from lstm.config import SCHEDULED_KINDS, Pipeline, ScheduledKind, load_pipeline
from lstm.errors import ConfigError

OURS = "nightcast"  # the tag of every deployment that `nightcast deploy` made

WHAT: dict[ScheduledKind, str] = {
    "retrain": "Reads the table, trains, lets the new model through only if its gates say so, and publishes forecasts.",
    "forecast": "Forecasts with the champion from the newest data, without training, and publishes.",
    "monitor": "Compares published forecasts with what came true, and with what the backtest promised.",
    "tune": "Tries settings, and proposes one that is better than the file's beyond chance; publishes nothing.",
}


@dataclass(frozen=True)
class Deployment:
    """A deployment as it shall be in Prefect.

    flow: name of the flow. entrypoint: module path of it: a worker finds it wherever this package is installed.
    queue: work queue, which lets `at_a_time` runs through; None for any number. cron: None where it does not run by
    itself. description: markdown. schema: OpenAPI schema of the parameters; None for what the flow's arguments say.
    """

    flow: str
    name: str
    entrypoint: str
    work_pool: str
    queue: str
    at_a_time: int | None
    tags: tuple[str, ...]
    parameters: dict[str, Any]
    description: str
    cron: str | None = None
    time_zone: str = "UTC"
    schema: dict[str, Any] | None = None

    @property
    def full_name(self) -> str:
        """The name by which Prefect knows it, such as `retrain/nyc-weather`."""
        return f"{self.flow}/{self.name}"


def deployments_of(
    pipeline_files: Sequence[Path], *, worker_folder: str | None = None, work_pool: str | None = None
) -> list[Deployment]:
    """The deployments of some pipeline files, in their order.

    worker_folder: what the current folder is called where the workers run; None when they see these very paths.
    work_pool: for all of them, instead of what the files say.
    Raises ConfigError for a file that is wrong, and where two have one name.
    """
    pipelines = [load_pipeline(path.expanduser()) for path in pipeline_files]
    _refuse_same_names([pipeline.name for pipeline in pipelines], pipeline_files)
    places = [_place(path, worker_folder) for path in pipeline_files]
    return [
        deployment_of(pipeline, kind, place, work_pool or pipeline.schedule.work_pool)
        for pipeline, place in zip(pipelines, places, strict=True)
        for kind in SCHEDULED_KINDS
    ]


def deployment_of(pipeline: Pipeline, kind: ScheduledKind, pipeline_file: str, work_pool: str) -> Deployment:
    """The deployment of one kind of run. pipeline_file: where the worker finds it."""
    return Deployment(
        flow=kind,
        name=pipeline.name,
        entrypoint=f"flows.{kind}.{kind}",
        work_pool=work_pool,
        # What publishes shares one: a limit of the deployment's own would let a forecast begin beside a retrain. Tuning
        # takes hours, which no night shall wait for. A pipeline's name has no dot.
        queue=f"{pipeline.name}.tune" if kind == "tune" else pipeline.name,
        at_a_time=1,
        # By which `tasks.ask_for_retrain` and the automations find it.
        tags=(OURS, f"pipeline:{pipeline.name}", f"kind:{kind}"),
        parameters={"pipeline": pipeline_file},
        description=_description(pipeline, kind, pipeline_file),
        cron=cron_of(pipeline, kind),
        time_zone=pipeline.time_zone,
    )


def _description(pipeline: Pipeline, kind: ScheduledKind, pipeline_file: str) -> str:
    cron = cron_of(pipeline, kind)
    when = f"`{cron}` by the clock of {pipeline.time_zone}" if cron is not None else "not by itself"
    targets = ", ".join(f"`{target}`" for target in pipeline.source.targets)
    return (
        f"{WHAT[kind]}\n\n"
        f"- pipeline: **{pipeline.name}**, {pipeline.horizon} steps of {targets}\n"
        f"- file: `{pipeline_file}`\n"
        f"- runs: {when}; one run of the pipeline at a time\n"
    )


def _place(pipeline_file: Path, worker_folder: str | None) -> str:
    absolute, current = pipeline_file.expanduser().resolve(), Path.cwd().resolve()
    if worker_folder is None:
        return str(absolute)
    if not absolute.is_relative_to(current):
        raise ConfigError(
            f"{pipeline_file} is not below {current}, so --worker-folder does not say where the workers find it; "
            "run the command in a folder above all files"
        )
    return str(PurePosixPath(worker_folder) / absolute.relative_to(current).as_posix())


def _refuse_same_names(names: Iterable[str], pipeline_files: Sequence[Path]) -> None:
    by_name: dict[str, Path] = {}
    for name, path in zip(names, pipeline_files, strict=True):
        other = by_name.setdefault(name, path)
        if other is not path:
            raise ConfigError(f"{other} and {path} are both called {name!r}; give each pipeline a name of its own")
