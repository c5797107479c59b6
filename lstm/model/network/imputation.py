"""What stands in the place of targets that were not observed: the last value before them, or that of a season ago.

Which of the two is nearer depends on how far the last value lies back, and is measured on what was observed. Letters:
T rows of the panel, S series, C targets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.gaps import GOLDEN
from lstm.data.panel.panel import Panel

SEASONS_BACK = 4  # where a season ago there was no value either, the one before it counts, and so on, so often
MEASURED_ROWS = 500_000


@dataclass(frozen=True)
class Imputation:
    """How the gaps of one target are filled.

    season: in steps; 0 where the last observation is always carried forward. carried: up to so many steps after the
    last observation that one is nearer than what was observed a season ago.
    """

    season: int = 0
    carried: int = 0


def choose_imputation(panel: Panel, target: np.ndarray, seasons: Sequence[int], through: int) -> Imputation:
    """What is nearer to the values (T) of one target, by mean absolute differences, each series by its own spread.

    seasons: in steps, of which the nearest counts. through: ordinal of the last step that is read. Where nothing can be
    compared, the last observation is carried forward.
    """
    values, series = _in_units_of_spread(panel, target, through)

    def difference(lag: int) -> float:
        change = np.abs(values[lag:] - values[:-lag])[series[lag:] == series[:-lag]]
        known = ~np.isnan(change)
        return float(change[known].mean()) if known.any() else np.nan

    by_season = {season: difference(season) for season in seasons if season > 1}
    known = {season: value for season, value in by_season.items() if np.isfinite(value)}
    if not known:
        return Imputation()
    season = min(known, key=lambda length: (known[length], length))
    carried = 0
    while carried < season and difference(carried + 1) < known[season]:
        carried += 1
    return Imputation() if carried == season else Imputation(season, carried)


def _in_units_of_spread(panel: Panel, target: np.ndarray, through: int) -> tuple[np.ndarray, np.ndarray]:
    """(values by the standard deviation of their series, which series), of some series up to an ordinal."""
    chosen, rows = [], 0
    # Series from all over the panel, each once, until enough rows are read.
    for series in np.argsort(np.arange(panel.series) * GOLDEN % 1.0).tolist():
        begin = int(panel.indptr[series])
        values = target[begin : begin + max(through - int(panel.start[series]) + 1, 0)].astype(np.float64)
        spread = np.std(values[~np.isnan(values)]) if not np.isnan(values).all() else 0.0
        if spread > 0:
            chosen.append(values / spread)
            rows += len(values)
        if rows >= MEASURED_ROWS:
            break
    lengths = [len(values) for values in chosen]
    return np.concatenate([np.zeros(0), *chosen]), np.repeat(np.arange(len(chosen)), lengths)


def impute(targets: np.ndarray, panel: Panel, imputations: Sequence[Imputation]) -> tuple[np.ndarray, np.ndarray]:
    """((T, C) targets without gaps, 0 before the first observation of a series, (S, C) row of that observation).

    targets: (T, C), NaN where not observed, on their logarithm where the model reads that. Nothing later than a row
    decides what it is filled with.
    """
    filled, first = np.empty_like(targets), np.empty((panel.series, targets.shape[1]), np.int64)
    for begin, after in series_blocks(panel.indptr):
        start = panel.indptr[begin]
        block = slice(start, panel.indptr[after])
        filled[block], rows = _impute_block(targets[block], panel.indptr[begin : after + 1] - start, imputations)
        first[begin:after] = np.where(rows < len(targets[block]), rows + start, panel.steps + panel.horizon)
    return filled, first


def _impute_block(
    targets: np.ndarray, indptr: np.ndarray, imputations: Sequence[Imputation]
) -> tuple[np.ndarray, np.ndarray]:
    """`impute` for consecutive series; where nothing was observed the row is that after the last."""
    filled, first = targets.copy(), np.empty((len(indptr) - 1, targets.shape[1]), np.int64)
    ways = [*imputations, *[Imputation()] * (targets.shape[1] - len(imputations))]
    for target, imputation in enumerate(ways):
        missing = np.isnan(targets[:, target])
        gaps, known = np.flatnonzero(missing), np.append(np.flatnonzero(~missing), len(targets))
        first[:, target] = known[np.searchsorted(known, indptr[:-1])]
        first[first[:, target] >= indptr[1:], target] = len(targets)
        # The newest observation before each gap; one that lies before the first of its series is of the series before
        # it, and counts as none. A gap has as many observations before it as its row less the gaps before it.
        latest = np.append(-1, known)[gaps - np.arange(len(gaps))]
        begins = first[np.searchsorted(indptr, gaps, side="right") - 1, target]
        begun = latest >= begins
        if imputation.season:
            old = np.flatnonzero(begun & (gaps - latest > imputation.carried))
            source = _season_ago(gaps[old], ~missing, begins[old], imputation.season)
            latest[old] = np.where(source >= 0, source, latest[old])
        filled[gaps, target] = np.where(begun, targets[np.maximum(latest, 0), target], 0.0)
    return filled, first


def _season_ago(gaps: np.ndarray, observed: np.ndarray, first: np.ndarray, season: int) -> np.ndarray:
    """The nearest observed row whole seasons before each gap, -1 where there is none. first: row to stop at."""
    source = np.full(len(gaps), -1)
    for back in range(1, SEASONS_BACK + 1):
        candidate = gaps - back * season
        usable = (source < 0) & (candidate >= first)
        usable[usable] = observed[candidate[usable]]
        source[usable] = candidate[usable]
    return source
