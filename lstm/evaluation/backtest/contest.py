"""The contest: every contestant forecasts the same held-out origins, each as it would have forecast then."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import torch

from lstm.compute.executor import CallHome, Executor, InOrder, fitting_into
from lstm.compute.kept_parts import Keeper, KeptParts
from lstm.contestants import BASELINE_PREFIX, CHAMPION, RIDGE, short_name
from lstm.data.panel.calendar import CalendarColumns
from lstm.data.panel.panel import Panel
from lstm.data.panel.replay import as_known_at, moment_of
from lstm.data.panel.windows import Windows
from lstm.errors import EvaluationError
from lstm.evaluation.backtest.kept_blocks import pack_scores, unpack_scores
from lstm.evaluation.backtest.score import eligible_origins
from lstm.evaluation.backtest.scored import Scored, Tally
from lstm.evaluation.backtest.window_blocks import BLOCK_BYTES, Block, BlockScores, Rules, blocks, score_block
from lstm.model.baselines.methods import BASELINES
from lstm.model.baselines.model import BaselineModel, Model
from lstm.model.baselines.statistical import STATISTICAL, statsforecast_installed
from lstm.model.serving.shards import with_peers

log = logging.getLogger(__name__)

BLOCK_COPIES = 2  # of each contestant's forecasts in memory, while they are scored
KEPT_FROM = 100_000  # windows, which take some seconds; fewer are scored again where a run goes on
BLOCK_FITS = 64  # windows of a block where each is fitted anew, which may take half a second


@dataclass(frozen=True)
class Baselines:
    """How the baselines of a contest forecast, and which of them take part.

    season: steps. levels: Q, rising. minimum: lower bound of all forecasts. statistical: those of statsforecast that
    take part beside the simple ones.
    """

    season: int
    levels: tuple[float, ...]
    minimum: float | None = None
    statistical: tuple[str, ...] = ()


@dataclass(frozen=True)
class Workplace:
    """Where a contest is held. device: of the networks. executor: does the blocks, several at once where it can.

    free_memory: bytes that blocks may take; None where nobody knows. keeper: keeps the scores of blocks that are done.
    """

    device: torch.device
    executor: Executor = field(default_factory=InOrder)
    free_memory: int | None = None
    keeper: Keeper | None = None

    def at_once(self, contestants: int) -> int | None:
        """How many blocks at once: one on a device of its own, else what memory has room for."""
        if self.device.type != "cpu":
            return 1
        return fitting_into(self.free_memory, BLOCK_COPIES * contestants * BLOCK_BYTES)


def contest(
    panel: Panel,
    test: Windows,
    models: Mapping[str, Model],
    baselines: Baselines,
    *,
    scale: np.ndarray,
    workplace: Workplace,
    as_of: datetime | int | None = None,
) -> dict[str, Scored]:
    """The scores of every contestant by name, all on the same points; models by their evaluated weights.

    models: by name, `challenger` and `champion`. The baselines are naive, seasonal naive and seasonal average; of
    statsforecast those that are asked for, where it is installed; and the ridge regression that the challenger began
    from, unless a forecast of it is not finite: it could neither be compared with nor serve. Nor could a champion of
    which no forecast is, so that one is left out too. scale: (S, C), see `seasonal_scale`.

    Where the panel has versions, every origin is forecast from the panel as it was known then, in a run that started as
    long after its cutoff as this one, as of `as_of`, did; see `moment_of`. Only one such panel is in memory at a time.
    Within each panel some series are forecast and scored at a time, see `window_blocks`, by the workplace.

    What is too short for a model or has values that it cannot read, and what a method of statsforecast has no forecast
    of, gets the fallback's forecast, as it would be served. Windows where no value was known at an origin are to be
    left out before, with `knowable`. Raises EvaluationError as `score` does.
    """
    rules = Rules(baselines.levels, baselines.minimum is None, workplace.device, CalendarColumns.of(panel))
    contestants = {**models, **_baseline_models(baselines, fits=len(test.row) * len(panel.target_names))}
    fits = BLOCK_FITS if any(short_name(name) in STATISTICAL for name in contestants) else None
    takes_long = fits is not None or len(test.row) > KEPT_FROM
    kept = KeptParts(workplace.keeper if takes_long else None, pack_scores, unpack_scores)
    summed = _Sums(Tally(np.unique(panel.ordinal_of(test.series, test.row)), scale), kept)
    for replay, (known, windows) in enumerate(_replays(panel, test, as_of)):
        series, rows = test.series[windows], test.row[windows]
        prepared = {name: with_peers(model, known, series, rows) for name, model in contestants.items()}
        shared = _Shared(prepared, rules, torch.get_num_threads(), replay)
        parts = blocks(panel, known, series, rows, scale, len(baselines.levels), fits)
        left = kept.left(parts, shared.name_of, summed.take)
        workplace.executor.map(_score, shared, left, summed, at_once=workplace.at_once(len(contestants)))
    return summed.scored()


@dataclass(frozen=True)
class _Shared:
    """What every block needs. threads: of torch, which decide the last bits of what a network forecasts.

    replay: which of the panels that are forecast from.
    """

    contestants: dict[str, Model]
    rules: Rules
    threads: int
    replay: int

    def name_of(self, block: Block) -> str:
        """Under which a block's scores are kept."""
        return f"{self.replay}-{block.first}-{len(block.rows)}"


