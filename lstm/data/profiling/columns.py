"""Each column of a sample as what it could be: numbers, times, ids."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.profiling.marks import FITTING_SHARE, GuessedMarks
from lstm.data.profiling.times import TimeReading, read_as_counts, read_as_times
from lstm.data.rows.distinct import distinct_values
from lstm.data.rows.missing_codes import MOST_CODES, OFTEN, number_text, suspected_codes
from lstm.data.rows.numbers import FALSE_TEXTS, TRUE_TEXTS, numbers_from_text

_TIME_WORDS = ("time", "date", "datetime", "timestamp", "ds", "day", "stamp", "hour", "week", "month", "quarter",
               "year", "period", "t", "step", "datum", "zeit", "tag", "fecha", "jour", "data")  # fmt: skip
_KNOWN_WORDS = ("known", "created", "updated", "modified", "inserted", "loaded", "ingested", "published", "issued",
                "received", "recorded", "extracted", "revision", "vintage", "asof")  # fmt: skip
_ID_WORDS = ("id", "key", "code", "sku", "uid", "series", "store", "shop", "item", "product", "article", "sensor",
             "meter", "station", "site", "region", "location", "device", "customer", "account", "no", "nr", "country",
             "province", "state", "city", "stn", "wmo", "usaf", "wban", "zip", "postcode", "plz")  # fmt: skip
# What a row has and nobody forecasts: where something stands.
_PLACE_WORDS = ("lat", "latitude", "lon", "lng", "longitude", "elevation", "altitude")
# Names of what people forecast, then words of such names; the likeliest first.
TARGET_NAMES = ("y", "target", "value", "values", "observed", "actual")
TARGET_WORDS = ("sales", "units", "demand", "quantity", "qty", "sold", "volume", "orders", "load", "consumption",
                "usage", "visits", "visitors", "passengers", "trips", "rides", "count", "cnt", "revenue", "turnover",
                "amount", "kwh", "mwh", "power", "energy", "traffic", "requests", "calls", "total")  # fmt: skip
_CALENDAR_WORDS = ("year", "month", "day", "hour", "minute", "week", "weekday", "dow", "dayofweek", "quarter", "doy",
                   "weekofyear", "dayofyear", "yday", "wday")  # fmt: skip
# A column of at least so many different numbers may have words among them.
LEAST_NUMBERS = 10


@dataclass(frozen=True)
class Column:
    """A column of R sampled rows. code: int64 (R), the distinct value of each, -1 where it is missing.

    values: float64 (R) as numbers, NaN where missing or bad; None where it is no column of numbers. bad: bool (R),
    texts among the numbers. written: it is text in the source. codes: words and numbers among the numbers that seem to
    stand for a missing value, and in how many rows; they are neither values nor bad.
    """

    name: str
    code: np.ndarray
    values: np.ndarray | None
    bad: np.ndarray
    truth: bool
    written: bool
    time: TimeReading | None
    count: TimeReading | None
    codes: Mapping[str, int] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """The name in lower-case words: `OrderDate` and `order_date` are order and date."""
        apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", self.name)
        return [word for word in re.split(r"[\W_\d]+", apart.lower()) if word]

    def is_called(self, words: Sequence[str]) -> bool:
        """True where the name, or a word of it, is one of these."""
        return bool({*self.words, "".join(self.words)} & {*words})

    @cached_property
    def distinct(self) -> int:
        """Number of different values."""
        return int(self.code.max(initial=-1)) + 1

    @property
    def is_number(self) -> bool:
        """True where there is any number in it."""
        return self.values is not None and self.distinct > 0

    @cached_property
    def is_whole(self) -> bool:
        """True for integers that are not negative: counts, codes and ids."""
        if self.values is None:
            return False
        finite = self.values[np.isfinite(self.values)]
        return len(finite) > 0 and bool((finite >= 0).all() and (finite == np.floor(finite)).all())

    @property
    def has_time_name(self) -> bool:
        """True where the name says that it is when a row is of."""
        return self.is_called(_TIME_WORDS) and not self.has_known_name

    @property
    def has_known_name(self) -> bool:
        """True where the name says since when a row is known."""
        return self.is_called(_KNOWN_WORDS)

    @property
    def has_id_name(self) -> bool:
        """True where the name says that it tells things apart."""
        last = self.words[-1] if self.words else ""
        return self.is_called(_ID_WORDS) or last in ("name", "number") or last.endswith(("nummer", "name"))

    @property
    def has_target_name(self) -> bool:
        """True where the name says that it is what is forecast."""
        return "".join(self.words) in TARGET_NAMES or self.is_called(TARGET_WORDS)

    @property
    def is_label(self) -> bool:
        """True where the name says that its numbers tell things apart or say where they are, and measure nothing."""
        return (self.has_id_name or self.is_called(_PLACE_WORDS)) and not self.has_target_name

    @property
    def has_calendar_name(self) -> bool:
        """True for a part of the date, which the calendar features know already."""
        return "".join(self.words) in _CALENDAR_WORDS


def describe(table: pa.Table, marks: GuessedMarks, now: datetime | None) -> dict[str, Column]:
    """The columns of a sample by name. marks: of its texts. now: tells the century of years of two digits."""
    return {name: _described(name, table[name], marks, now) for name in table.column_names}


def _described(name: str, column: pa.ChunkedArray, marks: GuessedMarks, now: datetime | None) -> Column:
    kind = column.type
    written = bool(pa.types.is_string(kind))
    code, distinct = distinct_values(column)
    # Only what is blank: an id may be called NA.
    filled = np.asarray(pc.not_equal(pc.utf8_trim_whitespace(distinct.cast(pa.string())), ""))
    code = np.append(np.where(filled, np.cumsum(filled) - 1, -1), -1)[code]
    bad, codes = np.zeros(len(column), bool), dict[str, int]()
    values = _typed_numbers(column)
    if written:
        values, bad, codes = _numbers(column, marks)
    truth = pa.types.is_boolean(kind) or (written and values is not None and _is_truth(distinct))
    could_count = values is not None and not pa.types.is_boolean(kind)
    time = read_as_times(column, now)
    count = read_as_counts(column) if could_count and time is None else None
    described = Column(name, code, values, bad, truth, written, time, count, codes)
    if values is None or truth or time is not None or described.is_label or described.has_calendar_name:
        return described
    suspects = suspected_codes(values[np.isfinite(values)])
    codes |= {number_text(value): often for value, often in suspects.items()}
    return replace(described, values=np.where(np.isin(values, list(suspects)), np.nan, values), codes=codes)


def _numbers(column: pa.ChunkedArray, marks: GuessedMarks) -> tuple[np.ndarray | None, np.ndarray, dict[str, int]]:
    """(the numbers, None where too few are; bool (R) where a text is none and no code; words that are codes)."""
    code, distinct = distinct_values(column)
    values, wrong = numbers_from_text(distinct, marks.decimal, marks.thousands)
    often = np.bincount(code[code >= 0], minlength=len(distinct))
    codes = _words(distinct, wrong, often) if int(values.is_valid().sum().as_py() or 0) >= LEAST_NUMBERS else {}
    wrong = wrong & ~np.asarray(pc.is_in(pc.utf8_trim_whitespace(distinct), pa.array([*codes], pa.string())), bool)
    bad = np.append(wrong, False)[code]
    floats = np.append(np.asarray(values.fill_null(float("nan"))), np.nan)[code]
    count = int(np.isfinite(floats).sum())
    enough = count and count >= FITTING_SHARE * (count + bad.sum()) and count >= sum(codes.values())
    return (floats if enough else None), bad, codes if enough else {}


def _words(distinct: pa.Array, wrong: np.ndarray, often: np.ndarray) -> dict[str, int]:
    """Words without a digit that are there OFTEN, few enough of them to be codes. often: int (U), of each text."""
    words = {
        distinct[place].as_py().strip(): int(often[place])
        for place in np.flatnonzero(wrong)[:LEAST_NUMBERS].tolist()
        if often[place] >= OFTEN and not re.search(r"\d", distinct[place].as_py())
    }
    return words if len(words) <= MOST_CODES else {}


def _typed_numbers(column: pa.ChunkedArray) -> np.ndarray | None:
    kind = column.type
    is_number = (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )
    return np.asarray(column.cast(pa.float64(), safe=False).to_numpy()) if is_number else None


def _is_truth(distinct: pa.Array) -> bool:
    words = pc.utf8_lower(pc.utf8_trim_whitespace(distinct))
    return bool(pc.any(pc.is_in(words, value_set=pa.array((*TRUE_TEXTS, *FALSE_TEXTS)))).as_py())
