"""Other values of future covariates than those that are known, for some series: what a scenario assumes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.data.quality.report import listed
from lstm.data.rows.series_keys import series_names
from lstm.errors import ConfigError

Operation = Literal["=", "*=", "+=", "-="]
ASSIGNMENT = re.compile(r"\s*(?P<covariate>.*?[^=*+\-\s])\s*(?P<operation>\*=|\+=|-=|=)\s*(?P<value>[^=]*?)\s*")


@dataclass(frozen=True)
class FutureChange:
    """One covariate, and what happens to its values ahead: `scheduled *= 1.1`."""

    covariate: str
    operation: Operation
    value: float

    def __str__(self) -> str:
        return f"{self.covariate} {self.operation} {self.value:.15g}"

    def applied_to(self, values: np.ndarray) -> np.ndarray:
        """The values after the change, of the same shape. What is not known stays so, unless it is set."""
        match self.operation:
            case "=":
                return np.full_like(values, self.value)
            case "*=":
                return values * self.value
            case "+=":
                return values + self.value
            case "-=":
                return values - self.value


def parse_change(text: str) -> FutureChange:
    """A change from `NAME=NUMBER`, with `*=`, `+=` or `-=` as well. Raises ConfigError for another text."""
    parts = ASSIGNMENT.fullmatch(text)
    try:
        value = float(parts["value"]) if parts is not None else float("nan")
    except ValueError:
        value = float("nan")
    if parts is None or not np.isfinite(value):
        raise ConfigError(
            f"--set-future {text!r} is not understood; give a covariate, one of = *= += -=, and a number, such as "
            "scheduled*=1.1"
        )
    return FutureChange(parts["covariate"], parts["operation"], value)  # type: ignore[arg-type]


def parse_conditions(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Values by key column, from `COLUMN=VALUE` texts. Raises ConfigError for a text without `=`."""
    conditions: dict[str, tuple[str, ...]] = {}
    for text in texts:
        column, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not column:
            raise ConfigError(f"--where {text!r} is not understood; give a key column and a value, such as carrier=AA")
        conditions[column] = (*conditions.get(column, ()), value)
    return conditions


def series_where(panel: Panel, conditions: Mapping[str, Sequence[str]]) -> np.ndarray:
    """bool (S): series that have, in every named key column, one of its values; all series without a condition.

    Raises ConfigError for a column that is no key, and for a value that no series has.
    """
    chosen = np.ones(panel.series, bool)
    for column, values in conditions.items():
        if column not in panel.keys.column_names:
            keys = listed(panel.keys.column_names) or "none: the table is one series"
            raise ConfigError(f"{column!r} does not tell series apart; the key columns are {keys}")
        texts = np.array(series_names(panel.keys.select([column])), object)
        for value in values:
            if not (texts == value).any():
                known = listed(sorted(set(texts.tolist())))
                raise ConfigError(f"no series has {column} = {value!r}; there are {known}")
        chosen &= np.isin(texts, np.array(values, object))
    if not chosen.any():
        raise ConfigError("no series has all of these values; leave one of the conditions out")
    return chosen


def with_changes(panel: Panel, changes: Sequence[FutureChange], chosen: np.ndarray) -> Panel:
    """The panel with its future covariates changed, one change after the other, over the horizon of some series.

    chosen: bool (S). Raises ConfigError for a name that is none of the user's future covariates.
    """
    future = panel.future.copy()
    rows = horizon_rows(panel)[chosen].ravel()
    for change in changes:
        place = future_place(panel, change.covariate)
        future[rows, place] = change.applied_to(future[rows, place])
    return replace(panel, future=future)


def future_place(panel: Panel, covariate: str) -> int:
    """The column of a future covariate. Raises ConfigError where it is none."""
    if covariate not in panel.future_names:
        names = listed(panel.future_names) or "none"
        raise ConfigError(f"{covariate!r} is no future covariate of this pipeline (source.future_covariates: {names})")
    return panel.future_names.index(covariate)


def horizon_rows(panel: Panel) -> np.ndarray:
    """int64 (S, H): the rows of the panel after the cutoff."""
    return np.asarray(panel.indptr[1:, None] - panel.horizon + np.arange(panel.horizon))
