"""Several rows of one series and time, brought to one by a stated policy."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Policy = Literal["error", "last", "mean", "sum"]


@dataclass(frozen=True)
class Duplicates:
    """D of R rows share their step with another one, and G steps have several rows.

    rows: int64 (D), sorted by step, then in the order of the table. starts: int64 (G), where each step begins in
    `rows`.
    """

    policy: Policy
    rows: np.ndarray
    starts: np.ndarray

    @property
    def kept(self) -> np.ndarray:
        """int64 (G): the one row of each step that stays, the last one of the table."""
        return np.asarray(self.rows[np.append(self.starts[1:], len(self.rows)) - 1])

    @property
    def dropped(self) -> np.ndarray:
        """int64 (D - G): the rows that do not stay."""
        return np.setdiff1d(self.rows, self.kept)

    @property
    def _group(self) -> np.ndarray:
        lengths = np.diff(np.append(self.starts, len(self.rows)))
        return np.repeat(np.arange(len(self.starts)), lengths)

    def merged(self, values: np.ndarray) -> np.ndarray:
        """One value (G) a step, of the values (D) of `rows`; missing ones do not count in a mean or sum."""
        if self.policy in ("error", "last"):
            return np.asarray(values[np.append(self.starts[1:], len(self.rows)) - 1])
        # Sorted, so that the order of the rows cannot show in the last digit of a sum.
        values = values[np.lexsort((values, self._group))]
        counts = np.add.reduceat(~np.isnan(values), self.starts, dtype=np.int64)
        total = np.add.reduceat(np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf), self.starts)
        divisor = np.maximum(counts, 1) if self.policy == "mean" else 1
        return np.where(counts > 0, total / divisor, np.nan)

    def conflicting(self, columns: Iterable[np.ndarray]) -> np.ndarray:
        """int64: rows of steps whose rows differ in any of the columns, each the values (D) of `rows`."""
        group = self._group
        differs = np.zeros(len(self.rows), bool)
        for values in columns:
            first = values[self.starts][group]
            differs |= ~((values == first) | (np.isnan(values) & np.isnan(first)))
        return np.asarray(self.rows[np.isin(group, group[differs])])


def find_duplicates(steps: np.ndarray, size: int, policy: Policy) -> Duplicates | None:
    """Rows that share their step; None where no two do. steps: int (R), the step of each row, below `size`."""
    seen = np.zeros(size, bool)
    seen[steps] = True
    if int(seen.sum()) == len(steps):
        return None
    # Rows of steps with several rows, brought together by a stable sort, which keeps the order of the table in a step.
    rows = np.flatnonzero((np.bincount(steps, minlength=size) > 1)[steps])
    rows = rows[np.argsort(steps[rows], kind="stable")]
    starts = np.flatnonzero(np.append(True, np.diff(steps[rows]) != 0))
    return Duplicates(policy, rows, starts)
