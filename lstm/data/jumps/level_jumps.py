"""Whether many series have jumped to another level overnight, as they do when a table changes its unit.

A value is compared with the median of its own phase of the season in the weeks before the newest: by their ratio where
a series was never negative, by their difference else. How far that goes in the series' own past is what a jump must
exceed. One series that jumps is news of it, a launch perhaps; many at once are news of the table.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lstm.config import Quality
from lstm.data.frequency.aliases import DAY
from lstm.data.jumps.degrees import changed_degrees
from lstm.data.panel.panel import Panel
from lstm.data.quality.findings import Findings
from lstm.data.quality.report import listed
from lstm.errors import DataError

PAST_STEPS = 400  # of the past, at least, against which a jump is held
PAST_SEASONS = 20
MOST_RECENT = 400  # steps that a jump stays new; a week, where that is not more
BASE_SEASONS = 5  # whole seasons whose median is the level
FEWEST_PAST = 20
USUAL = 0.995  # quantile of the past's distances: a glitch or two in it do not make a series blind
LEAST_RATIO = 5.0
LEAST_RATIO_ALONE = 30.0  # of a table of one series, where no other can vote
BEYOND_USUAL = (1.5, 2.0)  # how many times the usual distance a jump exceeds, in logarithms and in differences
BLOCK_VALUES = 4_000_000


@dataclass(frozen=True)
class LevelJump:
    """The series of one column that have jumped the same way, most of all first.

    judged: how many series could be compared with their past. change: median ratio, or difference where `is_ratio` is
    False.
    """

    column: str
    series: np.ndarray
    judged: int
    change: float
    is_ratio: bool

    def concerns_the_table(self, allowed: float) -> bool:
        """Whether more than the allowed share of the series jumped: one among several may be a launch, not a unit.

        So may be a table of one series, unless it jumped further than a launch does.
        """
        size = max(self.change, 1.0 / self.change) if self.is_ratio else LEAST_RATIO_ALONE
        sole = len(self.series) == 1 and (self.judged > 1 or size < LEAST_RATIO_ALONE)
        return len(self.series) > allowed * self.judged and not sole

    @property
    def level(self) -> str:
        """`1,000 times the level of before`, `1/1,000 of the level of before`, `32 above the level of before`."""
        if not self.is_ratio:
            return f"{abs(self.change):,.3g} {'above' if self.change > 0 else 'below'} the level of before"
        size = max(self.change, 1.0 / self.change)
        times = f"{size:,.0f}" if size >= 10.0 else f"{size:.2g}"
        return f"{times} times the level of before" if self.change >= 1.0 else f"1/{times} of the level of before"


def settle_jumps(panel: Panel, season: int, newest: int, quality: Quality, findings: Findings) -> str:
    """That the table has changed its unit, in words, where the policy forecasts all the same; empty where it has not.

    What else has jumped is a warning. season: in steps. newest: ordinal of the table's end. Raises DataError.
    """
    changed = []
    columns = [(name, panel.targets[:, place]) for place, name in enumerate(panel.target_names)]
    covariates = [(name, panel.past[:, place]) for place, name in enumerate(panel.past_names)]
    covariates += [(name, panel.future[:, place]) for place, name in enumerate(panel.future_names)]
    day = _day(panel)
    for name, values in (*columns, *covariates):
        degrees = changed_degrees(panel, values, day=day, newest=newest)
        if degrees:
            sentence = f"{name!r} suddenly has values as of {degrees}"
            if name in panel.target_names:
                changed.append(sentence)
            else:
                findings.warn(sentence)
            continue
        for jump in level_jumps(panel, name, values, season=season, newest=newest):
            names = listed(repr(findings.names[series]) for series in jump.series.tolist())
            counts = f"{len(jump.series):,} of {jump.judged:,} series ({names})"
            sentence = f"{name!r} is suddenly at about {jump.level} in {counts}"
            if name in panel.target_names and jump.concerns_the_table(quality.max_jumped_share):
                changed.append(sentence)
            else:
                findings.warn(sentence)
    if changed and quality.unit_change == "error":
        raise DataError(
            f"{'; '.join(changed)}, as after a change of unit; mend the table, or set quality.unit_change = "
            '"degrade" where the numbers are right',
        )
    for sentence in changed:
        findings.warn(f"{sentence}, as after a change of unit")
    return "; ".join(changed)


def level_jumps(panel: Panel, name: str, values: np.ndarray, *, season: int, newest: int) -> Iterator[LevelJump]:
    """The jumps of one column, values (T), upwards and downwards apart. season, newest: see `settle_jumps`."""
    day = _day(panel)
    recent = max(panel.horizon, season, min(7 * day, MOST_RECENT))
    distance, limit, is_ratio = _distances(panel, values, season, newest, recent, day)
    for ratio in (True, False):
        judged = ~np.isnan(limit) & (is_ratio == ratio)
        for sign in (1.0, -1.0):
            jumped = np.flatnonzero(judged & (sign * distance > limit))
            if len(jumped):
                order = jumped[np.argsort(-np.abs(distance[jumped]), kind="stable")]
                middle = float(np.median(distance[jumped]))
                change = float(np.exp(middle)) if ratio else middle
                yield LevelJump(name, order, int((~np.isnan(limit)).sum()), change, ratio)


def _day(panel: Panel) -> int:
    """Steps of a day, one where a step is longer."""
    return max(round(DAY / panel.frequency.seconds), 1) if panel.frequency.seconds else 1


def _distances(
    panel: Panel, column: np.ndarray, season: int, newest: int, recent: int, day: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """((S) how far the newest values of each series are from its level, (S) how far is too far, (S) by ratio).

    NaN where there is too little to tell. recent: steps within which the newest values lie, before which the level is.
    day: how many of them count, by their median.
    """
    lag = -(-recent // season) * season
    distance, limit = np.full(panel.series, np.nan), np.full(panel.series, np.nan)
    is_ratio = np.zeros(panel.series, bool)
    # Steps of the past that have a level of their own before them, in the longest series.
    past = min(max(PAST_STEPS, PAST_SEASONS * season), newest - int(panel.start.min()) + 1 - recent - lag)
    if past < FEWEST_PAST:
        return distance, limit, is_ratio
    block = max(1, BLOCK_VALUES // ((past + recent) * BASE_SEASONS))
    for begin in range(0, panel.series, block):
        series = np.arange(begin, min(begin + block, panel.series))
        # Every step that is read, once; what lies whole seasons before is the same a little further to the left.
        depth, steps = lag + (BASE_SEASONS - 1) * season, past + recent
        whole = _at(panel, column, series, newest - np.arange(depth + steps)[::-1])
        ratio = np.asarray(~(whole[:, :-recent] < 0.0).any(axis=1))
        with np.errstate(divide="ignore"):
            whole[ratio] = np.where(whole[ratio] != 0.0, np.log(np.abs(whole[ratio])), np.nan)
        begins = [depth - lag - back * season for back in range(BASE_SEASONS)]
        moved = whole[:, depth:] - _median(np.stack([whole[:, begin : begin + steps] for begin in begins]))
        usual, count = _quantile(np.abs(moved[:, :past]), USUAL)
        far = np.where(ratio, np.maximum(np.log(LEAST_RATIO), BEYOND_USUAL[0] * usual), BEYOND_USUAL[1] * usual)
        newest_moves = moved[:, past:]
        from_end = np.cumsum(~np.isnan(newest_moves[:, ::-1]), axis=1)[:, ::-1]
        tonight = _median(np.where(from_end <= day, newest_moves, np.nan).T)
        known = (count >= FEWEST_PAST) & ~np.isnan(tonight) & (far > 0.0)
        distance[series], limit[series] = tonight, np.where(known, far, np.nan)
        is_ratio[series] = ratio
    return distance, limit, is_ratio


def _at(panel: Panel, column: np.ndarray, series: np.ndarray, ordinals: np.ndarray) -> np.ndarray:
    """float64 (series, ordinals): values of a column (T), NaN outside of the series."""
    rows = panel.row_of(series[:, None], ordinals[None])
    inside = (rows >= panel.indptr[series][:, None]) & (rows < panel.indptr[series + 1][:, None])
    return np.where(inside, column[np.where(inside, rows, 0)].astype(np.float64), np.nan)


def _median(values: np.ndarray) -> np.ndarray:
    """Median over the first axis of what is known; NaN where nothing is."""
    if len(values) > BASE_SEASONS:
        return _quantile(np.moveaxis(values, 0, -1), 0.5)[0]
    ordered = np.sort(values, axis=0)  # NaN comes last
    count = (~np.isnan(ordered)).sum(axis=0)
    low, high = (
        np.take_along_axis(ordered, place[None], 0)[0]
        for place in (np.maximum(count - 1, 0) // 2, np.minimum(count // 2, len(values) - 1))
    )
    return np.asarray(np.where(count % 2 == 1, low, (low + np.where(count > 0, high, np.nan)) / 2.0))


def _quantile(values: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """(quantile over the last axis of what is known, NaN where nothing is; how many are known)."""
    ordered = np.sort(values, axis=-1)  # NaN comes last
    count = (~np.isnan(ordered)).sum(axis=-1)
    place = np.maximum(count - 1, 0) * level
    below, above = np.floor(place).astype(np.int64), np.ceil(place).astype(np.int64)
    low, high = (np.take_along_axis(ordered, index[..., None], -1)[..., 0] for index in (below, above))
    return low + (place - below) * (high - low), count
