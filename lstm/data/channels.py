"""Channels: the values of a table's columns, brought onto the steps of the panel."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lstm.config import Source
from lstm.data.columns import numbers, static_column
from lstm.data.findings import Findings
from lstm.data.layout import Layout
from lstm.data.precision import needs_double
from lstm.errors import DataError


@dataclass(frozen=True)
class Channels:
    """Reads columns as of the run: what is not known ahead is missing after the cutoff. R used rows, T steps."""

    table: pa.Table
    source: Source
    layout: Layout
    found: Findings

    def values(self, name: str) -> np.ndarray:
        """float64 (R): a column of the used rows, infinity as it is, before duplicates are merged."""
        values = numbers(self.table[name])[self.layout.used]
        if name in self.source.future_covariates or self.layout.history.all():
            return values
        return np.where(self.layout.history, values, np.nan)

    def dtype(self) -> type[np.float32] | type[np.float64]:
        """float32, or float64 where a channel loses its spread in float32."""
        series, count = self.layout.series, len(self.layout.first)
        double = any(needs_double(_finite(self.values(name)), series, count) for name in self._names())
        return np.float64 if double else np.float32

    def fill(self, names: tuple[str, ...], channels: np.ndarray) -> None:
        """Writes columns into the first channels (T, at least len(names)) of an array that is NaN throughout."""
        for index, name in enumerate(names):
            values = self.values(name)
            infinite = np.isinf(values)
            if infinite.any():
                self.found.repaired(
                    "infinite values taken as missing",
                    name,
                    self.layout.series[infinite],
                    self.layout.ordinal[infinite],
                )
                values = np.where(infinite, np.nan, values)
            channels[self.layout.step, index] = self.layout.duplicates.merged(values)

    def settle_duplicates(self) -> None:
        """Counts the rows that are merged; under the policy "error" only rows that are equal throughout may be.

        Raises DataError that names the first series and time with rows of other values, and the number of rows.
        """
        duplicates, layout = self.layout.duplicates, self.layout
        if self.source.duplicates == "error":
            rows = duplicates.conflicting(self._compared())
            if len(rows):
                raise DataError(
                    f"{len(rows)} rows share their series and time with a row of other values, first series "
                    f"{self.found.names[layout.series[rows[0]]]!r} at {self.found.grid.text(layout.ordinal[rows[0]])}; "
                    'mend them in the source, or set source.duplicates to "last", "mean" or "sum"'
                )
        kind = "equal rows dropped" if self.source.duplicates == "error" else f"rows merged ({self.source.duplicates})"
        dropped = np.flatnonzero(~duplicates.kept)
        self.found.repaired(kind, "", layout.series[dropped], layout.ordinal[dropped])

    def static(self) -> np.ndarray:
        """float32 (S, G): the one value that each series has in the rows up to the cutoff; NaN where it has none.

        Raises DataError that names a series with two values.
        """
        names = self.source.static_covariates
        static = np.full((len(self.layout.first), len(names)), np.nan, np.float32)
        for index, name in enumerate(names):
            values = static_column(self.table[name])[self.layout.used]
            told = self.layout.history & np.isfinite(values)
            series, values = self.layout.series[told], values[told]
            low, high = np.full(len(static), np.inf), np.full(len(static), -np.inf)
            np.minimum.at(low, series, values)
            np.maximum.at(high, series, values)
            self._refuse_conflict(name, low < high)
            static[:, index] = np.where(low == high, low, np.nan)
        return static

    def _refuse_conflict(self, name: str, conflict: np.ndarray) -> None:
        if conflict.any():
            raise DataError(
                f"static covariate {name!r} has more than one value in {int(conflict.sum())} series, first "
                f"{self.found.names[int(np.flatnonzero(conflict)[0])]!r}; give it one value a series, or make it a "
                "past or future covariate"
            )

    def _compared(self) -> Iterator[np.ndarray]:
        yield from (self.values(name) for name in self._names())
        yield from (static_column(self.table[name])[self.layout.used] for name in self.source.static_covariates)

    def _names(self) -> tuple[str, ...]:
        return (*self.source.targets, *self.source.past_covariates, *self.source.future_covariates)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(values), values, np.nan)
