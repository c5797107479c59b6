"""The panel: many series on one regular grid, one long column a channel."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from lstm.config import Calendar
from lstm.data.frequency.aliases import Frequency
from lstm.data.panel.blocks import series_blocks
from lstm.data.rows.series_keys import find_series, series_names

NO_CALENDAR = Calendar(features=False)


@dataclass(frozen=True)
class Panel:
    """S series over T steps in total; series s owns the rows indptr[s] up to indptr[s + 1].

    All series end at the same step, `cutoff + horizon`, so that all get the same horizon; rows after the cutoff hold
    future covariates only. Missing is NaN.

    keys: S rows, the series key columns with their own types; no columns when the table is one series.
    indptr: int64 (S + 1). start: int64 (S), ordinal of each series' first row.
    targets: float32 (T, C). past: float32 (T, P). future: float32 (T, F). static: float32 (S, G).
    Targets and past covariates are NaN after the cutoff. Channel names come in the same order as the columns.
    categories: the texts of each static covariate, whose values are places among them; none of one of numbers.
    calendar: future covariates that are not stored, because they follow from the time; see `calendar.with_calendar`.
    versions: of the tables with a `known_at` column, every version of every step (see `lstm.data.panel.vintages`).
    """

    frequency: Frequency
    cutoff: int
    horizon: int
    keys: pa.Table
    indptr: np.ndarray
    start: np.ndarray
    targets: np.ndarray
    past: np.ndarray
    future: np.ndarray
    static: np.ndarray
    target_names: tuple[str, ...]
    past_names: tuple[str, ...] = ()
    future_names: tuple[str, ...] = ()
    static_names: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()
    calendar: Calendar = NO_CALENDAR
    time_zone: str = "UTC"
    versions: Mapping[str, pa.Table] | None = field(default=None, compare=False)

    @property
    def series(self) -> int:
        """Number of series, S."""
        return len(self.indptr) - 1

    @property
    def steps(self) -> int:
        """Number of rows over all series, T."""
        return int(self.indptr[-1])

    @cached_property
    def row_series(self) -> np.ndarray:
        """int32 (T): the series of each row."""
        return np.repeat(np.arange(self.series, dtype=np.int32), np.diff(self.indptr))

    @cached_property
    def ordinals(self) -> np.ndarray:
        """int64 (T): the ordinal of each row."""
        return np.asarray(np.arange(self.steps) + (self.start - self.indptr[:-1])[self.row_series])

    def block_ordinals(self, first: int, after: int) -> np.ndarray:
        """int64: the ordinals of the rows of consecutive series, without keeping those of all."""
        lengths = np.diff(self.indptr[first : after + 1])
        offset = np.repeat((self.start - self.indptr[:-1])[first:after], lengths)
        return np.asarray(offset + np.arange(self.indptr[first], self.indptr[after]))

    def rows_through(self, ordinal: int) -> np.ndarray:
        """bool (T): the rows up to an ordinal."""
        blocks = [self.block_ordinals(first, after) <= ordinal for first, after in series_blocks(self.indptr)]
        return np.concatenate(blocks)

    @cached_property
    def observed(self) -> np.ndarray:
        """bool (T, C): where a target was observed."""
        return np.asarray(~np.isnan(self.targets))

    def row_of(self, series: np.ndarray, ordinal: np.ndarray | int) -> np.ndarray:
        """Row of each (series, ordinal); below indptr[series] where the series had not begun."""
        return np.asarray(self.indptr[series] + (ordinal - self.start[series]))

    def ordinal_of(self, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """int64: ordinal of each row, of which the series is known; the inverse of `row_of`."""
        return np.asarray(self.start[series] + rows - self.indptr[series])

    def find(self, keys: pa.Table) -> np.ndarray:
        """int64 (R): which series each row of keys is of, -1 where it is none of the panel; see `find_series`."""
        return find_series(self.keys, keys)

    def with_versions(self, versions: Mapping[str, pa.Table]) -> "Panel":
        """The panel with its versions by table; none where no table has a `known_at` column."""
        return replace(self, versions=versions or None)

    def with_future(self, names: tuple[str, ...]) -> "Panel":
        """The panel with only these future covariates, in this order. Each must be one of `future_names`."""
        columns = [self.future_names.index(name) for name in names]
        return replace(self, future=self.future[:, columns], future_names=names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Each series as people read it: key columns joined by `/`; `all` for a table that is one series."""
        return tuple(series_names(self.keys)) if self.keys.num_columns else ("all",) * self.series

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content, independent of how it is stored."""
        digest = hashlib.sha256()
        shape = (self.frequency, self.cutoff, self.horizon, self.target_names, self.past_names, self.future_names)
        # What says nothing leaves the fingerprints of panels as they were before it could be said.
        unsaid = None if self.calendar.closed else {"closed", "closed_forecast"}
        calendar = (self.calendar.model_dump_json(exclude=unsaid), self.time_zone)
        digest.update(repr((shape, self.static_names, self.keys.schema.types, self.keys.column_names)).encode())
        digest.update(repr(calendar).encode())
        if any(self.categories):
            digest.update(repr(self.categories).encode())
        # Joined names would not do: ("a/b", "c") and ("a", "b/c") are two series.
        digest.update(json.dumps([column.to_pylist() for column in self.keys.columns]).encode())
        for array in (self.indptr, self.start, self.targets, self.past, self.future, self.static):
            digest.update(f"{array.dtype}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
