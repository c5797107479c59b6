"""Why a forecast changed: its difference from the one before, step by step, as a sum of parts.

With f(model, observations, covariates), L = f(old, old, old) was published last night and T = f(new, new, new) tonight.
In between lie D = f(old, new, old) and V = f(old, new, new), so that

    T - L  =  (D - L) new data  +  (V - D) covariates  +  (T - V) model.

The order is that in which a night happens: observations arrive, what is known ahead is read, a model is chosen.
Letters: S series, H steps of tonight's horizon, C targets.
"""

import warnings
from dataclasses import dataclass, replace

import numpy as np

from lstm.data.panel.calendar import PREFIX
from lstm.data.panel.panel import Panel
from lstm.data.panel.static_codes import coded_by
from lstm.evaluation.change.published import NOBODY, Maker, Published

LEAST_TOLD = 0.01  # of a usual change; what moved less is told of only where nothing moved more


@dataclass(frozen=True)
class Parts:
    """float64 (S, H, C) each, in the target's units; NaN where unknown. Together they are the change."""

    data: np.ndarray
    covariates: np.ndarray
    model: np.ndarray


def attribute(last: np.ndarray, after_data: np.ndarray, after_covariates: np.ndarray, tonight: np.ndarray) -> Parts:
    """The parts of tonight - last, NaN where that is. All of one shape: L, D, V and T as this module's head says."""
    unknown = np.isnan(tonight - last)
    differences = (after_data - last, after_covariates - after_data, tonight - after_covariates)
    return Parts(*(np.where(unknown, np.nan, difference) for difference in differences))


@dataclass(frozen=True)
class Change:
    """Tonight's forecasts beside those of the publication before.

    run_id, cutoff: of that publication; the cutoff an ordinal of the panel's grid.
    last, tonight: their medians. parts: see `Parts`; NaN throughout where the reasons are not known.
    scale: (S, C), how far the series usually moves in `season` steps; NaN where it never moved.
    counted: bool (S), the series that means are taken over; all of them but in very large panels, where they are an
    even spread.
    together: why covariates could not be told apart from new data; `parts.data` then holds both. Empty when they could.
    unknown: (reason, series and targets that it concerns) wherever parts are not known.
    revised: observed values that both nights read and that differ; None where last night's panel is gone.
    """

    run_id: str
    cutoff: int
    last: Published
    tonight: Published
    parts: Parts
    scale: np.ndarray
    season: int
    counted: np.ndarray
    together: str = ""
    unknown: tuple[tuple[str, int], ...] = ()
    revised: int | None = None

    @property
    def total(self) -> np.ndarray:
        """float64 (S, H, C): tonight - last; NaN where one of them has no forecast."""
        change: np.ndarray = self.tonight.median - self.last.median
        return change

    @property
    def compared(self) -> np.ndarray:
        """bool (S, C): where both have a forecast."""
        compared: np.ndarray = np.isfinite(self.total).any(axis=1)
        return compared

    @property
    def steps(self) -> int:
        """Steps of the horizon that both cover."""
        return int(np.isfinite(self.total).any(axis=(0, 2)).sum())


def size(values: np.ndarray) -> np.ndarray:
    """(S, C): mean |value| over the steps of (S, H, C) where it is known; NaN where it is at none."""
    return mean(np.abs(values), axis=1)


