"""What a scenario changes: tonight's forecasts beside those with other future covariates, in numbers and words."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lstm.config import Pipeline
from lstm.contestants import FAILED, is_baseline, method_name
from lstm.data.panel.closed import closed_steps
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import listed
from lstm.data.scenario.future_changes import horizon_rows
from lstm.evaluation.wording import number, signed_percent, steps_in_words, table_number
from lstm.model.serving.forecast_rows import Served
from lstm.quantity import quantity
from lstm.references import RunKey

CAUTION = (
    "This is what the model makes of other values: it has learnt what came together in the past, which need not be "
    "what causes what. The band of a difference is the least and the most that any quantile moves."
)


@dataclass(frozen=True)
class Effect:
    """Means over the open steps of the horizon of one series and target, or over several series.

    low, high: the least and the most that any quantile moves.
    """

    tonight: float
    assumed: float
    low: float
    high: float

    @property
    def difference(self) -> float:
        """By how much the median moves."""
        return self.assumed - self.tonight

    @property
    def share(self) -> str:
        """The difference in percent, where that has a meaning: `+9.8 %`; else empty."""
        return signed_percent(self.difference / self.tonight) if self.tonight > 0 and self.assumed >= 0 else ""

    @property
    def band(self) -> str:
        """`3.1 to 5.2`, in the target's units."""
        return f"{signed(self.low)} to {signed(self.high)}"


