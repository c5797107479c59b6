"""The frequency that a table has: the coarsest known grid that holds every time of every series."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import numpy as np
import pyarrow as pa

from lstm.data.frequency.aliases import MONTH_NAMES, fit_frequency, parse_frequency
from lstm.data.frequency.grid import DAY, Frequency, whole_seconds
from lstm.errors import DataError

# A grid that is finer than the commonest step comes of odd times, not of a frequency, where it is more than this
# many times finer, or where fewer than this share of the distinct times are off the commonest step.
FINEST_SHARE = 4
ODD_SHARE = 0.1

_UNITS = (("h", 3_600), ("min", 60), ("s", 1))


def infer_frequency(
    values: pa.Array, steps: Mapping[int, int], describe: Callable[[int], str] | None = None
) -> Frequency:
    """The coarsest known grid that holds all times.

    values: the distinct times of all series in order: dates, UTC instants or integers. steps: how often each distance
    lies between neighbours of one series, in seconds or integers. describe: words for
    the value at a position, for an error.
    Raises DataError when no known grid holds the times; the message names the commonest step and an odd time.
    """
    if pa.types.is_integer(values.type):
        return _of_integers(np.asarray(values.cast(pa.int64())))
    describe = describe or (lambda position: time_text(values, position))
    _refuse_fractions(values, describe)
    if not steps:
        raise DataError('no series has two different times, so the frequency cannot be found; name it: frequency = "D"')
    commonest = max(steps, key=lambda step: (steps[step], -step))
    grid = _of_days(values, commonest) if pa.types.is_date(values.type) else _of_instants(values)
    return _confirmed(grid, values, commonest, describe)


def _of_integers(numbers: np.ndarray) -> Frequency:
    step = int(np.gcd.reduce(numbers - numbers[0])) or 1
    return Frequency(str(step), "integer", step, int(numbers[0]) % step)


def _refuse_fractions(values: pa.Array, describe: Callable[[int], str]) -> None:
    if pa.types.is_date(values.type):
        return
    fractions = np.flatnonzero(np.asarray(values.cast(pa.timestamp("us")).cast(pa.int64())) % 1_000_000)
    if len(fractions):
        raise DataError(
            f"{len(fractions):,} times have fractions of a second, such as {describe(int(fractions[0]))}, and no "
            "frequency that Nightcast knows has; round them in the source, or set both frequency and source.off_grid"
        )


def time_text(values: pa.Array, position: int) -> str:
    """One time as a person reads it: `2024-01-31`, `2024-01-31 23:00:00Z`, `417`."""
    text = str(values[position].cast(pa.string()))
    return text.replace(".000000", "") if pa.types.is_timestamp(values.type) else text


def _of_instants(values: pa.Array) -> Frequency:
    """The grid whose step divides every distance."""
    seconds = whole_seconds(values)
    step = int(np.gcd.reduce(seconds - seconds[0]))
    unit, size = next((unit, size) for unit, size in _UNITS if step % size == 0)
    return Frequency(unit if step == size else f"{step // size}{unit}", "seconds", step, int(seconds[0]) % step)


def _of_days(values: pa.Array, commonest: int) -> Frequency:
    days = np.asarray(values.cast(pa.date32()).cast(pa.int32())).astype(np.int64)
    if commonest >= 28 * DAY and (alias := _months(days)) is not None:
        return fit_frequency(alias, values)
    weekdays = (days + 3) % 7
    step = int(np.gcd.reduce(days - days[0]))
    if step % 7 == 0:
        return fit_frequency(f"{step // 7 if step > 7 else ''}W", values)
    weekends_crossed = (days[-1] + 3) // 7 > (days[0] + 3) // 7
    if commonest <= FINEST_SHARE * DAY and weekends_crossed and not (weekdays >= 5).any():
        return parse_frequency("B")
    return fit_frequency(f"{step if step > 1 else ''}D", values)


def _months(days: np.ndarray) -> str | None:
    """Alias of first or last days of months, with every month of the grid; None where they are neither."""
    dates = days.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    end = "S" if (dates == months.astype("datetime64[D]")).all() else "E"
    if end == "E" and ((dates + 1).astype("datetime64[M]") == months).any():
        return None
    number = months.astype(np.int64)
    step = int(np.gcd.reduce(number - number[0]))
    span, size = next((span, size) for span, size in (("Y", 12), ("Q", 3), ("M", 1)) if step % size == 0)
    count = step // size if step > size else ""
    # Any month of a grid of quarters names it; plain quarters end in March, June, September and December.
    month = number[0] % size if end == "S" else (number[0] + 1) % size - 1
    return f"{count}{span}{end}" + (f"-{MONTH_NAMES[month]}" if size > 1 and month != (0 if end == "S" else -1) else "")


def _confirmed(grid: Frequency, values: pa.Array, commonest: int, describe: Callable[[int], str]) -> Frequency:
    """The grid, unless it comes of odd times: those that the commonest step does not reach from most others."""
    finer = round(commonest / grid.seconds) if grid.kind != "business" else 1
    moment = np.mod(grid.ordinals(values)[0], max(finer, 1))
    odd = np.flatnonzero(moment != np.argmax(np.bincount(moment)))
    if not pa.types.is_date(values.type) and commonest >= DAY:
        why = f"{describe(int(odd[0]))} is off it" if len(odd) else "the times are not midnights in time_zone"
    elif finer > 1 and commonest >= 28 * DAY and grid.kind == "seconds":
        odd_day = describe(_first_within_a_month(values))
        why = f"{odd_day} is neither the first nor the last day of a month, as others are"
    elif finer > FINEST_SHARE or len(odd) < ODD_SHARE * len(values) * (finer > 1):
        why = f"{describe(int(odd[0]))} is off it"
    else:
        return grid
    raise DataError(
        f"the frequency cannot be found: the commonest step is {_length(commonest)}, but {why}; mend such times, or "
        "name frequency (and time_zone, for local days) in the pipeline file, and source.off_grid for times off it"
    )


def _first_within_a_month(values: pa.Array) -> int:
    """Position of the first day that is not what most are, first or last days of months."""
    dates = np.asarray(values.cast(pa.int32())).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    starts, ends = dates == months.astype("datetime64[D]"), (dates + 1).astype("datetime64[M]") != months
    return int(np.argmin(starts if starts.sum() >= ends.sum() else ends))


def _length(seconds: int) -> str:
    days, rest = divmod(seconds, DAY)
    return str(timedelta(seconds=seconds)) if rest else f"{days} day{'s' if days > 1 else ''}"
