"""The names of flow runs: kind, pipeline and day, the day in the pipeline's own zone."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect import runtime

from lstm.config import Pipeline, load_pipeline, name_in
from lstm.data.frequency.aliases import parse_frequency
from lstm.errors import ForecastError


def run_name() -> str:
    """`retrain-nyc-weather-2013-12-30`: the flow run's name, from its parameters."""
    return name_of(str(runtime.flow_run.flow_name), runtime.flow_run.parameters, scheduled_start())


def scheduled_start() -> datetime:
    """When the flow run was to start, which its retries share; now where nothing was scheduled."""
    scheduled = runtime.flow_run.scheduled_start_time
    return scheduled if isinstance(scheduled, datetime) else datetime.now(UTC)


def name_of(kind: str, parameters: Mapping[str, Any], scheduled: datetime) -> str:
    """The name of a run of `kind`. parameters: of the flow run; scheduled: when it was to start, aware."""
    path = Path(str(parameters.get("pipeline", "pipeline"))).expanduser()
    try:
        day = _day(load_pipeline(path), kind, scheduled)
    except ForecastError:  # the run itself will say what is wrong with the file
        day = f"{scheduled.astimezone(UTC):%Y-%m-%d}"
    dry = "dry-run-" if parameters.get("dry_run") else ""
    return f"{dry}{kind}-{name_in(path)}-{str(parameters.get('as_of') or '').strip() or day}"


def _day(pipeline: Pipeline, kind: str, scheduled: datetime) -> str:
    """The local day; with the time where a forecast is made of steps shorter than a day: there are many a day."""
    grid = parse_frequency(pipeline.frequency) if pipeline.frequency is not None else None
    often = kind == "forecast" and grid is not None and grid.kind == "seconds" and not grid.is_date
    return f"{scheduled.astimezone(ZoneInfo(pipeline.time_zone)):{'%Y-%m-%dT%H:%M' if often else '%Y-%m-%d'}}"
