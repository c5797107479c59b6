"""Departures and weather of New York in 2013: covariates and several targets, read as a pipeline would see them.

Nobody has published numbers for these; they are for development, and have no test part that is kept back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.csv as pacsv

from benchmarks.trial import LEVELS, MEDIAN, Protocol, Scores, Trial, split_windows, validation_span
from lstm.config import Pipeline
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.data.panel.seasonal_scale import seasonal_scale
from lstm.evaluation.backtest import metrics
from lstm.evaluation.backtest import score as backtest
from lstm.model.baselines.methods import BASELINES
from lstm.storage.sources.panel_source import read_panel

FEWEST_DAYS = 60  # of rows, for a series of departures to be scored


@dataclass(frozen=True)
class Table:
    """A table, and the origins that are asked for: `origins` of them, `apart` each, the last a horizon before `end`.

    end: when the newest step was complete. season: the m of MASE.
    """

    pipeline: dict[str, object]
    end: datetime
    origins: int
    apart: timedelta
    ahead: timedelta
    season: int

    def as_of(self, origin: int) -> datetime:
        """The moment of an origin, the oldest first."""
        return self.end - self.ahead - self.apart * (self.origins - 1 - origin)


TABLES = {
    "departures": Table(
        pipeline={
            "name": "departures",
            "horizon": 14,
            "frequency": "D",
            "time_zone": "America/New_York",
            "minimum": 0.0,
            "source": {
                "path": "departures.csv",
                "series": ["origin", "carrier"],
                "time": "date",
                "targets": ["departures"],
                "future_covariates": ["scheduled"],
                "gaps": "zero",
                "future_gaps": "zero",
            },
        },
        end=datetime(2014, 1, 1, 5, tzinfo=UTC),
        origins=3,
        apart=timedelta(days=14),
        ahead=timedelta(days=14),
        season=7,
    ),
    "weather": Table(
        pipeline={
            "name": "weather",
            "horizon": 24,
            "frequency": "h",
            "time_zone": "America/New_York",
            "source": {
                "path": "weather.csv",
                "series": ["origin"],
                "time": "time_hour",
                "targets": ["temp", "humid", "pressure"],
                "past_covariates": ["wind_speed", "precip"],
            },
        },
        end=datetime(2013, 12, 31, tzinfo=UTC),
        origins=14,
        apart=timedelta(hours=24),
        ahead=timedelta(hours=24),
        season=24,
    ),
}


def trial(name: str, data: Path, protocol: Protocol) -> Trial:
    """Training reads what was known at the first origin, and forecasts what was known at the last."""
    table = TABLES[name]
    pipeline, folder = Pipeline.model_validate(table.pipeline), data / "nyc"

    def seen(as_of: datetime) -> Panel:
        panel = read_panel(pipeline, folder, as_of)[0]
        return with_calendar(panel) if protocol.calendar else panel

    panel, asked = seen(table.as_of(0)), seen(table.as_of(table.origins - 1))
    chosen = _scored_series(name, folder, asked)
    step = (asked.cutoff - panel.cutoff) // (table.origins - 1)
    series = np.repeat(chosen, table.origins)
    cutoffs = np.tile(panel.cutoff + step * np.arange(table.origins), len(chosen))
    truth = _truth(seen(table.end), asked, series, cutoffs)
    scale = seasonal_scale(asked, table.season, panel.cutoff)
    return Trial(
        panel=panel,
        windows=split_windows(panel, validation_span(panel)),
        refit=True,
        asked=asked,
        series=series,
        cutoffs=cutoffs,
        truth=truth,
        score=_scoring(asked, series, cutoffs, table.season, scale),
        minimum=pipeline.minimum,
    )


def _scored_series(name: str, folder: Path, panel: Panel) -> np.ndarray:
    """Series of the panel; those of departures have been observed on enough days. Filled gaps do not count."""
    if name != "departures":
        return np.arange(panel.series)
    rows = pacsv.read_csv(folder / "departures.csv").group_by(["origin", "carrier"]).aggregate([([], "count_all")])
    days = {f"{row['origin']}/{row['carrier']}": row["count_all"] for row in rows.to_pylist()}
    return np.array([index for index, series in enumerate(panel.names) if days[series] >= FEWEST_DAYS])


def _truth(later: Panel, asked: Panel, series: np.ndarray, cutoffs: np.ndarray) -> np.ndarray:
    """(N, H, C) from a panel that was read later, whose series may come in another order."""
    position = {series: index for index, series in enumerate(later.names)}
    found = np.array([position[asked.names[index]] for index in series])
    return backtest.truth(later, found, cutoffs)


def _scoring(
    asked: Panel, series: np.ndarray, cutoffs: np.ndarray, season: int, scale: np.ndarray
) -> Callable[[np.ndarray, np.ndarray], Scores]:
    """The forecasts' scores beside those of the baselines, and of the schedule taken as a forecast."""

    def score(truth: np.ndarray, quantiles: np.ndarray) -> Scores:
        found = mase_by_target("mase", asked.target_names, series, truth, quantiles[:, :, MEDIAN], scale)
        for name, baseline in BASELINES.items():
            point = baseline(asked, series, cutoffs, (0.5,), season)[:, :, 0]
            found |= mase_by_target(f"{name}_mase", asked.target_names, series, truth, point, scale)
        if "scheduled" in asked.future_names:
            rows = asked.row_of(series, cutoffs)[:, None] + np.arange(1, asked.horizon + 1)
            schedule = asked.future[rows][..., [asked.future_names.index("scheduled")]]
            found |= mase_by_target("scheduled_mase", asked.target_names, series, truth, schedule, scale)
        return found | {"coverage80": metrics.coverage(truth, quantiles[:, :, 0], quantiles[:, :, len(LEVELS) - 1])}

    return score


def mase_by_target(
    name: str, targets: tuple[str, ...], series: np.ndarray, truth: np.ndarray, forecast: np.ndarray, scale: np.ndarray
) -> Scores:
    """MASE of each series over all its origins, then the mean over series; `name_target` where there are several.

    series: (N). truth, forecast: (N, H, C). scale: (S, C).
    """
    error = metrics.absolute_error(truth, forecast)
    found = {}
    for channel, target in enumerate(targets):
        own = [metrics.mean(error[series == index, :, channel]) for index in np.unique(series)]
        key = name if len(targets) == 1 else f"{name}_{target}"
        found[key] = metrics.mean(metrics.mase(np.array(own), scale[np.unique(series), channel]))
    return found
