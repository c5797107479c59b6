"""What is odd about single series: all missing, constant, flat at its end, mostly absent, ended long ago."""

from collections.abc import Callable, Sequence

import numpy as np

from lstm.data.blocks import series_blocks
from lstm.data.findings import Findings
from lstm.data.panel import Panel
from lstm.data.quality import SHOWN, SeriesTable, listed
from lstm.data.series_keys import SeriesKeys, case_twins, look_alikes

SPARSE = 0.5
FROZEN_STEPS = 24


def remark_ids(
    keys: SeriesKeys, left_out: np.ndarray, alive: np.ndarray, exclude: Sequence[str], found: Findings
) -> None:
    """Warns of series without steps, of names to exclude that no series has, and of ids that look alike."""
    not_begun = [keys.names[index] for index in np.flatnonzero(~alive & ~left_out)]
    if not_begun:
        found.warn(f"{len(not_begun):,} series begin after the cutoff and get no forecast yet: {listed(not_begun)}")
    unknown = sorted(set(exclude) - set(keys.names))
    if unknown:
        found.warn(f"quality.exclude names {len(unknown)} series that the table does not have: {listed(unknown)}")
    alike = [f"{one!r} and {other!r}" for one, other in look_alikes(keys.keys)]
    if alike:
        found.warn(
            f"{len(alike):,} pairs of ids look alike (Unicode forms, blanks, unseen characters): {listed(alike)}"
        )
    twins = [f"{one!r} and {other!r}" for one, other in case_twins(keys.keys)]
    if twins:
        found.warn(f"{len(twins):,} pairs of ids differ in upper and lower case only: {listed(twins)}")


def remark_series(panel: Panel, newest: int, freshness: int, season: int, found: Findings) -> None:
    """Warns of odd series. newest: of the whole table. freshness, season: in steps."""
    last = newest_steps(panel)
    begun = last >= panel.start
    stale = begun & (last < newest - freshness)
    _warn(
        found,
        "ended long before the cutoff",
        stale,
        lambda s: f"newest of {panel.frequency.text(int(last[s]))}, {newest - last[s]:,} steps before the table's end",
    )
    lengths = panel.cutoff - panel.start + 1
    counts = _counts(np.asarray(panel.observed.any(axis=1)), panel.indptr)
    sparse = begun & ~stale & (counts < SPARSE * lengths) & (lengths > 1)
    _warn(found, "mostly missing", sparse, lambda s: f"{counts[s]:,} of {lengths[s]:,} steps")
    for index, name in enumerate(panel.target_names):
        _remark_target(panel, name, panel.targets[:, index], max(FROZEN_STEPS, 2 * season), found)


def _counts(observed: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """int64 (S): how many of each series' steps are observed."""
    return np.add.reduceat(observed, indptr[:-1], dtype=np.int64)


def _remark_target(panel: Panel, name: str, target: np.ndarray, enough: int, found: Findings) -> None:
    count = _counts(~np.isnan(target), panel.indptr)
    flat, since, value = _flat_ends(panel, target, count)
    constant = (flat == count) & (count > 1)
    zero = constant & (value == 0.0)
    frozen = (flat >= enough) & ~constant

    def since_when(index: int) -> str:
        return panel.frequency.text(int(panel.start[index] + since[index] - panel.indptr[index]))

    _warn(found, f"{name} has no value at all", count == 0, lambda _: "")
    _warn(found, f"{name} is 0 throughout", zero, lambda s: f"{count[s]} steps")
    _warn(found, f"{name} is constant", constant & ~zero, lambda s: f"{value[s]:.8g} in {count[s]} steps")
    _warn(found, f"{name} is flat at its end", frozen, lambda s: f"{flat[s]} observed steps from {since_when(s)}")


def _flat_ends(panel: Panel, target: np.ndarray, count: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(number of observed steps, first row, value), (S) each, of the longest run of one value that ends a series.

    A few whole series at a time, so that a long panel needs no memory to speak of.
    """
    flat, since, value = np.zeros(panel.series, np.int64), np.zeros(panel.series, np.int64), np.zeros(panel.series)
    for first, after in series_blocks(panel.indptr):
        begin = panel.indptr[first]
        rows = np.flatnonzero(~np.isnan(target[begin : panel.indptr[after]]))
        if not len(rows):
            continue
        own = target[begin : panel.indptr[after]][rows]
        series = np.repeat(np.arange(first, after), count[first:after])
        changes = np.append(True, (np.diff(own) != 0) | (np.diff(series) != 0))
        last_change = np.full(after - first, -1)
        last_change[series[changes] - first] = np.flatnonzero(changes)
        there = count[first:after] > 0
        ends = np.cumsum(count[first:after])
        flat[first:after] = np.where(there, ends - last_change, 0)
        since[first:after] = np.where(there, rows[last_change] + begin, 0)
        value[first:after] = np.where(there, own[last_change], 0.0)
    return flat, since, value


def _warn(found: Findings, what: str, odd: np.ndarray, detail: Callable[[int], str]) -> None:
    """One sentence for all series with a remark. odd: bool (S)."""
    concerned = np.flatnonzero(odd).tolist()
    if concerned:
        shown = [f"{found.names[s]!r}" + (f" ({detail(s)})" if detail(s) else "") for s in concerned[:SHOWN]]
        more = f" and {len(concerned) - SHOWN:,} more" if len(concerned) > SHOWN else ""
        found.warn(f"{len(concerned):,} series: {what}: {', '.join(shown)}{more}")


def newest_steps(panel: Panel) -> np.ndarray:
    """int64 (S): ordinal of each series' newest step with a target; one before its start where it has none."""
    last = np.array(panel.start - 1)
    for first, after in series_blocks(panel.indptr):
        begin, end = panel.indptr[first], panel.indptr[after]
        # Not `panel.observed`, which is kept: gaps may be filled after this.
        observed = ~np.isnan(panel.targets[begin:end]).all(axis=1)
        seen = np.where(observed, np.arange(begin, end), -1)
        rows = np.maximum.reduceat(seen, panel.indptr[first:after] - begin)
        own = slice(first, after)
        last[own] = np.where(rows >= 0, panel.start[own] + rows - panel.indptr[own], last[own])
    return last


def series_table(panel: Panel) -> SeriesTable:
    """What each series holds, for the quality report."""
    grid = panel.frequency
    newest = newest_steps(panel)
    steps = panel.cutoff - panel.start + 1
    counts = np.stack([_counts(target, panel.indptr) for target in panel.observed.T], axis=1)
    last = [text if seen else None for text, seen in zip(grid.texts(newest), newest >= panel.start, strict=True)]
    return SeriesTable(
        name=panel.names,
        first=tuple(grid.texts(panel.start)),
        last=tuple(last),
        steps=tuple(steps.tolist()),
        observed={name: tuple(counts[:, index].tolist()) for index, name in enumerate(panel.target_names)},
        missing=tuple((1.0 - counts.mean(axis=1) / steps).tolist()),
    )
