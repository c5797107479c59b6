"""The contest: every contestant forecasts the same held-out origins, each as it would have forecast then."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import torch

from lstm.contestants import BASELINE_PREFIX, CHALLENGER, RIDGE, SEASONAL_NAIVE, short_name
from lstm.data.panel.panel import Panel
from lstm.data.panel.replay import as_known_at, moment_of
from lstm.data.panel.windows import Windows
from lstm.errors import EvaluationError
from lstm.evaluation.backtest.score import eligible_origins
from lstm.model.baselines.methods import BASELINES
from lstm.model.baselines.model import BaselineModel, Model
from lstm.model.baselines.statistical import STATISTICAL, statsforecast_installed
from lstm.model.serving.sanity import hold_at_zero, never_negative

log = logging.getLogger(__name__)

Forecasts = dict[str, np.ndarray]


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


def contest(
    panel: Panel,
    test: Windows,
    models: Mapping[str, Model],
    baselines: Baselines,
    *,
    device: torch.device,
    as_of: datetime | int | None = None,
) -> Forecasts:
    """Forecasts (N, H, Q, C) of every contestant by name, models by their evaluated weights.

    models: by name, `challenger` and `champion`. The baselines are naive, seasonal naive and seasonal average; of
    statsforecast those that are asked for, where it is installed; and the ridge regression that the challenger began
    from, unless a forecast of it is not finite: it could neither be compared with nor serve.

    Where the panel has versions, every origin is forecast from the panel as it was known then, in a run that started as
    long after its cutoff as this one, as of `as_of`, did; see `moment_of`. Only one such panel is in memory at a time.

    What is too short for a model or has values that it cannot read, and what a method of statsforecast has no forecast
    of, gets the fallback's forecast, as it would be served. NaN where no value was known at an origin: leave
    such windows out with `knowable`.
    """
    contestants = {**models, **_baseline_models(baselines, fits=len(test.row) * len(panel.target_names))}
    has_minimum = baselines.minimum is not None
    if panel.versions is None:
        whole = _forecasts(panel, test.series, test.row, contestants, device, has_minimum=has_minimum)
        return _without_unusable(whole)
    forecasts: Forecasts = {}
    cutoffs = panel.ordinals[test.row]
    for origin in np.unique(cutoffs).tolist():
        windows = np.flatnonzero(cutoffs == origin)
        known = as_known_at(panel, moment_of(panel, origin, as_of))
        series, rows = test.series[windows], test.row[windows]
        parts = _forecasts(known, series, rows, contestants, device, has_minimum=has_minimum)
        for name, part in parts.items():
            forecasts.setdefault(name, np.full((len(test.row), *part.shape[1:]), np.nan))[windows] = part
    return _without_unusable(forecasts)


def knowable(panel: Panel, test: Windows, as_of: datetime | int | None = None) -> Windows:
    """The windows of which, at their origin, a value was known of every target that had been observed by then.

    Of the others nobody could tell the level. All of them where the panel has no versions. Raises EvaluationError when
    none is left.
    """
    if panel.versions is None:
        return test
    cutoffs = panel.ordinals[test.row]
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


def _forecasts(
    panel: Panel,
    series: np.ndarray,
    rows: np.ndarray,
    contestants: Mapping[str, Model],
    device: torch.device,
    *,
    has_minimum: bool,
) -> Forecasts:
    """Forecasts of some windows by name, those of the seasonal naive where a contestant has none. series, rows: (N).

    has_minimum: whether the pipeline names one; else what never was negative is not forecast below 0, as it is served.
    """
    forecasts: Forecasts = {}
    short: dict[str, np.ndarray] = {}  # (N, 1, 1, C)
    for name, model in contestants.items():
        forecasts[name] = model.forecast(panel, series, rows, which="evaluated", device=device)
        unserved = model.too_short(panel, series, rows)[:, None] | model.unreadable(panel, series, rows)
        short[name] = unserved[:, None, None]
        if short_name(name) in STATISTICAL:
            short[name] = np.asarray(np.isnan(forecasts[name]).any(axis=(1, 2), keepdims=True))
    challenger = contestants.get(CHALLENGER)
    if challenger is not None and challenger.has_ridge:
        forecasts[RIDGE] = challenger.forecast(panel, series, rows, which="ridge", device=device)
        short[RIDGE] = short[CHALLENGER]
    for name, forecast in forecasts.items():
        np.copyto(forecast, forecasts[SEASONAL_NAIVE], where=short[name])
    if not has_minimum:
        held = never_negative(panel, series, rows)
        for forecast in forecasts.values():
            hold_at_zero(forecast, held)
    return forecasts


def _without_unusable(forecasts: Forecasts) -> Forecasts:
    """Without the ridge regression where a forecast of it is not finite."""
    if RIDGE in forecasts and not np.isfinite(forecasts[RIDGE]).all():
        del forecasts[RIDGE]
    return forecasts


def held_out(panel: Panel, windows: Windows, contestants: list[Model]) -> Windows:
    """The test windows whose targets no contestant's evaluated weights have read.

    Raises EvaluationError when none is left.
    """
    test = windows.of("test")
    trained = [contestant.trained_through for contestant in contestants if contestant.trained_through]
    read = [panel.frequency.ordinal_of_text(through) for through in trained]
    unseen = eligible_origins(panel.ordinals[test.row], read)
    if not unseen.any():
        newest = panel.frequency.text(max(read))
        raise EvaluationError(
            f"every held-out origin lies before {newest}, up to which a contestant was trained; "
            "run a later --as-of, or promote an older model first"
        )
    return Windows(test.series[unseen], test.row[unseen], test.split[unseen], test.splits)