@dataclass(frozen=True)
class ScenarioStory:
    """One scenario, ready to be told.

    assumptions: in words. panel, scenario: what is known, and what is assumed. changed: bool (S), series of which a
    covariate is different. tonight, assumed: the forecasts of both. plan_notes: what the plan left alone. folder: where
    page and rows are.
    """

    pipeline: Pipeline
    key: RunKey
    assumptions: str
    panel: Panel
    scenario: Panel
    changed: np.ndarray
    tonight: Served
    assumed: Served
    plan_notes: tuple[str, ...]
    folder: str

    @cached_property
    def open_steps(self) -> np.ndarray:
        """bool (H): steps of the horizon that are not closed."""
        ahead = self.panel.cutoff + np.arange(1, self.panel.horizon + 1)
        return ~closed_steps(self.pipeline.calendar, self.panel.frequency, ahead, self.panel.time_zone)

    @cached_property
    def _means(self) -> tuple[np.ndarray, np.ndarray]:
        """Two float64 (S, Q, C): means over the open steps, tonight and assumed."""
        tonight, assumed = (
            served.quantiles[:, self.open_steps].mean(axis=1) for served in (self.tonight, self.assumed)
        )
        return tonight, assumed

    @cached_property
    def compared(self) -> np.ndarray:
        """bool (S, C): changed series and targets that have a forecast, tonight and as assumed."""
        failed = (self.tonight.method == FAILED) | (self.assumed.method == FAILED) | self.tonight.left_out[:, None]
        return np.asarray(self.changed[:, None] & ~failed)

    def effect(self, series: int | np.ndarray, target: int) -> Effect:
        """The effect on one series, or the mean of it over several (int64 (N))."""
        tonight, assumed = (means[np.atleast_1d(series), :, target].mean(axis=0) for means in self._means)
        median, moved = self.pipeline.quantile_levels.index(0.5), assumed - tonight
        return Effect(float(tonight[median]), float(assumed[median]), float(moved.min()), float(moved.max()))

    def largest(self, count: int) -> list[tuple[int, int]]:
        """(series, target) whose median moves most in units of tonight's mean over all changed series, by target."""
        median = self.pipeline.quantile_levels.index(0.5)
        tonight, assumed = (means[:, median] for means in self._means)
        usual = np.abs(np.where(self.compared, tonight, 0.0)).sum(axis=0) / np.maximum(self.compared.sum(axis=0), 1)
        size = np.where(self.compared, np.abs(assumed - tonight) / np.where(usual > 0, usual, 1.0), -1.0)
        order = np.argsort(-size, axis=None, kind="stable")[:count]
        places = zip(*np.unravel_index(order, size.shape), strict=True)
        return [(int(series), int(target)) for series, target in places if size[series, target] >= 0]

    def sentences(self) -> list[str]:
        """What would change, a sentence a target."""
        ahead = steps_in_words(self.panel.frequency, self.panel.horizon)
        sentences = [f"What if {self.assumptions}? {quantity(int(self.changed.sum()), 'series', 'series')} of "
                f"{self.panel.series:,} would have other future covariates."]  # fmt: skip
        for target, name in enumerate(self.panel.target_names):
            series = np.flatnonzero(self.compared[:, target])
            if not len(series):
                sentences.append(f"None of them has a forecast of {name}.")
                continue
            effect = self.effect(series, target)
            share = f" ({effect.share})" if effect.share else ""
            sentences.append(
                f"The forecast of {name} over the {ahead} ahead would be {number(effect.assumed)} in place of "
                f"{number(effect.tonight)} a step on average, {signed(effect.difference)}{share}; band of the "
                f"difference {effect.band}."
            )
        return sentences

    def notes(self) -> list[str]:
        """What a person has to know beside the numbers."""
        return [
            *self._unmoved(),
            *self._other_method(),
            *self._beyond_history(),
            *self._unknown(),
            *self.plan_notes,
            CAUTION,
        ]

    def _unmoved(self) -> list[str]:
        """Series that a baseline forecasts, which reads no covariates."""
        blind = np.vectorize(is_baseline, otypes=[bool])(self.tonight.method) & self.compared
        series = np.flatnonzero(
            (blind & (self.tonight.quantiles == self.assumed.quantiles).all(axis=(1, 2))).any(axis=1)
        )
        if not len(series):
            return []
        names = listed(self.panel.names[index] for index in series.tolist())
        return [
            f"{quantity(len(series), 'series', 'series')} stay as they are, because a baseline forecasts them: {names}."
        ]

    def _other_method(self) -> list[str]:
        """Series that somebody else would forecast, with the reason."""
        other = self.compared & (self.tonight.method != self.assumed.method)
        notes = [
            f"{self.panel.names[series]} would be forecast by the {method_name(self.assumed.method[series, target])}: "
            f"{self.assumed.reason[series, target]}."
            for series, target in np.argwhere(other).tolist()
        ]
        return notes if len(notes) <= 3 else [*notes[:3], f"So would {len(notes) - 3:,} more."]

    def _beyond_history(self) -> list[str]:
        """Covariates that are assumed where they have never been: there a model extrapolates."""
        notes, rows = [], horizon_rows(self.panel)
        for place, name in enumerate(self.panel.future_names):
            values = self.scenario.future[rows, place]
            changed = values != self.panel.future[rows, place]
            low, high = self._history_range(place)
            beyond = changed & ((values < low[:, None]) | (values > high[:, None])) & np.isfinite(low)[:, None]
            series = np.flatnonzero(beyond.any(axis=1))
            if len(series):
                first = int(series[0])
                value = values[first][beyond[first]][0]
                concerned = quantity(len(series), "series", "series")
                notes.append(
                    f"In {concerned} {name} is assumed where it has never been, such as {number(float(value))} of "
                    f"{self.panel.names[first]}, seen from {number(float(low[first]))} to "
                    f"{number(float(high[first]))}: there the model extrapolates, and takes what is very far for "
                    "nearer than it is."
                )
        return notes

    def _history_range(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """(lowest, highest) value of a covariate up to the cutoff, each (S); infinities where it has none."""
        values = self.panel.future[:, place].astype(np.float64)
        past = np.ones(self.panel.steps, bool)
        past[horizon_rows(self.panel).ravel()] = False
        known = np.isfinite(values) & past
        begins = self.panel.indptr[:-1]
        low = np.minimum.reduceat(np.where(known, values, np.inf), begins)
        return low, np.maximum.reduceat(np.where(known, values, -np.inf), begins)

    def _unknown(self) -> list[str]:
        unknown = np.isnan(self.scenario.future[horizon_rows(self.panel)]).any(axis=1) & self.changed[:, None]
        return [
            f"{name} is not known over the whole horizon in {quantity(int(of_name.sum()), 'series', 'series')}, and "
            "what is not known stays so."
            for name, of_name in zip(self.panel.future_names, unknown.T, strict=True)
            if of_name.any()
        ]


def signed(value: float) -> str:
    """`+4.1`, `-0.52`, `0`."""
    text = table_number(abs(value))
    return "0" if float(text.replace(",", "")) == 0.0 else f"{'+' if value > 0 else '-'}{text}"
