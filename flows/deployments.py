"""Which deployments a pipeline file has in Prefect: one a kind of run, with its schedule, tags and parameters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from cronsim import CronSim

from lstm.config import OFF, SCHEDULED_KINDS, Pipeline, ScheduledKind, load_pipeline
from lstm.data.frequency import parse_frequency
from lstm.errors import ConfigError

OURS = "nightcast"  # the tag of every deployment that `nightcast deploy` made
HOURLY, EACH_MORNING = "10 * * * *", "10 6 * * *"

ENTRYPOINTS: dict[ScheduledKind, str] = {
    # Modules, not files: a worker finds them wherever this package is installed.
    "retrain": "flows.retrain.retrain",
    "forecast": "flows.forecast.forecast",
    "monitor": "flows.monitor.monitor",
}
WHAT: dict[ScheduledKind, str] = {
    "retrain": "Reads the table, trains, lets the new model through only if its gates say so, and publishes forecasts.",
    "forecast": "Forecasts with the champion from the newest data, without training, and publishes.",
    "monitor": "Compares published forecasts with what came true, and with what the backtest promised.",
}
# Environment of every run under a worker, whatever the work pool says.
ENVIRONMENT = {
    # A folder of the user's that is called `flows` or `tasks` must not be imported in place of ours.
    "PYTHONSAFEPATH": "1",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "flows,tasks,lstm",
    # Seconds; a run that is silent for longer is taken for dead by an automation.
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
}


@dataclass(frozen=True)
class Planned:
    """A deployment as it shall be. file: the pipeline file where the worker finds it."""

    kind: ScheduledKind
    pipeline: Pipeline
    file: str

    @property
    def name(self) -> str:
        """`nyc-weather`; Prefect puts the flow's name before it."""
        return self.pipeline.name

    @property
    def full_name(self) -> str:
        """`retrain/nyc-weather`."""
        return f"{self.kind}/{self.name}"

    @property
    def entrypoint(self) -> str:
        """Module path of the flow."""
        return ENTRYPOINTS[self.kind]

    @property
    def queue(self) -> str:
        """Work queue that all runs of the pipeline share; it lets one through at a time."""
        return self.pipeline.name

    @property
    def cron(self) -> str | None:
        """When it runs, None where it does not run by itself."""
        return cron_of(self.pipeline, self.kind)

    @property
    def tags(self) -> list[str]:
        """What finds it again; see also `tasks.monitor_retrain`."""
        return [OURS, f"pipeline:{self.pipeline.name}", f"kind:{self.kind}"]

    @property
    def parameters(self) -> dict[str, object]:
        """What each run gets; `as_of` is left to the run's own time."""
        return {"pipeline": self.file}

    @property
    def description(self) -> str:
        """Markdown for the Prefect UI."""
        when = f"`{self.cron}` by the clock of {self.pipeline.time_zone}" if self.cron else "not by itself"
        targets = ", ".join(f"`{target}`" for target in self.pipeline.source.targets)
        return (
            f"{WHAT[self.kind]}\n\n"
            f"- pipeline: **{self.pipeline.name}**, {self.pipeline.horizon} steps of {targets}\n"
            f"- file: `{self.file}`\n"
            f"- runs: {when}; one run of the pipeline at a time\n"
        )


def cron_of(pipeline: Pipeline, kind: ScheduledKind) -> str | None:
    """The cron of a kind of run, None where it is off."""
    cron: str | None = getattr(pipeline.schedule, kind)
    if cron is None:
        # As `as_of` is floored: to the day where a period is that long, else to the hour or finer.
        daily = pipeline.frequency is not None and parse_frequency(pipeline.frequency).is_date
        cron = EACH_MORNING if daily else HOURLY
    return None if cron == OFF else cron


def next_run(pipeline: Pipeline, kind: ScheduledKind, after: datetime) -> datetime | None:
    """The first start after an aware instant, in the pipeline's zone; None where the kind is off."""
    cron = cron_of(pipeline, kind)
    return next(CronSim(cron, after.astimezone(ZoneInfo(pipeline.time_zone)))) if cron is not None else None


def planned(files: Sequence[Path], *, worker_folder: str | None = None, work_pool: str | None = None) -> list[Planned]:
    """The deployments of some pipeline files, in their order.

    worker_folder: what the current folder is called where the workers run; None when they see these very paths.
    work_pool: for all of them, instead of what the files say.
    Raises ConfigError for a file that is wrong, and where two have one name.
    """
    settings = [_in_pool(load_pipeline(path.expanduser()), work_pool) for path in files]
    _refuse_same_names([pipeline.name for pipeline in settings], files)
    places = [_place(path, worker_folder) for path in files]
    return [
        Planned(kind, pipeline, place)
        for pipeline, place in zip(settings, places, strict=True)
        for kind in SCHEDULED_KINDS
    ]


def _in_pool(pipeline: Pipeline, work_pool: str | None) -> Pipeline:
    if work_pool is None:
        return pipeline
    return pipeline.model_copy(update={"schedule": pipeline.schedule.model_copy(update={"work_pool": work_pool})})


def _place(path: Path, worker_folder: str | None) -> str:
    whole, here = path.expanduser().resolve(), Path.cwd().resolve()
    if worker_folder is None:
        return str(whole)
    if not whole.is_relative_to(here):
        raise ConfigError(
            f"{path} is not below {here}, so --worker-folder does not say where the workers find it; "
            "run the command in a folder above all files"
        )
    return str(PurePosixPath(worker_folder) / whole.relative_to(here).as_posix())


def _refuse_same_names(names: Iterable[str], files: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for name, path in zip(names, files, strict=True):
        other = seen.setdefault(name, path)
        if other is not path:
            raise ConfigError(f"{other} and {path} are both called {name!r}; a pipeline has a name of its own")
