"""Published rows as arrays on a panel's grid: the medians, and who made them."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.panel.panel import Panel
from lstm.errors import EvaluationError

NOBODY = -1


class Maker(NamedTuple):
    """Who made a forecast: its method in the ledger, and the model's version where there is one."""

    method: str
    version: int | None


@dataclass(frozen=True)
class Published:
    """Forecasts that were published, as arrays on a panel's grid.

    median: float64 (S, H, C), at the steps after the panel's cutoff; NaN where there is no row or it failed.
    maker: int (S, C), place in `makers` of whoever made it, NOBODY where none did.
    """

    median: np.ndarray
    maker: np.ndarray
    makers: tuple[Maker, ...]


def on_grid(panel: Panel, rows: pa.Table) -> Published:
    """Published rows of any cutoff as arrays, as far as they fall on the horizon of the panel's series.

    Raises EvaluationError when the rows' steps are not those of the panel's grid.
    """
    shape = (panel.series, panel.horizon, len(panel.target_names))
    median, maker = np.full(shape, np.nan), np.full((shape[0], shape[2]), NOBODY)
    rows = rows.filter(pc.is_valid(rows["forecast"]))
    if not len(rows):
        return Published(median, maker, ())
    step = _steps(panel, rows)
    series = panel.find(rows)
    target = np.asarray(pc.fill_null(pc.index_in(rows["target"], pa.array(panel.target_names)), NOBODY))
    inside = (series >= 0) & (target >= 0) & (step >= 0) & (step < panel.horizon)
    rows, series, target, step = rows.filter(pa.array(inside)), series[inside], target[inside], step[inside]
    median[series, step, target] = np.asarray(rows["forecast"].cast(pa.float64()))
    makers, code = _makers(rows)
    maker[series, target] = code
    return Published(median, maker, makers)


def _steps(panel: Panel, rows: pa.Table) -> np.ndarray:
    """int64 (R): the place of each row's time in the panel's horizon, 0 for the step after its cutoff."""
    grid = panel.frequency
    ordinals, exact = grid.ordinals(rows["time"].combine_chunks())
    cutoffs, _ = grid.ordinals(rows["cutoff"].combine_chunks())
    if not exact.all() or (ordinals - cutoffs != np.asarray(rows["step"])).any():
        raise EvaluationError(f"the forecast before was not on the grid {grid.alias!r}, which this one is on")
    return np.asarray(ordinals - panel.cutoff - 1)


def _makers(rows: pa.Table) -> tuple[tuple[Maker, ...], np.ndarray]:
    """(the different makers, int (R): the place among them of each row's)."""
    method, version = rows["method"].combine_chunks(), pc.fill_null(rows["model_version"].combine_chunks(), 0)
    methods, versions = pc.unique(method), pc.unique(version)
    code = np.asarray(pc.index_in(method, methods)).astype(np.int64) * len(versions)
    pairs, maker_of_row = np.unique(code + np.asarray(pc.index_in(version, versions)), return_inverse=True)
    makers = [
        Maker(methods[int(pair) // len(versions)].as_py(), versions[int(pair) % len(versions)].as_py() or None)
        for pair in pairs
    ]
    return tuple(makers), maker_of_row