def mean(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean along an axis over what is not NaN; NaN where nothing is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a mean of nothing is NaN, as it should be
        return np.asarray(np.nanmean(values, axis=axis))


def share(sizes: np.ndarray, change: Change) -> np.ndarray:
    """(C): mean size over the counted series, as a share of how far these usually move.

    sizes: (S, C). A ratio of means over the series that have both: a mean of ratios would tell of the series that
    hardly ever move, and a share of the forecast itself means nothing around zero.
    """
    kept = np.isfinite(sizes) & np.isfinite(change.scale) & change.counted[:, None]
    amount, usual = np.where(kept, sizes, 0.0).sum(axis=0), np.where(kept, change.scale, 0.0).sum(axis=0)
    shares = np.full(len(amount), np.nan)
    np.divide(amount, usual, out=shares, where=usual > 0.0)
    return shares


@dataclass(frozen=True)
class Exchange:
    """Where one maker stands in for another. before, now: of whom. where: bool (S, C)."""

    before: Maker
    now: Maker
    where: np.ndarray


def exchanges(change: Change) -> list[Exchange]:
    """Every pair of makers, most series first; also those that are the same in both nights."""
    last, tonight = change.last, change.tonight
    known = change.compared & (last.maker != NOBODY) & (tonight.maker != NOBODY)
    pairs = [
        Exchange(before, now, known & (last.maker == i) & (tonight.maker == j))
        for i, before in enumerate(last.makers)
        for j, now in enumerate(tonight.makers)
    ]
    return sorted((pair for pair in pairs if pair.where.any()), key=lambda pair: -int(pair.where.sum()))


def largest(change: Change, count: int) -> list[tuple[int, int]]:
    """(series, target) of the largest changes as shares of how far the series usually moves, largest first."""
    moved = size(change.total) / change.scale
    order = np.argsort(np.where(np.isfinite(moved), -moved, np.inf), axis=None, kind="stable")[:count]
    pairs = [divmod(int(place), moved.shape[1]) for place in order]
    worth_telling = [pair for pair in pairs if moved[pair] >= LEAST_TOLD]
    return worth_telling or [pair for pair in pairs[:1] if moved[pair] > 0.0]


def chosen_series(change: Change, most: int, ranked: int) -> tuple[np.ndarray, np.ndarray]:
    """(int: series whose change is explained, bool (S): those that means are taken over), of those compared.

    All as long as they are not more than `most`; else an even spread of `most`, and the `ranked` largest changes.
    """
    series = np.flatnonzero(change.compared.any(axis=1))
    counted = np.zeros(len(change.scale), bool)
    if len(series) <= most:
        counted[series] = True
        return series, counted
    spread = series[np.linspace(0, len(series) - 1, most).round().astype(np.int64)]
    counted[spread] = True
    return np.union1d(spread, [pair[0] for pair in largest(change, ranked)]).astype(np.int64), counted


def has_covariates(panel: Panel) -> bool:
    """Whether there is anything that a table says ahead or of a whole series; the calendar does not count."""
    return bool(panel.static_names) or any(not name.startswith(PREFIX) for name in panel.future_names)


def sizes_by_part(change: Change, panel: Panel) -> dict[str, np.ndarray]:
    """(S, C) mean sizes of the parts that can be told apart, by name."""
    observations, model = size(change.parts.data), size(change.parts.model)
    if change.together:
        return {"data and covariates": observations, "new model": model}
    covariates = {"covariates": size(change.parts.covariates)} if has_covariates(panel) else {}
    return {"new data": observations} | covariates | {"new model": model}


@dataclass(frozen=True)
class KnownBefore:
    """Tonight's panel, with the covariates as last night knew them.

    changed: covariates that differ, of the steps and series that both nights know. revised: observed values that do.
    """

    panel: Panel
    changed: int
    revised: int


def known_before(panel: Panel, old: Panel) -> KnownBefore:
    """Tonight's panel with the future and static covariates of last night's, wherever that has the step and column.

    Steps that last night's horizon did not reach keep tonight's covariates: nobody had read others.
    """
    # A row of tonight's has its counterpart where the old panel has the series and the step: as many steps after the
    # series' first row. Only these rows are exchanged, column by column, by the names that both panels have.
    if old.static_names == panel.static_names:
        old = coded_by(old, panel.categories)
    old_series = old.find(panel.keys)
    series = old_series[panel.row_series]
    offset = panel.ordinals - old.start[series]
    shared = (series >= 0) & (offset >= 0) & (offset < np.diff(old.indptr)[series])
    old_row = old.indptr[:-1][series[shared]] + offset[shared]
    future, static, changed = panel.future.copy(), panel.static.copy(), 0
    for column, old_column in _shared(panel.future_names, old.future_names):
        known = old.future[old_row, old_column]
        changed += _different(future[shared, column], known)
        future[shared, column] = known
    matched = old_series >= 0
    for column, old_column in _shared(panel.static_names, old.static_names):
        known = old.static[old_series[matched], old_column]
        changed += _different(static[matched, column], known)
        static[matched, column] = known
    # What lay ahead of last night had not been observed, so that its coming is no revision.
    read = panel.ordinals[shared] <= old.cutoff
    revised = sum(
        _different(panel.targets[shared][read, column], old.targets[old_row[read], old_column])
        for column, old_column in _shared(panel.target_names, old.target_names)
    )
    return KnownBefore(replace(panel, future=future, static=static), changed, revised)


def _shared(names: tuple[str, ...], old_names: tuple[str, ...]) -> list[tuple[int, int]]:
    """(place, place in the old panel) of each name that both have."""
    return [(names.index(name), old_names.index(name)) for name in names if name in old_names]


def _different(values: np.ndarray, others: np.ndarray) -> int:
    """How many differ; missing equals missing."""
    return int(((values != others) & ~(np.isnan(values) & np.isnan(others))).sum())
