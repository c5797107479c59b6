"""The windows of a backtest in blocks of consecutive series: forecast and scored a block at a time.

A block is a function's argument and its scores are the answer: what it needs of other series is handed in with the
contestants, so that blocks may come in any order, and give what all of them at once would give, bit for bit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from lstm.contestants import CHALLENGER, CHAMPION, RIDGE, SEASONAL_NAIVE, short_name
from lstm.data.panel.calendar import CalendarColumns
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import consecutive_series
from lstm.evaluation.backtest.score import score
from lstm.evaluation.backtest.scored import Scored
from lstm.model.baselines.model import Model
from lstm.model.baselines.statistical import STATISTICAL
from lstm.model.forecaster.late_ends import NOTHING_BEFORE, Before
from lstm.model.serving.sanity import hold_at_zero, never_negative
from lstm.model.serving.shards import placed

BLOCK_BYTES = 1 << 24  # of one contestant's forecasts, and of the series that they are made from

Forecasts = dict[str, np.ndarray]


@dataclass(frozen=True)
class Rules:
    """How a block is forecast and scored. levels: Q, rising.

    found_minimum: whether what never was negative is not forecast below 0, as it is served where no minimum is named.
    calendar: what networks read of it; None where the panel has it already.
    """

    levels: tuple[float, ...]
    found_minimum: bool
    device: torch.device
    calendar: CalendarColumns | None = None


@dataclass(frozen=True)
class Block:
    """N windows of consecutive series, of which `first` is the first in the whole panel.

    panel: of these series. known: the same as it was known at the origins, from which is forecast. scale: of these
    series, (S, C). series, rows: int (N), within `panel`, the row that of the cutoff. before: the windows of the blocks
    before this one, which decide the last bits of what a network forecasts.
    """

    first: int
    panel: Panel
    known: Panel
    scale: np.ndarray
    series: np.ndarray
    rows: np.ndarray
    before: Before

    @property
    def cutoffs(self) -> np.ndarray:
        """int64 (N): ordinals."""
        return self.panel.ordinal_of(self.series, self.rows)


@dataclass(frozen=True)
class BlockScores:
    """What a block says of every contestant.

    origins: ordinals of its cutoffs, rising. ridge_is_finite: whether every forecast of the ridge regression is; where
    not, it is not scored. champion_has_forecasts: whether any window's of the champion is finite.
    """

    first: int
    origins: np.ndarray
    scored: dict[str, Scored]
    ridge_is_finite: bool
    champion_has_forecasts: bool


def blocks(
    panel: Panel,
    known: Panel,
    series: np.ndarray,
    rows: np.ndarray,
    scale: np.ndarray,
    quantiles: int,
    windows: int | None = None,
) -> Iterator[Block]:
    """The windows with cutoff rows (N) of series (N), as many series at a time as `BLOCK_BYTES` hold, one at least.

    known: the panel from which they are forecast; `panel` has the truth. scale: (S, C). quantiles: Q. windows: of a
    block at most; None for as many as there is room for.
    """
    order = np.argsort(series, kind="stable")
    series, rows, before = series[order], rows[order], NOTHING_BEFORE
    for first, after in _stretches(panel, series, quantiles, windows):
        chosen = slice(*np.searchsorted(series, [first, after]))
        if chosen.start < chosen.stop:
            part = consecutive_series(panel, first, after)
            as_known = part if known is panel else consecutive_series(known, first, after)
            positions = series[chosen] - first, rows[chosen] - panel.indptr[first]
            yield Block(first, part, as_known, scale[first:after], *positions, before)
            before = before.and_of(as_known, *positions)


def _stretches(panel: Panel, series: np.ndarray, quantiles: int, windows: int | None) -> Iterator[tuple[int, int]]:
    """(first series, the one after the last) of each block. series: (N), sorted."""
    targets = panel.targets.shape[1]
    columns = targets + panel.past.shape[1] + panel.future.shape[1]
    count = np.bincount(series, minlength=panel.series)
    forecast = count * panel.horizon * quantiles * targets
    size = 8 * (forecast + np.diff(panel.indptr) * columns)
    if windows is not None:
        size = np.maximum(size, count * (BLOCK_BYTES // windows))
    first, taken = 0, 0
    for place, bytes_of_series in enumerate(size.tolist()):
        if place > first and taken + bytes_of_series > BLOCK_BYTES:
            yield first, place
            first, taken = place, 0
        taken += bytes_of_series
    yield first, panel.series


def forecast_block(block: Block, contestants: Mapping[str, Model], rules: Rules) -> Forecasts:
    """Forecasts (N, H, Q, C) of every contestant by name, those of the seasonal naive where one has none.

    The ridge regression is that of the challenger. NaN where no value was known at an origin.
    """
    known, series, rows = block.known, block.series, block.rows
    known = known if rules.calendar is None else rules.calendar.put_into(known)
    forecasts: Forecasts = {}
    short: dict[str, np.ndarray] = {}  # (N, 1, 1, C)
    for name, contestant in contestants.items():
        model = placed(contestant, block.before)
        forecasts[name] = model.forecast(known, series, rows, which="evaluated", device=rules.device)
        unserved = model.too_short(known, series, rows)[:, None] | model.unreadable(known, series, rows)
        short[name] = unserved[:, None, None]
        if short_name(name) in STATISTICAL:
            short[name] = np.asarray(np.isnan(forecasts[name]).any(axis=(1, 2), keepdims=True))
    challenger = contestants.get(CHALLENGER)
    if challenger is not None and challenger.has_ridge:
        forecasts[RIDGE] = placed(challenger, block.before).forecast(
            known, series, rows, which="ridge", device=rules.device
        )
        short[RIDGE] = short[CHALLENGER]
    for name, forecast in forecasts.items():
        np.copyto(forecast, forecasts[SEASONAL_NAIVE], where=short[name])
    if rules.found_minimum:
        held = never_negative(known, series, rows)
        for forecast in forecasts.values():
            hold_at_zero(forecast, held)
    return forecasts


def score_block(block: Block, contestants: Mapping[str, Model], rules: Rules) -> BlockScores:
    """Forecasts the windows of a block and scores them.

    Windows that the champion cannot forecast are the fallback's, as they would be served. Raises EvaluationError where
    another contestant has no finite forecast of a scored point; it speaks of this block only.
    """
    forecasts = forecast_block(block, contestants, rules)
    finite = RIDGE not in forecasts or bool(np.isfinite(forecasts[RIDGE]).all())
    if not finite:
        del forecasts[RIDGE]
    champion = CHAMPION in forecasts and as_it_would_be_served(forecasts, CHAMPION)
    scored = score(
        block.panel,
        series=block.series,
        cutoffs=block.cutoffs,
        forecasts=forecasts,
        levels=rules.levels,
        scale=block.scale,
    )
    return BlockScores(block.first, np.unique(block.cutoffs), scored, finite, champion)


def as_it_would_be_served(forecasts: Forecasts, name: str) -> bool:
    """Gives windows that a contestant cannot forecast to the fallback; False where it can forecast none.

    forecasts: (N, H, Q, C) by contestant.
    """
    broken = ~np.isfinite(forecasts[name]).all(axis=(1, 2, 3))
    forecasts[name][broken] = forecasts[SEASONAL_NAIVE][broken]
    return not broken.all()
