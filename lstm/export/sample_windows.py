"""Some windows of a night with what was published for them, which an exported folder carries to show that it forecasts.

Letters: N windows, H horizon, Q quantile levels, C targets, S series.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from lstm.config import level_name
from lstm.data.panel.calendar import local_days, with_calendar
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import some_series
from lstm.errors import ModelError
from lstm.export.alone.window_inputs import window_inputs
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.serving.sanity import hold_at_zero, never_negative
from lstm.references import Contract

MOST_SERIES, MOST_STEPS, MOST_LOOKED_AT = 6, 60_000, 1_000
INPUTS = ("history", "level", "scale", "observed", "past", "future", "static")


@dataclass(frozen=True)
class Sample:
    """Windows of some series of one panel.

    card: `model.json`, as plain JSON. arrays: what `example.npz` holds: the inputs of the windows that end at the
    panel's cutoff, by name; `expected`, the night's forecasts (N, H, Q, C), NaN where somebody else made them;
    `in_time` (N), whether all targets were observed at the cutoff; `never_negative` (N, C); `series`, their names; and
    of each its plain history, `targets_0`, `past_0`, `future_0`, `static_0`, `times_0`, `targets_1`, …. origin: where
    the forecasts are from, in words.
    """

    card: dict[str, Any]
    panel: Panel
    arrays: dict[str, np.ndarray]
    origin: str

    @property
    def inputs(self) -> dict[str, np.ndarray]:
        """The inputs of all windows, by name."""
        return {name: self.arrays[name] for name in INPUTS if name in self.arrays}


def published_sample(networks: Forecaster, panel: Panel, rows: pa.Table, run_id: str) -> Sample:
    """Of a night that the model served. rows: that it published of this model. panel: without the calendar."""
    places = panel.find(rows)
    series = _spread(panel, np.unique(places))
    expected = _by_window(rows, places, series, networks.card.contract)
    return _sample(networks, some_series(panel, series), expected, f"that the run `{run_id}` published")


def rows_of_version(tables: Iterable[pa.Table], version: int) -> pa.Table | None:
    """The rows that a version made, of the first of these tables of published rows that has any; None without any."""
    for table in tables:
        rows = table.filter(pc.and_(pc.equal(table["model_version"], version), pc.is_null(table["reason"])))
        if len(rows):
            return rows
    return None


def forecast_sample(networks: Forecaster, panel: Panel, origin: str) -> Sample:
    """Of what the model would have forecast for a panel, without the calendar's covariates, had it served."""
    panel = some_series(panel, _spread(panel, np.arange(panel.series)))
    series = np.arange(panel.series)
    rows = panel.row_of(series, panel.cutoff)
    expected = networks.forecast(with_calendar(panel), series, rows, which="served", device=torch.device("cpu"))
    return _sample(networks, panel, expected, origin)


def _spread(panel: Panel, series: np.ndarray) -> np.ndarray:
    """Some of the series (int, rising), from all over: of those observed at the cutoff, if there are any.

    Raises ModelError where none of them was ever observed.
    """
    series = series[np.unique(np.linspace(0, len(series) - 1, MOST_LOOKED_AT).round().astype(int))]
    rows, firsts = panel.row_of(series, panel.cutoff), panel.indptr[series]
    begun = np.array([panel.observed[first : row + 1].any() for first, row in zip(firsts, rows, strict=True)], bool)
    in_time = begun & panel.observed[rows].all(axis=1)
    usable = series[in_time if in_time.any() else begun]
    if not len(usable):
        raise ModelError("no series of the panel was observed up to its cutoff, so there is nothing to show a model on")
    some = usable[np.unique(np.linspace(0, len(usable) - 1, MOST_SERIES).round().astype(int))]
    steps = np.cumsum(np.diff(panel.indptr)[some])
    kept: np.ndarray = some[: max(int(np.searchsorted(steps, MOST_STEPS, side="right")), 1)]
    return kept


def _by_window(rows: pa.Table, places: np.ndarray, series: np.ndarray, contract: Contract) -> np.ndarray:
    """(N, H, Q, C): published rows, whose series are `places`, of the series (N); NaN where there is none."""
    levels = contract.quantile_levels
    expected = np.full((len(series), contract.horizon, len(levels), len(contract.targets)), np.nan)
    of_series = np.flatnonzero(np.isin(places, series))
    window = np.searchsorted(series, places[of_series])
    chosen = rows.take(pa.array(of_series))
    step = chosen["step"].to_numpy() - 1
    target = np.array([contract.targets.index(name) for name in chosen["target"].to_pylist()], int)
    for place, level in enumerate(levels):
        expected[window, step, place, target] = chosen[level_name(level)].to_numpy()
    return expected


def _sample(networks: Forecaster, panel: Panel, expected: np.ndarray, origin: str) -> Sample:
    """The windows of all series of a panel at its cutoff, without the calendar's covariates."""
    card: dict[str, Any] = json.loads(networks.card.model_dump_json())
    read = networks.readable(with_calendar(panel))
    windows: list[dict[str, np.ndarray]] = []
    arrays: dict[str, np.ndarray] = {}
    for series in range(panel.series):
        history = _plain_history(read, series)
        windows.append(window_inputs(card, *(history[name] for name in ("targets", "past", "future", "static"))))
        arrays |= {f"{name}_{series}": values for name, values in history.items()}
    inputs = {name: np.concatenate([window[name] for window in windows]) for name in windows[0]}
    rows = panel.row_of(np.arange(panel.series), panel.cutoff)
    held = never_negative(panel, np.arange(panel.series), rows)
    if networks.card.minimum is None:  # as a night does, unless somebody has named a minimum since the training
        hold_at_zero(expected, held)
    facts = {
        "expected": expected,
        "in_time": panel.observed[rows].all(axis=1),
        "never_negative": held,
        "series": np.array(panel.names),
    }
    return Sample(card, panel, inputs | facts | arrays, origin)


def _plain_history(panel: Panel, series: int) -> dict[str, np.ndarray]:
    """A series from its first step on: what was observed up to the cutoff, covariates, and times by the local clock."""
    rows = slice(panel.indptr[series], panel.indptr[series + 1])
    until = slice(rows.start, rows.stop - panel.horizon)
    history = {
        "targets": panel.targets[until].astype(np.float64),
        "past": panel.past[until].astype(np.float64),
        "future": panel.future[rows].astype(np.float64),
        "static": panel.static[series].astype(np.float64),
    }
    if panel.frequency.kind != "integer":
        days, hours = local_days(panel.frequency, panel.ordinals[rows], panel.time_zone)
        history["times"] = days.astype("datetime64[s]") + np.round(hours * 3600).astype("timedelta64[s]")
    return history
