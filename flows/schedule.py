"""When scheduled runs begin: cron expressions, and the next start of one by the clock of a zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from lstm.config import OFF, Pipeline, ScheduledKind
from lstm.data.frequency.aliases import parse_frequency

HOURLY, EACH_MORNING = "10 * * * *", "10 6 * * *"


def cron_of(pipeline: Pipeline, kind: ScheduledKind) -> str | None:
    """The cron of a kind of run, None where it is off."""
    cron: str | None = getattr(pipeline.schedule, kind)
    if cron is None:
        # As `as_of` is floored: to the day where a period is that long, else to the hour or finer.
        daily = pipeline.frequency is not None and parse_frequency(pipeline.frequency).is_date
        cron = EACH_MORNING if daily else HOURLY
    return None if cron == OFF else cron


def next_start(cron: str | None, time_zone: str, after: datetime) -> datetime | None:
    """The first start after an aware instant, in the zone; None without a cron."""
    return next(CronSim(cron, after.astimezone(ZoneInfo(time_zone)))) if cron is not None else None
