"""The century of years that are written with two digits: the one in which the table lies, as one piece of time."""

import re
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.timestamps.strptime import POSIX_FIRST_YEAR, read_format

# A table may begin after as_of: what is planned for the next year.
AHEAD = 1
LATEST_KNOWN = 2_900  # an as_of later than that stands for no moment


def read_dated(values: pa.Array, layout: str, as_of: datetime | int | None) -> tuple[pa.Array, str]:
    """(`read_format`, with `%y` as the years in which the table lies; a sentence on these, empty without `%y`).

    A run as of an earlier day reads the same years: the table is as long as it is, and begins at as_of the latest.
    """
    times = read_format(values, layout)
    if not re.search(r"(?<!%)(%%)*%y", layout) or times.null_count == len(times):
        return times, ""
    first = first_year(np.unique(np.asarray(pc.year(times).drop_null())) % 100, as_of)
    times = read_format(values, layout, first)
    low, high = (end.year for end in pc.min_max(times).as_py().values())
    return times, f"years of two digits were read as {low} to {high}"


def first_year(years: np.ndarray, as_of: datetime | int | None) -> int:
    """The first of the hundred years that two digits stand for. years: the different ones, 0 to 99, at least one.

    The table begins after the longest stretch of years that it lacks, and in the latest century in which it has begun
    by as_of; where as_of does not say, it ends in the year that strptime reads (69 is 1969).
    """
    years = np.sort(years)
    absent = np.diff(np.append(years, years[0] + 100))
    longest = np.flatnonzero(absent == absent.max())
    begins, ends = years[(longest + 1) % len(years)], years[longest]
    if isinstance(as_of, datetime) and as_of.year < LATEST_KNOWN:
        latest = as_of.year + AHEAD
        return int(max(begin + (latest - begin) // 100 * 100 for begin in begins.tolist()))
    end = POSIX_FIRST_YEAR + (int(ends[-1]) - POSIX_FIRST_YEAR) % 100
    return end - (int(ends[-1]) - int(begins[-1])) % 100
