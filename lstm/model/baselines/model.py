"""A baseline in the place of a model: what serves when no network does, and a champion that was never trained."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import torch

from lstm.contestants import BASELINE_PREFIX, short_name
from lstm.data.panel.panel import Panel
from lstm.errors import ModelError
from lstm.model.baselines.methods import BASELINES, reach_of
from lstm.model.baselines.past_errors import lent_by_peers
from lstm.model.baselines.statistical import STATISTICAL, statsforecast_installed
from lstm.model.forecaster.forecaster import Which


class Model(Protocol):
    """What forecasts: a trained `Forecaster`, or a `BaselineModel`."""

    @property
    def trained_through(self) -> str:
        """Newest target time that the evaluated weights have read, as text; empty when nothing was trained."""

    @property
    def tuned_through(self) -> str:
        """Newest target time that the choice of its settings has read, as text; empty when nothing was tuned."""

    @property
    def served_through(self) -> str:
        """Newest target time that the weights that serve have read, as text; empty when nothing was trained."""

    @property
    def steps_needed(self) -> int:
        """Steps of history below which a series is too short for it; 0 when none is."""

    @property
    def has_ridge(self) -> bool:
        """Whether it can forecast by the ridge regression that it began from."""

    def forecast(
        self, panel: Panel, series: np.ndarray, rows: np.ndarray, *, which: Which, device: torch.device
    ) -> np.ndarray:
        """float64 (N, H, Q, C). series, rows: (N), each window's series and the panel row of its cutoff."""

    def too_short(self, panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """bool (N): windows that it does not serve."""

    def unreadable(self, panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """bool (N, C): targets of windows whose values it cannot read."""

    def readable(self, panel: Panel) -> Panel:
        """The panel as the model reads it. Raises ModelError when it cannot."""


@dataclass(frozen=True)
class BaselineModel:
    """A baseline as a model. season: steps. levels: Q, rising. minimum: lower bound of all forecasts.

    lent: what short series borrow, see `lent_by_peers`; None where that follows from the windows that are forecast.
    """

    name: str
    season: int
    levels: tuple[float, ...]
    minimum: float | None
    lent: np.ndarray | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of_uri(cls, uri: str, *, season: int, levels: Sequence[float], minimum: float | None) -> "BaselineModel":
        """The baseline that `baseline:NAME` names. Raises ModelError for one that is not known."""
        return cls(baseline_name(uri), season, tuple(levels), minimum)

    @property
    def method(self) -> str:
        """`baseline:NAME`."""
        return f"{BASELINE_PREFIX}{self.name}"

    @property
    def trained_through(self) -> str:
        """Empty: a baseline is not trained."""
        return ""

    @property
    def tuned_through(self) -> str:
        """Empty: a baseline has no settings to tune."""
        return ""

    @property
    def served_through(self) -> str:
        """Empty: a baseline is not trained."""
        return ""

    @property
    def steps_needed(self) -> int:
        """0: no series is too short for a baseline."""
        return 0

    @property
    def has_ridge(self) -> bool:
        """False: no baseline begins from a ridge regression."""
        return False

    def forecast(
        self, panel: Panel, series: np.ndarray, rows: np.ndarray, *, which: Which, device: torch.device
    ) -> np.ndarray:
        """float64 (N, H, Q, C), within the minimum; NaN where a target had not been observed by the cutoff.

        NaN too where a method of statsforecast has no forecast of a series. which, device: not used.
        """
        windows = panel, series, panel.ordinal_of(series, rows), self.levels, self.season
        if self.name in STATISTICAL:
            forecast = STATISTICAL[self.name](*windows)
        else:
            forecast = BASELINES[self.name](*windows, self.lent)
        return forecast if self.minimum is None else np.maximum(forecast, self.minimum)

    def with_peers(self, panel: Panel, series: np.ndarray, rows: np.ndarray) -> "BaselineModel":
        """The same, told what is borrowed among these windows: then some of their series are forecast as all are.

        series, rows: (N), each window's series and the panel row of its cutoff.
        """
        if self.name not in BASELINES:
            return self
        reach = reach_of(self.name, panel.horizon, self.season)
        cutoffs = panel.ordinal_of(series, rows)
        return replace(self, lent=lent_by_peers(panel, series, cutoffs, self.levels, reach))

    def too_short(self, panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """bool (N), all False: a baseline serves every window."""
        return np.zeros(len(series), bool)

    def unreadable(self, panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """bool (N, C), all False: a baseline reads every value."""
        return np.zeros((len(series), len(panel.target_names)), bool)

    def readable(self, panel: Panel) -> Panel:
        """The panel itself: a baseline reads targets only. Raises ModelError where the library of one is missing."""
        if self.name in STATISTICAL and not statsforecast_installed():
            raise ModelError(f"{self.method} needs the extra statsforecast: pip install 'nightcast[statsforecast]'")
        return panel


def baseline_name(method: str) -> str:
    """`seasonal_naive` of `baseline:seasonal_naive`. Raises ModelError that lists the baselines there are."""
    name = short_name(method)
    if name not in BASELINES and name not in STATISTICAL:
        known = ", ".join(f"{BASELINE_PREFIX}{baseline}" for baseline in (*BASELINES, *STATISTICAL))
        raise ModelError(f"there is no baseline {method!r}; there are: {known}")
    return name
