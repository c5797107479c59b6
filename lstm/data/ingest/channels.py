"""Channels: the values of a table's columns, brought onto the steps of the panel."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import pyarrow as pa

from lstm.config import Table
from lstm.data.ingest.placement import Placement
from lstm.data.ingest.precision import needs_double
from lstm.data.quality.findings import Findings
from lstm.data.quality.report import listed
from lstm.data.rows.static_columns import StaticColumn, static_column
from lstm.errors import DataError


@dataclass(frozen=True)
class Channels:
    """Reads columns as of the run: what is not known ahead is missing after the cutoff.

    ahead: columns that are known ahead. static: columns with one value a series. marks: of numbers in texts.
    """

    placement: Placement
    names: tuple[str, ...]
    ahead: tuple[str, ...]
    static: tuple[str, ...]
    findings: Findings
    marks: Table

    def finite(self, name: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Blocks of (series, value) where a column has a finite value."""
        for series, _, values in self._values(name):
            known = np.isfinite(values)
            yield (series, values) if known.all() else (series[known], values[known])

    def _values(self, name: str) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Blocks of (series, step, value) of a column, infinity as it is; up to the cutoff where not known ahead."""
        hidden = None if name in self.ahead else self.placement.layout.ahead
        for series, steps, values in self.placement.blocks(name):
            if hidden is not None and (later := hidden[steps]).any():
                yield series[~later], steps[~later], values[~later]
            else:
                yield series, steps, values

    def fill(self, names: tuple[str, ...], channels: np.ndarray, *, only_missing: bool = False) -> None:
        """Writes columns into the first channels (T, at least len(names)); only_missing: where there is no value."""
        for index, name in enumerate(names):
            column = channels[:, index]
            filled = ~np.isnan(column) if only_missing else None
            for _, steps, values in self._values(name):
                self._write(column, steps, self._without_infinity(name, steps, values), filled)
            duplicates = self.placement.duplicates
            if duplicates is not None:
                steps = self.placement.steps[duplicates.kept]
                self._write(column, steps, duplicates.merged(self._at_duplicates(name)), filled)

    @staticmethod
    def _write(column: np.ndarray, steps: np.ndarray, values: np.ndarray, filled: np.ndarray | None) -> None:
        if filled is not None:
            free = ~filled[steps]
            steps, values = steps[free], values[free]
        column[steps] = values

    def _without_infinity(self, name: str, steps: np.ndarray, values: np.ndarray) -> np.ndarray:
        infinite = np.isinf(values)
        if not infinite.any():
            return values
        self.findings.repaired("infinite values taken as missing", name, *self.placement.layout.place(steps[infinite]))
        return np.where(infinite, np.nan, values)

    def _at_duplicates(self, name: str) -> np.ndarray:
        """float64 (D): values of the rows that share their step; missing where they are infinite or not known ahead."""
        assert self.placement.duplicates is not None
        rows = self.placement.duplicates.rows
        values = self.placement.at(name, rows)
        hidden = np.isinf(values)
        if name not in self.ahead:
            hidden |= self.placement.layout.ahead[self.placement.steps[rows]]
        return np.where(hidden, np.nan, values)

    def settle_duplicates(self) -> None:
        """Counts the rows that are merged; under the policy "error" only rows that are equal throughout may be.

        Raises DataError that names the first series and time with rows of other values, and the number of rows.
        """
        duplicates, layout = self.placement.duplicates, self.placement.layout
        if duplicates is None:
            return
        if duplicates.policy == "error":
            rows = duplicates.conflicting(self._compared())
            if len(rows):
                series, ordinal = layout.place(self.placement.steps[rows[:1]])
                # Without key columns, several series look like one that repeats its times.
                keyless = list(self.findings.names) == ["all"]
                hint = "name the columns that tell series apart (source.series), " if keyless else ""
                raise DataError(
                    f"{len(rows):,} rows share their series and time with a row of other values, first series "
                    f"{self.findings.places(series, ordinal)}; "
                    f'{hint}mend them in the source, or set source.duplicates to "last", "mean" or "sum"',
                    series=self.findings.names[int(series[0])],
                    value=self.findings.grid.text(int(ordinal[0])),
                )
        kind = "equal rows dropped" if duplicates.policy == "error" else f"rows merged ({duplicates.policy})"
        self.findings.repaired_rows(
            kind,
            *layout.place(self.placement.steps[duplicates.dropped]),
            rows=self.placement.rows,
            advice="is a column missing in source.series, or has the table a finer time?",
        )

    def _compared(self) -> Iterator[np.ndarray]:
        assert self.placement.duplicates is not None
        yield from (self._at_duplicates(name) for name in self.names)
        rows = self.placement.duplicates.rows
        yield from (self._static(name, self.placement.chosen).values[rows] for name in self.static)

    def _static(self, name: str, chosen: np.ndarray) -> StaticColumn:
        """A static covariate in some rows of the table, whose texts alone tell what a text stands for."""
        column = self.placement.table[name].filter(pa.array(chosen))
        return static_column(column, self.marks.decimal, self.marks.thousands)

    def static_values(self) -> tuple[np.ndarray, tuple[tuple[str, ...], ...]]:
        """(float32 (S, G), categories) as a `Panel` has them: the one value that each series has up to the cutoff.

        Raises DataError that names a series with two values.
        """
        layout = self.placement.layout
        static = np.full((len(layout.first), len(self.static)), np.nan, np.float32)
        history = ~layout.ahead[self.placement.steps]
        chosen = self.placement.chosen.copy()
        chosen[chosen] = history
        categories = []
        for index, name in enumerate(self.static):
            column = self._static(name, chosen)
            categories.append(column.categories)
            self._remark_odd(name, np.unique(layout.place(self.placement.steps[history][column.odd])[0]))
            known = np.isfinite(column.values)
            series, values = layout.place(self.placement.steps[history][known])[0], column.values[known]
            # Lowest and highest value of each series: equal where it has one value, inf and -inf where it has none.
            low, high = np.full(len(static), np.inf), np.full(len(static), -np.inf)
            np.minimum.at(low, series, values)
            np.maximum.at(high, series, values)
            self._refuse_conflict(name, low < high)
            static[:, index] = np.where(low == high, low, np.nan)
        return static, tuple(categories)

    def _remark_odd(self, name: str, series: np.ndarray) -> None:
        if len(series):
            names = listed([self.findings.names[place] for place in series.tolist()])
            self.findings.warn(f"static covariate {name!r} is a number, but text in {names}; it is missing there")

    def _refuse_conflict(self, name: str, conflict: np.ndarray) -> None:
        if conflict.any():
            first = self.findings.names[int(np.flatnonzero(conflict)[0])]
            raise DataError(
                f"static covariate {name!r} has more than one value in {int(conflict.sum())} series, first "
                f"{first!r}; give it one value a series, or make it a past or future covariate",
                series=first,
                column=name,
            )


def panel_dtype(parts: Sequence[Channels]) -> type[np.float32] | type[np.float64]:
    """float32, or float64 where a channel loses its spread in float32. parts: of every table that is read."""
    count = len(parts[0].placement.layout.first)

    def blocks(name: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return chain.from_iterable(part.finite(name) for part in parts if name in part.names)

    names = {name for part in parts for name in part.names}
    return np.float64 if any(needs_double(partial(blocks, name), count) for name in names) else np.float32
