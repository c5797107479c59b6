"""Several rows of one series and time, brought to one by a stated policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Policy = Literal["error", "last", "mean", "sum"]


@dataclass(frozen=True)
class Duplicates:
    """D of R rows share their place with another one, and G places have several rows.

    rows: int64 (D), sorted by place, then in the order of the table. starts: int64 (G), where each place begins in
    `rows`. kept: bool (R), the one row of each place that stays.
    """

    policy: Policy
    rows: np.ndarray
    starts: np.ndarray
    kept: np.ndarray

    def merged(self, values: np.ndarray) -> np.ndarray:
        """Values (R) of the rows to values of the kept rows; missing ones do not count in a mean or sum."""
        if self.policy in ("mean", "sum") and len(self.rows):
            values = values.copy()
            values[self.rows[self.ends]] = self._combined(values[self.rows])
        return np.asarray(values[self.kept])

    @property
    def ends(self) -> np.ndarray:
        """int64 (G): where each place ends in `rows`; the last row of the table stays."""
        return np.append(self.starts[1:], len(self.rows)) - 1

    @property
    def dropped(self) -> np.ndarray:
        """int64: the rows that do not stay."""
        return np.flatnonzero(~self.kept)

    def _combined(self, values: np.ndarray) -> np.ndarray:
        place = np.repeat(np.arange(len(self.starts)), self.ends - self.starts + 1)
        # Sorted, so that the order of the rows cannot show in the last digit of a sum.
        values = values[np.lexsort((values, place))]
        counts = np.add.reduceat(~np.isnan(values), self.starts, dtype=np.int64)
        total = np.add.reduceat(np.nan_to_num(values, nan=0.0), self.starts)
        divisor = np.maximum(counts, 1) if self.policy == "mean" else 1
        return np.where(counts > 0, total / divisor, np.nan)

    def conflicting(self, columns: Iterable[np.ndarray]) -> np.ndarray:
        """int64: rows of places whose rows differ in any of the columns (R each), which are read only if need be."""
        if not len(self.rows):
            return self.rows
        place = np.repeat(np.arange(len(self.starts)), self.ends - self.starts + 1)
        differs = np.zeros(len(self.rows), bool)
        for column in columns:
            own, first = column[self.rows], column[self.rows[self.starts]][place]
            differs |= ~((own == first) | (np.isnan(own) & np.isnan(first)))
        return np.asarray(self.rows[np.isin(place, place[differs])])


def find_duplicates(position: np.ndarray, size: int, policy: Policy) -> Duplicates:
    """Rows that share their place. position: int64 (R), the place of each row, below `size`."""
    seen = np.zeros(size, bool)
    seen[position] = True
    if int(seen.sum()) == len(position):
        nothing = np.zeros(0, np.int64)
        return Duplicates(policy, nothing, nothing, np.ones(len(position), bool))
    several = np.bincount(position, minlength=size) > 1
    rows = np.flatnonzero(several[position])
    rows = rows[np.argsort(position[rows], kind="stable")]
    starts = np.flatnonzero(np.append(True, np.diff(position[rows]) != 0))
    found = Duplicates(policy, rows, starts, np.ones(len(position), bool))
    found.kept[rows] = False
    found.kept[rows[found.ends]] = True
    return found
