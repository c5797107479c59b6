"""How numbers, scores and spans of time are told to people."""

import math
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from lstm.data.frequency.aliases import DAY, Frequency

UNKNOWN = "–"
LEAST_SHARE = 0.0005
_MONTHS = ((12, "year"), (3, "quarter"), (1, "month"))
_SECONDS = ((7 * DAY, "week"), (DAY, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def number(value: float, digits: int = 3) -> str:
    """In a sentence: three significant digits at most, whole thousands with commas: `0.79`, `12.3`, `1,008`."""
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) or value == int(value) else f"{value:.{digits}g}"


def contrast(first: float, second: float) -> tuple[str, str]:
    """Two numbers with as many digits as tell them apart: `0.8212` and `0.8209`."""
    digits = next((count for count in range(3, 10) if number(first, count) != number(second, count)), 3)
    return number(first, digits), number(second, digits)


def percent(share: float) -> str:
    """A difference or a share in a sentence, with two digits, however small it is: `14 %`, `2.1 %`, `0.03 %`."""
    value = 100.0 * share
    return f"{value:,.0f} %" if abs(value) >= 10.0 else f"{value:.2g} %"


def signed_percent(share: float) -> str:
    """`+12 %`, `-3.1 %`, `0 %`."""
    return "0 %" if share == 0.0 else f"{'+' if share > 0 else '-'}{percent(abs(share))}"


def span(low: float, high: float) -> str:
    """An interval of improvements: `0.9 % worse to 4.6 % better`, `0.4 % to 5.9 % better`."""
    if low < 0.0 <= high:
        return f"{percent(-low)} worse to {percent(high)} better"
    return f"{percent(-low)} to {percent(-high)} worse" if low < 0.0 else f"{percent(low)} to {percent(high)} better"


def change(score: float, reference: float) -> str:
    """How an error metric stands to another, above zero: `14 % better than`, `1.8 % worse than`, `equal to`."""
    if score == reference:
        return "equal to"
    if reference == 0.0:
        return "worse than"
    return f"{percent(abs(score / reference - 1.0))} {'better' if score < reference else 'worse'} than"


def clause(text: str) -> str:
    """The first line of a text, without a full stop, to go inside a sentence."""
    lines = text.strip().splitlines()
    return lines[0].strip().rstrip(".:") if lines else "no reason given"


def share_text(value: float) -> str:
    """A part of a whole beside its other parts: `34 %`, `2.4 %`, `nothing` below 0.05 %; `–` for what is not known."""
    if not math.isfinite(value):
        return UNKNOWN
    if value < LEAST_SHARE:
        return "nothing"
    return f"{100 * value:,.1f} %" if value < 0.0995 else f"{100 * value:,.0f} %"


def whole_percent(share: float) -> str:
    """A share in a picture, where decimals would crowd: `80 %`."""
    return f"{100 * share:.0f} %"


def table_number(value: float | None, digits: int = 3) -> str:
    """In a table: three digits or all digits before the point, zeros too; `–` for what is not known."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    size = math.floor(math.log10(abs(value))) if value else 0
    if size >= 7 or size < -4:
        return f"{value:.{digits - 1}e}"
    return f"{value:,.{max(digits - 1 - size, 0)}f}"


def table_column(values: Mapping[str, float | None], unit: str = "") -> dict[str, str]:
    """A column of a table, all with as many decimals as three digits of its smallest value need."""
    known = [abs(value) for value in values.values() if value and math.isfinite(value)]
    decimals = min(max(2 - math.floor(math.log10(min(known))), 0), 4) if known else 0
    return {
        row: f"{value:,.{decimals}f}{unit}" if value is not None and math.isfinite(value) else UNKNOWN
        for row, value in values.items()
    }


def count(value: int | None) -> str:
    """A whole number with commas; `–` for what is not known."""
    return UNKNOWN if value is None else f"{value:,}"


def duration(seconds: float) -> str:
    """`41 s`, `12 min`, `3 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def steps_in_words(frequency: Frequency, count: int) -> str:
    """A number of steps with its unit: `24 hours`, `14 days`, `8 x 15 minutes`, `6 months`."""
    size, unit = _unit(frequency)
    number = f"{count}" if size == 1 else f"{count} x {size}"
    return f"{number} {unit}{'' if count == size == 1 else 's'}"


def _unit(frequency: Frequency) -> tuple[int, str]:
    if frequency.kind == "business":
        return 1, "business day"
    if frequency.kind == "integer":
        return 1, "step"
    sizes = _MONTHS if frequency.kind == "months" else _SECONDS
    return next((frequency.step // size, unit) for size, unit in sizes if frequency.step % size == 0)


def instant(as_of: str, time_zone: str) -> str:
    """An `as_of` as people of the pipeline's zone read it; integer steps as they are."""
    if as_of.lstrip("-").isdigit():
        return as_of
    return local_minute(datetime.fromisoformat(as_of), time_zone)


def local_minute(moment: datetime, time_zone: str) -> str:
    """An aware moment in a zone, to the minute: `2013-12-30 00:00 America/New_York`."""
    return f"{moment.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M} {time_zone}"
