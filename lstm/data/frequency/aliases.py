"""What a pipeline file calls a grid: pandas aliases, and the phase that an alias leaves to the times."""

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa

from lstm.data.frequency.grid import DAY, Frequency
from lstm.errors import ConfigError

__all__ = ["DAY", "Frequency", "fit_frequency", "has_open_phase", "parse_frequency"]

_FIXED_SECONDS = {"s": 1, "min": 60, "h": 3_600, "D": DAY}
_MONTHS = {"M": 1, "MS": 1, "ME": 1, "Q": 3, "QS": 3, "QE": 3, "Y": 12, "YS": 12, "YE": 12}
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_OLD_ALIASES = {"H": "h", "T": "min", "S": "s", "A": "YE", "AS": "YS", "M": "ME", "Q": "QE", "Y": "YE"}


def parse_frequency(alias: str) -> Frequency:
    """A grid from a pandas alias: `15min`, `h`, `D`, `W-MON`, `MS`, `QE-DEC`, `YS`, `B`, or `1` for integer steps.

    Raises ConfigError that names the alias and examples of what is known.
    """
    return _parse(alias)[0]


def _parse(alias: str) -> tuple[Frequency, int]:
    """(grid, unit): the alias leaves the grid's phase open by multiples of the unit."""
    number, name, anchor = _split(alias)
    count = int(number or 1)
    canonical = f"{number}{name}{'-' + anchor if anchor else ''}"
    if count >= 1:
        if not name and number:
            return Frequency(number, "integer", count), 1
        if name == "B" and count == 1 and not anchor:
            return Frequency(canonical, "business", 1), 1
        if name == "W" and anchor in ("", *WEEKDAYS):
            # Pandas names a week by its last day; plain W ends on a Sunday. 1970-01-01 was a Thursday.
            weekday = WEEKDAYS.index(anchor or "SUN")
            grid = Frequency(f"{number}W-{anchor or 'SUN'}", "seconds", 7 * DAY * count, ((weekday - 3) % 7) * DAY)
            return grid, 7 * DAY if anchor else DAY
        if name in _FIXED_SECONDS and not anchor:
            step = _FIXED_SECONDS[name] * count
            return Frequency(canonical, "seconds", step), DAY if step % DAY == 0 else 1
        if name in _MONTHS and anchor in ("", *MONTH_NAMES) and not (anchor and _MONTHS[name] == 1):
            end = name.endswith("E")
            month = MONTH_NAMES.index(anchor) if anchor else (11 if end else 0)
            step = _MONTHS[name] * count
            return Frequency(canonical, "months", step, month % step, month_end=end), _MONTHS[name]
    raise ConfigError(
        f"frequency {alias!r} is not known; give a pandas alias such as 'h', '15min', 'D', 'W-MON', 'MS', 'QE', 'YS', "
        "'B', or '1' for integer steps"
    )


def _split(alias: str) -> tuple[str, str, str]:
    """(number, name, anchor) of an alias; old pandas names replaced."""
    match = re.fullmatch(r"([0-9]{0,9})([A-Za-z]*)(?:-([A-Z]{3}))?", alias.strip())
    number, name, anchor = match.groups() if match else ("", alias, None)
    return number, _OLD_ALIASES.get(name, name), anchor or ""


def has_open_phase(alias: str) -> bool:
    """True where `fit_frequency` takes the phase from the times: `h`, `5min`, plain `W`, but not `D` or `MS`."""
    grid, unit = _parse(alias)
    return grid.kind != "business" and grid.step != unit


def fit_frequency(alias: str, times: pa.Array) -> Frequency:
    """The grid of an alias; its phase is the one that at least half of the times have, where the alias leaves it open.

    So `5min` holds 17:34, 17:39, ..., plain `W` weeks of Mondays, and `5` the steps 3, 8, 13. A time that does not
    share the phase is off the grid. times: in the grid's type.
    """
    grid, unit = _parse(alias)
    if not has_open_phase(alias) or not len(times):
        return grid
    phases = np.mod(grid.numbers(times) - grid.phase, grid.step)
    open_ones = phases[phases % unit == 0]
    if not len(open_ones):
        return grid
    values, counts = np.unique(open_ones, return_counts=True)
    if 2 * counts.max() < len(phases):
        return grid
    phase = int((grid.phase + values[np.argmax(counts)]) % grid.step)
    name = grid.alias
    if re.fullmatch("[0-9]*W-SUN", name) and not alias.strip().endswith("-SUN"):
        name = name.replace("SUN", WEEKDAYS[(phase // DAY + 3) % 7])
    return replace(grid, alias=name, phase=phase)
