"""Who serves each target of each series tonight: the night's model, else a baseline, else nobody, and why.

Decisions only: no store and no clock. The seasonal naive serves what is too short for the model, what has never moved,
what the model cannot read or was worse at, what is not finite, and what lies far outside of all that was observed; the
first of these reasons counts. What was never observed fails.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from lstm.compute.executor import CallHome, Executor, InOrder
from lstm.compute.kept_parts import Keeper
from lstm.config import Quality, Serving
from lstm.contestants import FAILED, SEASONAL_NAIVE
from lstm.data.panel.flat_ends import flat_ends
from lstm.data.panel.lifecycle import ended_series
from lstm.data.panel.panel import Panel
from lstm.errors import DataError
from lstm.model.baselines.model import BaselineModel, Model
from lstm.model.forecaster.forecaster import Which
from lstm.model.serving.forecast_rows import Served
from lstm.model.serving.sanity import beyond_range, hold_at_zero, never_negative, without_spikes
from lstm.model.serving.served_shards import ServedShards
from lstm.model.serving.shards import Shard, is_one_shard, placed, shards, with_peers

NO_LOGARITHM = "it has values at or below zero, and the model, which forecasts logarithms, cannot read them"


@dataclass(frozen=True)
class Server:
    """The model of the night. method: as rows name it. version: of the model, None where it has none.

    reason: why it is not a champion; None where it is one.
    """

    model: Model
    method: str
    version: int | None = None
    reason: str | None = None
    which: Which = "served"

    @property
    def is_trained(self) -> bool:
        """Whether it is a network or a regression, not a baseline."""
        return not isinstance(self.model, BaselineModel)


@dataclass(frozen=True)
class Rules:
    """What decides where the seasonal naive serves in place of the night's model.

    fallback: the seasonal naive. steps_needed: of history, below which a series is too short; 0 where nothing is known.
    worse: objects (S, C), why the seasonal naive serves a target of a series in the model's place, else None.
    found_minimum: whether what never was negative is not forecast below 0, where the pipeline names no minimum.
    """

    quality: Quality
    serving: Serving
    fallback: BaselineModel
    device: torch.device
    steps_needed: int
    worse: np.ndarray | None = None
    found_minimum: bool = True

    @property
    def median(self) -> int:
        """Index of the level 0.5."""
        return self.fallback.levels.index(0.5)


def serve(
    panel: Panel, server: Server, rules: Rules, executor: Executor | None = None, keeper: Keeper | None = None
) -> Served:
    """Forecasts of every series at the panel's cutoff, a shard at a time by the executor, here when left out.

    panel: without the calendar's covariates. keeper: keeps the shards that are done, where there are several.
    Raises DataError where `quality.short_series` says so.
    """
    ended = ended_series(panel, rules.quality.expected_for)
    needed = server.model.steps_needed or rules.steps_needed
    short = (panel.cutoff - panel.start + 1 < needed) & ~ended
    _refuse_short(panel, short, needed, rules.quality)
    series = np.arange(panel.series)
    rows = panel.row_of(series, panel.cutoff)
    usual = without_spikes(panel, rules.serving.most_beyond_range, rules.fallback.season)
    night = _Night(
        replace(server, model=with_peers(server.model, panel, series, rows)),
        replace(rules, fallback=rules.fallback.with_peers(usual, series, rows), worse=None),
        needed,
        torch.get_num_threads(),
    )
    done = ServedShards(None if is_one_shard(panel) else keeper)
    parts = (
        _Part(
            shard,
            None if usual is panel else usual.targets[panel.indptr[shard.first] :][: shard.panel.steps],
            shard.part_of(ended),
            shard.part_of(short),
            None if rules.worse is None else shard.part_of(rules.worse),
        )
        for shard in done.left(shards(panel))
    )
    (executor or InOrder()).map(_serve_part, night, parts, done)
    return done.joined()


@dataclass(frozen=True)
class _Night:
    """What every shard needs. needed: steps of history, below which a series is too short.

    threads: of torch, which decide the last bits of what a network forecasts.
    """

    server: Server
    rules: Rules
    needed: int
    threads: int


@dataclass(frozen=True)
class _Part:
    """A shard, and what has been found of its series. usual: its targets without spikes, where it had some.

    ended, short: bool (S). worse: see `Rules`.
    """

    shard: Shard
    usual: np.ndarray | None
    ended: np.ndarray
    short: np.ndarray
    worse: np.ndarray | None


def _serve_part(night: _Night, part: _Part, call_home: CallHome) -> None:
    torch.set_num_threads(night.threads)
    call_home("add", part.shard.first, _served(night, part))


def _served(night: _Night, part: _Part) -> Served:
    shard, server, rules = part.shard, night.server, replace(night.rules, worse=part.worse)
    panel, series, rows = shard.panel, shard.series, shard.rows
    usual = panel if part.usual is None else replace(panel, targets=part.usual)
    fallback = rules.fallback.forecast(usual, series, rows, which="served", device=rules.device)
    quantiles = fallback.copy()
    if server.method != SEASONAL_NAIVE:
        model = placed(server.model, shard.before)
        quantiles = model.forecast(panel, series, rows, which=server.which, device=rules.device)
        # Where nothing was ever observed the network's answer is finite, and means nothing.
        np.copyto(quantiles, np.nan, where=np.isnan(fallback))
    served = Served.by(quantiles, server.method, server.reason, server.version)
    served.left_out[:] = part.ended | (part.short & (rules.quality.short_series == "exclude"))
    has_fallback = np.isfinite(fallback).all(axis=(1, 2))
    if server.method != SEASONAL_NAIVE:
        for cells, reason in _objections(panel, usual, served.quantiles, server, rules, part.short, night.needed):
            still = (served.method == server.method) & has_fallback
            served.replace(cells & still, fallback, SEASONAL_NAIVE, reason)
    unusable = ~np.isfinite(served.quantiles).all(axis=(1, 2))
    served.replace(unusable, fallback, FAILED, "no observed value at or before the cutoff")
    if rules.found_minimum:
        held = never_negative(panel, series, rows)
        served.held[:] = held & (served.quantiles[:, :, rules.median] < 0.0).any(axis=1)
        hold_at_zero(served.quantiles, held)
    return served


Objection = tuple[np.ndarray, "str | np.ndarray"]


def _objections(
    panel: Panel,
    usual: Panel,
    quantiles: np.ndarray,
    server: Server,
    rules: Rules,
    short: np.ndarray,
    needed: int,
) -> Iterator[Objection]:
    """(bool (S, C), why, in all or objects (S, C)): what the seasonal naive serves instead; the first reason counts.

    usual: the panel without spikes, which the seasonal naive does not repeat.
    """
    targets = len(panel.target_names)
    if server.is_trained:
        why = [f"{steps} steps, {needed} are needed (half of the shortest look-back)" for steps in _steps(panel)]
        yield np.tile(short[:, None], targets), np.tile(np.array(why, object)[:, None], targets)
        # A model adds a little noise to what has never moved.
        yield _constant(panel), "constant so far"
    if usual is not panel:
        yield _constant(usual) & ~_constant(panel), "constant so far but for single values, which are not repeated"
    series = np.arange(panel.series)
    yield server.model.unreadable(panel, series, panel.row_of(series, panel.cutoff)), NO_LOGARITHM
    if rules.worse is not None:
        yield rules.worse.astype(bool), rules.worse
    yield ~np.isfinite(quantiles).all(axis=(1, 2)), "the forecast was not finite"
    most = rules.serving.most_beyond_range
    # The lowest and the highest quantile, so that no band leaves it either.
    beyond = beyond_range(panel, np.concatenate([quantiles.min(axis=2), quantiles.max(axis=2)], axis=1))
    yield (
        beyond > most,
        _texts(beyond, f"the forecast lay {{:.3g}} ranges outside of all observations, {most:g} allowed"),
    )


def _refuse_short(panel: Panel, short: np.ndarray, needed: int, quality: Quality) -> None:
    if quality.short_series == "error" and short.any():
        first = int(np.flatnonzero(short)[0])
        raise DataError(
            f"series {panel.names[first]!r} has {_steps(panel)[first]} steps, {needed} are needed (half of the "
            f"shortest look-back); {int(short.sum())} series are too short: lower model.look_back, or set "
            "quality.short_series",
            series=panel.names[first],
            value=_steps(panel)[first],
        )


def _steps(panel: Panel) -> list[int]:
    """Steps of each series up to the cutoff."""
    steps: list[int] = (panel.cutoff - panel.start + 1).tolist()
    return steps


def _constant(panel: Panel) -> np.ndarray:
    """bool (S, C): targets of which one value was ever observed, once or again and again."""
    ends = [flat_ends(panel, target) for target in panel.targets.T]
    return np.stack([(end.flat == end.count) & (end.count > 0) for end in ends], axis=1)


def _texts(measure: np.ndarray, text: str) -> np.ndarray:
    """Objects: the text with each number."""
    return np.array([text.format(value) for value in measure.ravel()], object).reshape(measure.shape)
