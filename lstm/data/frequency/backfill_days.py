"""The moments that a backfill replays: from a first to a last one, in steps of the clocks of the pipeline's zone."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, takewhile
from zoneinfo import ZoneInfo

from lstm.errors import ConfigError

MOST = 1_000
_MINUTES = {"min": 1, "h": 60, "D": 24 * 60, "W": 7 * 24 * 60}
_MONTHS = {"MS": 1}


def replayed_days(
    start: datetime | int, end: datetime | int, every: str, *, time_zone: str, now: datetime, many: bool = False
) -> list[datetime | int]:
    """`start`, and every step after it up to and with `end`; aware instants in UTC, or integer steps.

    every: `1D`, `7D`, `1W`, `6h`, `30min` or `1MS` (months), or digits for integer steps. Steps go by the clock of the
    zone, so that midnight stays midnight when the clocks change; a time that they skip is the first instant after it.
    now: nothing later can be replayed. many: allows more than MOST moments. Raises ConfigError for what makes no sense.
    """
    if isinstance(start, int) != isinstance(end, int):
        raise ConfigError(f"--from is {start} and --to is {end}: give two dates, or two integer steps")
    if isinstance(start, int) and isinstance(end, int):
        step = _integer_step(every)
        _in_order(start, end)
        _not_too_many((end - start) // step + 1, every, many)
        return list(range(start, end + 1, step))
    assert isinstance(start, datetime)
    assert isinstance(end, datetime)
    number, unit = _step(every)
    _in_order(start, end)
    if end > now:
        raise ConfigError(f"--to {end:%Y-%m-%d %H:%M} UTC lies ahead: a backfill replays the past, to now at most")
    if start.year < 2:
        raise ConfigError(
            f"--from {start.isoformat()} is earlier than any time that can be kept; give a day that the table has"
        )
    if unit in _MONTHS and start.astimezone(ZoneInfo(time_zone)).day > 28:
        raise ConfigError(f"--every {every} needs a day that every month has; give a --from on the first")
    span = timedelta(days=28 * number) if unit in _MONTHS else timedelta(minutes=_MINUTES[unit] * number)
    _not_too_many((end - start) // span + 1, every, many)
    if span > end - start + timedelta(days=1):  # a day, since the clocks may change in between
        return [start]  # the step after it may lie beyond the calendar
    return list(_by_the_clock(start, end, number, unit, ZoneInfo(time_zone)))


def _by_the_clock(start: datetime, end: datetime, number: int, unit: str, zone: ZoneInfo) -> Iterator[datetime]:
    wall = start.astimezone(zone).replace(tzinfo=None, fold=0)
    # A day beyond the end, since the clocks may be put back just before it.
    limit = end.astimezone(zone).replace(tzinfo=None) + timedelta(days=1)
    walls = takewhile(lambda moment: moment <= limit, (_later(wall, number * i, unit) for i in count()))
    # An hour that clocks show twice is two hours to who replays every hour, and one to who replays every six.
    folds = (0, 1) if unit not in _MONTHS and number * _MINUTES[unit] <= _MINUTES["h"] else (0,)
    instants = {moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for moment in walls for fold in folds}
    instants.add(start)  # it may be the second of two hours that look alike
    yield from sorted(instant for instant in instants if start <= instant <= end)


def _later(wall: datetime, steps: int, unit: str) -> datetime:
    if unit in _MINUTES:
        return wall + timedelta(minutes=_MINUTES[unit] * steps)
    months = wall.year * 12 + wall.month - 1 + steps * _MONTHS[unit]
    return wall.replace(year=months // 12, month=months % 12 + 1)


def _step(every: str) -> tuple[int, str]:
    match = re.fullmatch(r"([0-9]{0,6})(min|h|D|W|MS)", every.strip())
    number = int(match[1] or 1) if match else 0
    if match is None or number < 1:
        raise ConfigError(
            f"--every {every!r} is not understood; give 1D, 7D, 6h, 30min or 1MS (the first of each month)"
        )
    return number, match[2]


def _integer_step(every: str) -> int:
    text = every.strip()
    if not re.fullmatch("[0-9]{1,18}", text) or int(text) < 1:
        raise ConfigError(
            f"--every {every!r} is no number of steps, though --from and --to are steps; give such as 1 or 7"
        )
    return int(text)


def _in_order(start: datetime | int, end: datetime | int) -> None:
    if start > end:  # type: ignore[operator]
        raise ConfigError(f"--from {start} is later than --to {end}; a backfill goes forward")


def _not_too_many(runs: int, every: str, many: bool) -> None:
    if runs > MOST and not many:
        raise ConfigError(
            f"that is about {runs:,} runs, one every {every}; say --many if you mean it, or a larger --every"
        )
