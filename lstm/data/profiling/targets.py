"""What is forecast, and what could explain it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lstm.data.profiling.columns import TARGET_NAMES, TARGET_WORDS, Column
from lstm.data.profiling.keys import GuessedKey
from lstm.data.profiling.time_columns import GuessedTime, column_of_option
from lstm.errors import ConfigError, DataError

_PLANNED = ("planned", "plan", "scheduled", "schedule", "promo", "promotion", "onpromotion", "holiday", "forecast",
            "forecasted", "open", "event", "events", "discount", "campaign", "booked", "budget")  # fmt: skip


@dataclass(frozen=True)
class GuessedTargets:
    """Columns to forecast, and columns that could explain them. why: reason for the choice of targets.

    past, future, static: what could explain them. ahead: the future ones have values after the last target.
    """

    targets: tuple[Column, ...]
    why: str
    past: tuple[str, ...]
    future: tuple[str, ...]
    static: tuple[str, ...]
    ahead: bool


def guess_targets(
    columns: Mapping[str, Column], time: GuessedTime, key: GuessedKey, wishes: Sequence[str], table_name: str
) -> GuessedTargets:
    """Targets by name, else the first column of numbers. table_name: of the file or table, which may name the target.

    Raises DataError where no column holds numbers, ConfigError where one of the wishes does not.
    """
    with_role = {time.column.name, *key.names, *key.also, *([key.known_at] if key.known_at else [])}
    free = [column for column in columns.values() if column.name not in with_role and column.time is None]
    static = [column for column in free if _is_static(column, key.series, time.reading.fits)]
    numbers = [column for column in free if column.is_number and column not in static and column.distinct > 1]
    rows = int(time.reading.fits.sum())
    numbers = [column for column in numbers if not column.has_calendar_name and not _is_row_number(column, rows)]
    if wishes:
        targets, why = tuple(_target_of_wish(columns, name) for name in wishes), "as you said"
    else:
        targets, why = _likeliest(numbers or [column for column in free if column.is_number], table_name)
    other_numbers = [column for column in numbers if column not in targets]
    ahead = _known_ahead(other_numbers, targets, time)
    future = ahead or [column for column in other_numbers if column.is_called(_PLANNED)]
    return GuessedTargets(
        targets,
        why,
        tuple(column.name for column in other_numbers if column not in future),
        tuple(column.name for column in future),
        tuple(column.name for column in static if column not in targets),
        bool(ahead),
    )


def _target_of_wish(columns: Mapping[str, Column], name: str) -> Column:
    column = column_of_option(columns, name, "--target")
    if not column.is_number:
        raise ConfigError(f"--target {name}: the column holds no numbers")
    return column


def _is_static(column: Column, series: np.ndarray, rows: np.ndarray) -> bool:
    """True where the column has one value a series, and not the same one in all."""
    filled = rows & (column.code >= 0)
    pairs = np.unique(np.stack([series[filled], column.code[filled]]), axis=1)
    return column.distinct > 1 and pairs.shape[1] == len(np.unique(series[filled])) < int(filled.sum())


def _is_row_number(column: Column, rows: int) -> bool:
    """True for the number of a row and for ids of rows: every value once, and named so, counted up, or not named."""
    unnamed = not column.words or column.words[0] in ("unnamed", "index", "row", "rownum")
    if column.values is not None and not column.has_target_name and len(column.values) == rows > 2:
        unnamed |= column.words == ["instant"] or (column.has_id_name and bool((np.diff(column.values) == 1).all()))
    named = unnamed or column.words[-1] in ("id", "index", "key")
    return column.is_whole and column.distinct >= rows and named


def _likeliest(numbers: Sequence[Column], table_name: str) -> tuple[tuple[Column, ...], str]:
    measured = [column for column in numbers if not column.is_label]
    usual = [column for column in measured if not column.truth] or measured or list(numbers)
    if not usual:
        raise DataError("no column holds numbers, so there is nothing to forecast; bring a table with one")
    for column in usual:
        if "".join(column.words) in TARGET_NAMES:
            return (column,), "its name says so"
    for column in usual:
        if _stems(column.words) & _stems(table_name.lower().replace("-", "_").split("_")):
            return (column,), f"the table is called {table_name}"
    for word in TARGET_WORDS:
        for column in usual:
            if word in column.words:
                return (column,), "by its name"
    why = "the only column of numbers" if len(usual) == 1 else "the first column of numbers; its name says nothing"
    return (usual[0],), why


def _stems(words: Sequence[str]) -> set[str]:
    return {word.removesuffix("s") for word in words if len(word) > 2}


def _known_ahead(candidates: Sequence[Column], targets: Sequence[Column], time: GuessedTime) -> list[Column]:
    """Columns that have values in rows later than the last value of any target."""
    observed = np.any([np.isfinite(column.values) for column in targets if column.values is not None], axis=0)
    observed = observed & time.reading.fits
    if not observed.any():
        return []
    later = time.reading.fits & (time.reading.values > time.reading.values[observed].max())
    return [
        column
        for column in candidates
        if later.any() and column.values is not None and np.isfinite(column.values[later]).any()
    ]
