"""The quality report: faults of the observations, and how ingest repaired them."""

from collections.abc import Iterable

import numpy as np

from lstm.data.frequency.aliases import Frequency
from lstm.data.rows.source_rows import SetAside
from lstm.quantity import quantity
from lstm.references import Reference

SHOWN = 3


class Repair(Reference):
    """Something that was changed in one series. count: values or rows. first: the first time that it happened."""

    kind: str
    series: str
    column: str
    count: int
    first: str


class MissingSteps(Reference):
    """Steps of one series at which a target was not observed. first: the earliest; longest: steps of the longest run.

    longest_from: the first time of that run, of the earliest one where several are as long.
    """

    series: str
    column: str
    count: int
    first: str
    longest: int
    longest_from: str

    @property
    def place(self) -> str:
        """`A (12 from 2024-01-03, the longest run 4 from 2024-02-01)`."""
        run = f", the longest run {self.longest:,} from {self.longest_from}" if self.longest > 1 else ""
        return f"{self.series} ({self.count:,} from {self.first}{run})"


class SeriesTable(Reference):
    """S rows as columns. last: the newest observed target, None where there is none. steps: from first to the cutoff.

    observed: how many steps have each target, by target. missing: share of the targets that was not observed.
    """

    name: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str | None, ...]
    steps: tuple[int, ...]
    observed: dict[str, tuple[int, ...]]
    missing: tuple[float, ...]


class QualityReport(Reference):
    """Counts of rows, repairs, warnings and what each series holds, as `quality.json` has them.

    rows_after_horizon: rows later than this run may read, rows_not_known_yet: rows that were known only after as_of;
    it left both alone. rows_set_aside: rows that cannot be used. missing: steps without a target. newest: the newest
    time with an observed target at or before the cutoff. late: steps that the table ends earlier than `freshness`
    allows, 0 when it does not. unit_change: which series jumped to another level together, empty when none did.
    vintages: a `known_at` column says when rows were known. notes: how the source was understood.
    """

    rows_read: int
    rows_used: int
    rows_after_horizon: int
    rows_set_aside: int = 0
    rows_not_known_yet: int = 0
    series: int
    steps: int
    cutoff: str
    newest: str
    late: int = 0
    unit_change: str = ""
    frequency: str
    inferred: bool
    vintages: bool = False
    repairs: tuple[Repair, ...]
    missing: tuple[MissingSteps, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    per_series: SeriesTable

    @property
    def repaired(self) -> int:
        """Values and rows that were changed."""
        return sum(repair.count for repair in self.repairs)

    def table(self) -> list[tuple[str, str]]:
        """(name, value) of what a person wants to see first."""
        remark = " (found)" if self.inferred else ""
        return [
            ("rows read", f"{self.rows_read:,}"),
            ("rows used", f"{self.rows_used:,}{self._not_used()}"),
            ("series", f"{self.series:,}"),
            ("steps", f"{self.steps:,}"),
            ("frequency", f"{self.frequency}{remark}"),
            ("cutoff", self.cutoff),
            ("newest observation", self.newest),
            ("missing steps", f"{sum(steps.count for steps in self.missing):,}"),
            ("repairs", f"{self.repaired:,}"),
            ("warnings", f"{len(self.warnings):,}"),
        ]

    def _not_used(self) -> str:
        counts = [
            (self.rows_after_horizon, "are later than this run may read"),
            (self.rows_not_known_yet, "were not known yet"),
            (self.rows_set_aside, "were set aside"),
        ]
        clauses = [f"{rows:,} {why}" for rows, why in counts if rows]
        return f" ({', '.join(clauses)})" if clauses else ""

    def findings(self) -> list[tuple[str, str]]:
        """(`set aside`, `warning`, `missing`, `repair` or `note`; a sentence), in that order."""
        return [
            *(("set aside", text) for text in self._set_aside()),
            *(("warning", text) for text in self.warnings),
            *(("missing", text) for text in self._missing()),
            *(("repair", text) for text in self._repairs()),
            *(("note", text) for text in self.notes),
        ]

    def sentences(self, limit: int) -> list[str]:
        """The sentences of `findings`; at most `limit`, the last one counts the rest."""
        texts = [text for _, text in self.findings()]
        if len(texts) <= limit:
            return texts
        return [*texts[: limit - 1], f"and {len(texts) - limit + 1} more in quality.json"]

    def _set_aside(self) -> list[str]:
        return [
            f"{quantity(part.rows, 'row')} set aside because {part.why}: {listed(part.examples)}"
            for part in self.set_aside
        ]

    def _missing(self) -> list[str]:
        columns: dict[str, list[MissingSteps]] = {}
        for steps in self.missing:
            columns.setdefault(steps.column, []).append(steps)
        total = sum(self.per_series.steps)
        return [
            f"missing steps of {column}: {sum(steps.count for steps in parts):,} of {total:,}, in "
            f"{listed([steps.place for steps in parts])}"
            for column, parts in columns.items()
        ]

    def _repairs(self) -> list[str]:
        kinds: dict[tuple[str, str], list[Repair]] = {}
        for repair in self.repairs:
            kinds.setdefault((repair.kind, repair.column), []).append(repair)
        return [
            f"{kind}{f' of {column}' if column else ''}: {sum(repair.count for repair in repairs):,}, in "
            f"{listed([f'{repair.series} ({repair.count:,} from {repair.first})' for repair in repairs])}"
            for (kind, column), repairs in kinds.items()
        ]


def listed(names: Iterable[str]) -> str:
    """The first few names, and how many there are besides."""
    shown = list(names)
    more = f" and {len(shown) - SHOWN:,} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more


def tally(
    kind: str, column: str, series: np.ndarray, ordinal: np.ndarray, names: list[str], grid: Frequency
) -> list[Repair]:
    """One repair a series, of n changed values: the series (n) and ordinal (n) of each."""
    if not len(series):
        return []
    touched, place, counts = np.unique(series, return_inverse=True, return_counts=True)
    first = np.full(len(touched), np.iinfo(np.int64).max)
    np.minimum.at(first, place, ordinal)
    return [
        Repair(kind=kind, series=names[index], column=column, count=count, first=text)
        for index, count, text in zip(touched.tolist(), counts.tolist(), grid.texts(first), strict=True)
    ]