def _score(shared: _Shared, block: Block, call_home: CallHome) -> None:
    torch.set_num_threads(shared.threads)
    call_home("add", shared.name_of(block), score_block(block, shared.contestants, shared.rules))


class _Sums:
    """Takes in what blocks say, in whatever order they come."""

    def __init__(self, tally: Tally, kept: KeptParts[BlockScores]) -> None:
        self._tally, self._kept = tally, kept
        self._ridge_is_finite, self._champion_has_forecasts = True, False

    def add(self, name: str, scores: BlockScores) -> None:
        """Takes in a block that has just been scored."""
        self._kept.keep(name, scores)
        self.take(scores)

    def take(self, scores: BlockScores) -> None:
        """Takes in a block."""
        self._tally.add(scores.scored, scores.origins, scores.first)
        self._ridge_is_finite &= scores.ridge_is_finite
        self._champion_has_forecasts |= scores.champion_has_forecasts

    def scored(self) -> dict[str, Scored]:
        """Every contestant that can be compared and could serve."""
        if not self._ridge_is_finite:
            self._tally.drop(RIDGE)
        if not self._champion_has_forecasts:
            self._tally.drop(CHAMPION)
        return self._tally.scored()


def _replays(panel: Panel, test: Windows, as_of: datetime | int | None) -> Iterator[tuple[Panel, np.ndarray]]:
    """(a panel to forecast from, which windows): the panel itself, else each origin's as it was known then."""
    if panel.versions is None:
        yield panel, np.arange(len(test.row))
        return
    cutoffs = panel.ordinal_of(test.series, test.row)
    for origin in np.unique(cutoffs).tolist():
        yield as_known_at(panel, moment_of(panel, origin, as_of)), np.flatnonzero(cutoffs == origin)


def knowable(panel: Panel, test: Windows, as_of: datetime | int | None = None) -> Windows:
    """The windows of which, at their origin, a value was known of every target that had been observed by then.

    Of the others nobody could tell the level. All of them where the panel has no versions. Raises EvaluationError when
    none is left.
    """
    if panel.versions is None:
        return test
    cutoffs = panel.ordinal_of(test.series, test.row)
    kept = np.ones(len(test.row), bool)
    for origin in np.unique(cutoffs).tolist():
        windows = np.flatnonzero(cutoffs == origin)
        known = as_known_at(panel, moment_of(panel, origin, as_of))
        begun = _begun(panel, test.series[windows], origin)
        kept[windows] = np.all(_begun(known, test.series[windows], origin) | ~begun, axis=1)
    if not kept.any():
        raise EvaluationError(
            "no origin of the backtest has a value that was known at that time; look at the column that "
            "source.known_at names"
        )
    return Windows(test.series[kept], test.row[kept], test.split[kept], test.splits)


def _begun(panel: Panel, series: np.ndarray, origin: int) -> np.ndarray:
    """bool (N, C): whether a series has an observation at or before an ordinal."""
    seen = panel.observed & (panel.ordinals <= origin)[:, None]
    return np.asarray(np.logical_or.reduceat(seen, panel.indptr[:-1], axis=0)[series])


def _baseline_models(baselines: Baselines, fits: int) -> dict[str, Model]:
    """The baselines by their names as contestants. fits: how often each of statsforecast is fitted."""
    statistical = [name for name in STATISTICAL if name in baselines.statistical]
    if statistical and not statsforecast_installed():
        log.warning("%s left out: the extra statsforecast is not installed", " and ".join(statistical))
        statistical = []
    for name in statistical:
        log.info("%s is fitted %d times, once a window and target", name, fits)
    return {
        f"{BASELINE_PREFIX}{name}": BaselineModel(name, baselines.season, baselines.levels, baselines.minimum)
        for name in (*BASELINES, *statistical)
    }


def held_out(panel: Panel, windows: Windows, contestants: list[Model]) -> Windows:
    """The test windows whose targets were read by no contestant's evaluated weights, nor by the tuning of its settings.

    Raises EvaluationError when none is left.
    """
    test = windows.of("test")
    through = {text for contestant in contestants for text in (contestant.trained_through, contestant.tuned_through)}
    read = [panel.frequency.ordinal_of_text(text) for text in through if text]
    unseen = eligible_origins(panel.ordinal_of(test.series, test.row), read)
    if not unseen.any():
        newest = panel.frequency.text(max(read))
        raise EvaluationError(
            f"every held-out origin lies before {newest}, up to which a contestant was trained or its settings tuned; "
            "run a later --as-of, or promote an older model first"
        )
    return Windows(test.series[unseen], test.row[unseen], test.split[unseen], test.splits)
