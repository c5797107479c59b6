"""What is odd about single series: all missing, constant, flat at its end, mostly absent, ended long ago."""

from collections.abc import Callable

import numpy as np

from lstm.data.findings import Findings
from lstm.data.panel import Panel
from lstm.data.quality import SHOWN, SeriesTable

SPARSE = 0.5
FROZEN_STEPS = 24


def remark_series(panel: Panel, newest: int, freshness: int, season: int, found: Findings) -> None:
    """Warns of odd series. newest: of the whole table. freshness, season: in steps."""
    observed = np.asarray(panel.observed.any(axis=1))
    last = _newest(panel, observed)
    begun = last >= panel.start
    stale = begun & (last < newest - freshness)
    _warn(found, "ended long before the cutoff", stale, lambda s: f"newest of {panel.frequency.text(int(last[s]))}")
    lengths = panel.cutoff - panel.start + 1
    counts = np.add.reduceat(observed, panel.indptr[:-1], dtype=np.int64)
    sparse = begun & ~stale & (counts < SPARSE * lengths) & (lengths > 1)
    _warn(found, "mostly missing", sparse, lambda s: f"{counts[s]} of {lengths[s]} steps")
    for index, name in enumerate(panel.target_names):
        _remark_target(panel, name, panel.targets[:, index], max(FROZEN_STEPS, 2 * season), found)


def _remark_target(panel: Panel, name: str, target: np.ndarray, enough: int, found: Findings) -> None:
    steps = np.flatnonzero(~np.isnan(target))
    series = np.searchsorted(panel.indptr, steps, side="right") - 1
    values = target[steps]
    count = np.bincount(series, minlength=panel.series)
    changes = np.append(True, (np.diff(values) != 0) | (np.diff(series) != 0)) if len(steps) else np.zeros(0, bool)
    since = np.full(panel.series, -1)
    np.maximum.at(since, series[changes], np.flatnonzero(changes))
    ends = np.cumsum(count)
    flat = np.where(count > 0, ends - since, 0)
    constant = (flat == count) & (count > 1)
    zero = constant & (values[np.minimum(ends - 1, len(values) - 1)] == 0.0) if len(values) else constant
    frozen = (flat >= enough) & ~constant

    def since_when(index: int) -> str:
        row = int(steps[since[index]])
        return panel.frequency.text(int(panel.start[index] + row - panel.indptr[index]))

    _warn(found, f"{name} has no value at all", count == 0, lambda _: "")
    _warn(found, f"{name} is 0 throughout", zero, lambda s: f"{count[s]} steps")
    _warn(found, f"{name} is constant", constant & ~zero, lambda s: f"{values[since[s]]:.8g} in {count[s]} steps")
    _warn(found, f"{name} is flat at its end", frozen, lambda s: f"{flat[s]} observed steps from {since_when(s)}")


def _warn(found: Findings, what: str, odd: np.ndarray, detail: Callable[[int], str]) -> None:
    """One sentence for all series with a remark. odd: bool (S)."""
    concerned = np.flatnonzero(odd).tolist()
    if concerned:
        shown = [f"{found.names[s]!r}" + (f" ({detail(s)})" if detail(s) else "") for s in concerned[:SHOWN]]
        more = f" and {len(concerned) - SHOWN:,} more" if len(concerned) > SHOWN else ""
        found.warn(f"{len(concerned):,} series: {what}: {', '.join(shown)}{more}")


def _newest(panel: Panel, observed: np.ndarray) -> np.ndarray:
    """int64 (S): ordinal of each series' newest step with a target; one before its start where it has none."""
    rows = np.maximum.reduceat(np.where(observed, np.arange(panel.steps), -1), panel.indptr[:-1])
    last: np.ndarray = panel.start + np.maximum(rows, panel.indptr[:-1] - 1) - panel.indptr[:-1]
    return last


def series_table(panel: Panel) -> SeriesTable:
    """What each series holds, for the quality report."""
    grid, begins = panel.frequency, panel.indptr[:-1]
    newest = _newest(panel, np.asarray(panel.observed.any(axis=1)))
    steps = panel.cutoff - panel.start + 1
    counts = np.add.reduceat(panel.observed, begins, axis=0, dtype=np.int64)
    last = [text if seen else None for text, seen in zip(grid.texts(newest), newest >= panel.start, strict=True)]
    return SeriesTable(
        name=panel.names,
        first=tuple(grid.texts(panel.start)),
        last=tuple(last),
        steps=tuple(steps.tolist()),
        observed={name: tuple(counts[:, index].tolist()) for index, name in enumerate(panel.target_names)},
        missing=tuple((1.0 - counts.mean(axis=1) / steps).tolist()),
    )
