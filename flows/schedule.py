"""When scheduled runs begin: cron expressions, and the next start of one by the clock of a zone."""

from datetime import datetime, timedelta
from zlib import crc32
from zoneinfo import ZoneInfo

from cronsim import CronSim

from lstm.config import OFF, Pipeline, ScheduledKind
from lstm.data.frequency.aliases import parse_frequency

# Minutes of the hour from which the pipeline's name chooses, so that all do not begin at one. The nightly job runs
# before five, when the night's rows are in and no zone changes its clocks; the monitor after the morning's forecasts.
NIGHT, FORECAST, MONITOR = range(15, 45), range(10, 40), range(40, 60)


def cron_of(pipeline: Pipeline, kind: ScheduledKind) -> str | None:
    """The cron of a kind of run, None where it is off."""
    cron: str | None = getattr(pipeline.schedule, kind)
    if cron is None:
        return _default(pipeline, kind)
    return None if cron == OFF else cron


def _default(pipeline: Pipeline, kind: ScheduledKind) -> str | None:
    if kind == "tune":
        return None
    if kind == "retrain":
        return f"{_minute(pipeline.name, NIGHT)} 4 * * *"
    if kind == "monitor":
        return f"{_minute(pipeline.name, MONITOR)} 6 * * *"
    # As `as_of` is floored: to the day where a period is that long, else to the hour or finer.
    daily = pipeline.frequency is not None and parse_frequency(pipeline.frequency).is_date
    return f"{_minute(pipeline.name, FORECAST)} {6 if daily else '*'} * * *"


def _minute(pipeline_name: str, minutes: range) -> int:
    """The same one on every machine, and evenly spread over names."""
    return minutes[crc32(pipeline_name.encode()) % len(minutes)]


def is_start(cron: str, time_zone: str, moment: datetime) -> bool:
    """Whether a cron starts a run at an aware instant."""
    return next_start(cron, time_zone, moment - timedelta(seconds=1)) == moment


def next_start(cron: str | None, time_zone: str, after: datetime) -> datetime | None:
    """The first start after an aware instant, in the zone; None without a cron."""
    # Not `astimezone`: what Prefect answers is a class of its own, which cronsim's sums no longer shall be made with.
    local = datetime.fromtimestamp(after.timestamp(), ZoneInfo(time_zone))
    return next(CronSim(cron, local)) if cron is not None else None
