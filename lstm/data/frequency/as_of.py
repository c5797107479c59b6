"""`as_of`, the moment that a run pretends it is: from what a person writes to an instant, and to text and back."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from lstm.config import Pipeline
from lstm.data.frequency.aliases import Frequency, parse_frequency
from lstm.errors import ConfigError


def parse_as_of(text: str | None, *, pipeline: Pipeline, now: datetime) -> datetime | int:
    """The moment that `--as-of` names: an aware instant in UTC in whole seconds, or an integer step.

    A date is the start of that day in the pipeline's zone, where a stamp without an offset is read too; digits are a
    step, for a frequency of integer steps only. None is now, floored to the frequency where the file gives one (to the
    start of the local day for dates), else to the hour. A moment in the future is fine.
    now: an aware instant. Raises ConfigError for anything else.
    """
    grid = parse_frequency(pipeline.frequency) if pipeline.frequency is not None else None
    if text is None:
        return _floored(now, grid, pipeline.time_zone)
    text = text.strip()
    if re.fullmatch("[0-9]{1,18}", text) and grid is not None and grid.kind == "integer":
        return int(text)
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return _start_of_day(_parsed(text, text).date(), pipeline.time_zone)
    if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", text):
        return _instant(_parsed(text, text), pipeline.time_zone)
    raise _nonsense(text)


def _parsed(text: str, shown: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise _nonsense(shown) from None


def _nonsense(text: str) -> ConfigError:
    return ConfigError(
        f"as_of {text!r} is not understood; give a date (2013-12-30), an ISO time (2013-12-30T05:00:00Z), or digits "
        "where the pipeline file has a frequency of integer steps"
    )


def _start_of_day(day: date, time_zone: str) -> datetime:
    # Where the clocks skip midnight, this is the first instant after it.
    return _in_utc(datetime.combine(day, time(), ZoneInfo(time_zone)), str(day))


def _instant(moment: datetime, time_zone: str) -> datetime:
    second = moment.replace(microsecond=0)
    if second.tzinfo is not None:
        return _in_utc(second, str(moment))
    local = second.replace(tzinfo=ZoneInfo(time_zone))
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        raise ConfigError(
            f"as_of {moment} does not exist or exists twice in {time_zone}, where the clocks change; give its offset, "
            "as in 2013-11-03T01:30:00-04:00"
        )
    return _in_utc(local, str(moment))


def _in_utc(moment: datetime, shown: str) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise _nonsense(shown) from None


def _floored(now: datetime, grid: Frequency | None, time_zone: str) -> datetime:
    if grid is not None and grid.is_date:
        return _start_of_day(now.astimezone(ZoneInfo(time_zone)).date(), time_zone)
    if grid is not None and grid.kind == "seconds":
        instant = pa.array([now.astimezone(UTC)], grid.arrow_type)
        start: datetime = grid.times(np.asarray(grid.ordinals(instant)[0]))[0].as_py()
        return start.astimezone(UTC)
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def as_of_text(as_of: datetime | int) -> str:
    """`2013-12-30T05:00:00Z`, or the digits of an integer step; see `RunKey.as_of`."""
    if isinstance(as_of, int):
        return str(as_of)
    return as_of.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def read_as_of(text: str) -> datetime | int:
    """Inverse of `as_of_text`. Raises ConfigError for anything else."""
    if re.fullmatch("[0-9]+", text):
        return int(text)
    moment = _parsed(text, text)
    if moment.utcoffset() != timedelta(0):
        raise ConfigError(f"as_of {text!r} is neither an ISO instant in UTC (2013-12-30T05:00:00Z) nor an integer step")
    return moment.astimezone(UTC)


def not_later(run_as_of: str, limit_as_of: str) -> bool:
    """Whether a run as of `run_as_of` has read nothing that one as of `limit_as_of` may not; see `RunKey.as_of`.

    An instant and an integer step cannot be compared, so neither is at or before the other.
    """
    run, limit = read_as_of(run_as_of), read_as_of(limit_as_of)
    if isinstance(run, int) or isinstance(limit, int):
        return isinstance(run, int) and isinstance(limit, int) and run <= limit
    return run <= limit
