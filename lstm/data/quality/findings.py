"""Repairs and warnings that are collected while a panel is made, for the quality report."""

from dataclasses import dataclass, field

import numpy as np

from lstm.data.frequency.aliases import Frequency
from lstm.data.quality.report import SHOWN, Repair, tally


@dataclass(frozen=True)
class Findings:
    """Repairs and warnings of one panel. names: of its series."""

    names: list[str]
    grid: Frequency
    repairs: list[Repair] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def repaired(self, kind: str, column: str, series: np.ndarray, ordinal: np.ndarray) -> None:
        """Counts n changed values by series. series, ordinal: int64 (n)."""
        self.repairs.extend(tally(kind, column, series, ordinal, self.names, self.grid))

    def repaired_rows(self, kind: str, series: np.ndarray, ordinal: np.ndarray, rows: int, advice: str) -> None:
        """The same of rows that were left out of `rows`; where these are the most of them, warns with an advice."""
        self.repaired(kind, "", series, ordinal)
        if 2 * len(series) > rows:
            self.warn(f"{kind}: {len(series):,} of {rows:,} rows, the most of the table; {advice}")

    def places(self, series: np.ndarray, ordinal: np.ndarray) -> str:
        """The first few of n (series, ordinal) pairs, as a person reads them."""
        times = self.grid.texts(ordinal[: SHOWN + 1])
        shown = [f"{self.names[s]!r} at {time}" for s, time in zip(series[: SHOWN + 1].tolist(), times, strict=True)]
        return ", ".join(shown[:SHOWN]) + (", ..." if len(shown) > SHOWN else "")

    def warn(self, sentence: str) -> None:
        """Keeps a sentence for a person."""
        self.warnings.append(sentence)
