"""AutoETS and Theta of statsforecast, where the extra `statsforecast` is installed: contestants that are slow.

Each series, target and cutoff is fitted anew, on its own past alone: from its first observation to its newest at or
before the cutoff, `FIT_STEPS` steps at most, holes bridged by straight lines. What ended before the cutoff is forecast
from where it ended. Hyndman et al. (2002), https://doi.org/10.1016/S0169-2070(01)00110-8, and Assimakopoulos and
Nikolopoulos (2000), https://doi.org/10.1016/S0169-2070(00)00066-2.
"""

import logging
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np

from lstm.data.panel.panel import Panel

FIT_STEPS = 1000  # of a longer past only the last steps are read: AutoETS takes seconds for a thousand
log = logging.getLogger(__name__)

Fit = Callable[[np.ndarray, int, list[float], int], dict[str, np.ndarray]]


def statsforecast_installed() -> bool:
    """Whether the extra `statsforecast` is installed."""
    return find_spec("statsforecast") is not None


def statistical(
    panel: Panel, series: np.ndarray, cutoffs: np.ndarray, levels: Sequence[float], season: int, *, method: str
) -> np.ndarray:
    """float64 (N, H, Q, C): forecasts of one method, with the intervals that the library gives at these levels.

    series: int (N). cutoffs: ordinals (N). levels: Q, rising. season: steps. method: the library's name of it.
    NaN for a series that the library cannot fit (it says of which), and where a target had not been observed by then.
    """
    forecast = np.full((len(series), panel.horizon, len(levels), len(panel.target_names)), np.nan)
    failed: dict[str, int] = {}
    fit = _library(method)
    for window, (place, cutoff) in enumerate(zip(series.tolist(), cutoffs.tolist(), strict=True)):
        name = panel.names[place]
        for target in range(forecast.shape[3]):
            past, since = known_past(panel, place, cutoff, target)
            if not len(past):
                continue
            try:
                quantiles = _quantiles(fit, past, since + panel.horizon, levels, season)
            except Exception as error:  # noqa: BLE001 - it raises anything on a series that it does not like
                failed[name] = failed.get(name, 0) + 1
                log.debug("%s has no forecast of %s: %s", method, name, error)
                continue
            forecast[window, :, :, target] = quantiles[since:]
    if failed:
        first = ", ".join(list(failed)[:3])
        log.warning("%s has no forecast of %d series, first %s", method, len(failed), first)
    return forecast


STATISTICAL: dict[str, Callable[..., np.ndarray]] = {
    "auto_ets": partial(statistical, method="AutoETS"),
    "theta": partial(statistical, method="Theta"),
}


def known_past(panel: Panel, series: int, cutoff: int, target: int) -> tuple[np.ndarray, int]:
    """(float64 values without holes, steps from the last of them to the cutoff) of one series and target.

    Holes are bridged by straight lines between their neighbours, both of which lie at or before the cutoff.
    """
    first, after = int(panel.indptr[series]), int(panel.indptr[series + 1])
    end = min(first + cutoff - int(panel.start[series]) + 1, after)
    values = panel.targets[first : max(end, first), target].astype(np.float64)
    observed = np.flatnonzero(~np.isnan(values))
    if not len(observed):
        return values[:0], 0
    since = len(values) - 1 - int(observed[-1])
    steps = np.arange(observed[0], observed[-1] + 1)
    return np.interp(steps, observed, values[observed])[-FIT_STEPS:], since


def _library(method: str) -> Fit:
    from statsforecast import models  # seconds of imports, which only those pay who ask for it

    def fit(past: np.ndarray, horizon: int, widths: list[float], season: int) -> dict[str, np.ndarray]:
        model: Any = getattr(models, method)(season_length=season)
        state = np.random.get_state()
        np.random.seed(0)  # some intervals are simulated, from the global generator
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer: dict[str, np.ndarray] = model.forecast(y=past, h=horizon, level=widths or None)
        finally:
            np.random.set_state(state)
        return answer

    return fit


def _quantiles(fit: Fit, past: np.ndarray, horizon: int, levels: Sequence[float], season: int) -> np.ndarray:
    """float64 (horizon, Q): the library's mean as median, the ends of its central intervals as the other quantiles."""
    # Without two whole seasons it has nothing to tell a season by.
    season = season if len(past) >= 2 * season else 1
    widths = [round(100.0 * abs(1.0 - 2.0 * level), 6) for level in levels]
    answer = fit(past, horizon, sorted({width for width in widths if width}), season)
    names = [
        "mean" if not width else f"{'lo' if level < 0.5 else 'hi'}-{width}"
        for level, width in zip(levels, widths, strict=True)
    ]
    # Simulated ends may cross by a little.
    return np.maximum.accumulate(np.stack([np.asarray(answer[name], np.float64) for name in names], axis=1), axis=1)
