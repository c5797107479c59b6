"""What groups of inputs, and what is usual, are called where people read them."""

import math
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from lstm.data.frequency.aliases import DAY, Frequency
from lstm.evaluation.explanation.explanation import Group
from lstm.evaluation.wording import steps_in_words

CYCLES = {3_600: "hourly", DAY: "daily", 7 * DAY: "weekly"}


def group_title(group: Group, frequency: Frequency) -> str:
    """`level`, `weekly pattern`, `scheduled`."""
    if group.kind != "season":
        return group.name
    if frequency.kind == "months" and group.season * frequency.step == 12:
        return "yearly pattern"
    cycle = CYCLES.get(group.season * frequency.step) if frequency.kind == "seconds" else None
    if frequency.kind == "business" and group.season == 5:
        cycle = "weekly"
    return f"{cycle} pattern" if cycle else f"pattern of {steps_in_words(frequency, group.season)}"


def usual_for(frequency: Frequency, apart: int, ordinal: int, time_zone: str) -> str:
    """What a step is compared with: `for a Tuesday`, `at 05:00`, `for a Tuesday at 05:00`, `in December`, or `then`.

    apart: steps between the earlier windows.
    """
    seconds = apart * frequency.step if frequency.kind == "seconds" else 0
    if frequency.kind == "months":
        return f"in {_day(frequency, ordinal):%B}" if apart * frequency.step % 12 == 0 else "then"
    if frequency.kind == "business" and apart % 5 == 0:
        return f"for a {_day(frequency, ordinal):%A}"
    if not seconds or seconds % DAY:
        return "then"
    weekday = f"for a {_day(frequency, ordinal, time_zone):%A}" if seconds % (7 * DAY) == 0 and seconds else ""
    if frequency.step % DAY == 0:
        return weekday if weekday and frequency.step == DAY else "then"
    moment = _day(frequency, ordinal, time_zone)
    return f"{weekday} at {moment:%H:%M}".strip()


def step_name(frequency: Frequency, ordinal: int, time_zone: str) -> str:
    """`Tuesday 2013-12-17`, `2013-12-30 05:00`, `2013-12`, or the step."""
    if frequency.kind == "integer":
        return frequency.text(ordinal)
    moment = _day(frequency, ordinal, time_zone)
    if frequency.kind == "months":
        return f"{moment:%B %Y}"
    return f"{moment:%A %Y-%m-%d}" if frequency.is_date else f"{moment:%A %Y-%m-%d %H:%M}"


def decimals(size: float) -> int:
    """How many decimals the numbers of a sum have, so that its largest part has three digits."""
    return min(max(2 - math.floor(math.log10(size)), 0), 6) if size > 0.0 else 2


def signed(value: float, digits: int) -> str:
    """`+16.2`, `-3.0`; `0` for what rounds to that."""
    return f"{value:+,.{digits}f}" if abs(value) >= 0.5 * 10.0**-digits else "0"


def _day(frequency: Frequency, ordinal: int, time_zone: str = "UTC") -> date:
    """A step's date, or its moment by the local clock."""
    time = frequency.times([ordinal])[0].as_py()  # type: ignore[arg-type]
    if isinstance(time, datetime):
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(ZoneInfo(time_zone))
    assert isinstance(time, date)
    return time
