"""Forecasts as rows: who serves each target of each series, and why, and the table that is published.

Every expected series gets its rows: by the model, else by a baseline, else as `failed` with the reason.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import level_name
from lstm.contestants import FAILED
from lstm.data.panel.panel import Panel

CLOSED_REASON = "closed by calendar.closed"


@dataclass(frozen=True)
class Served:
    """Forecasts for every series of a panel, and who made them, target by target.

    quantiles: float64 (S, H, Q, C). method, reason, version: objects (S, C), a text, a text or None, an int or None.
    left_out: bool (S), series that get no rows. held: bool (S, C), whose median would have been below zero, though
    the target never was.
    """

    quantiles: np.ndarray
    method: np.ndarray
    reason: np.ndarray
    version: np.ndarray
    left_out: np.ndarray
    held: np.ndarray

    @classmethod
    def by(cls, quantiles: np.ndarray, method: str, reason: str | None, version: int | None) -> "Served":
        """The forecasts (S, H, Q, C) of one method for all targets of all series."""
        series, _, _, targets = quantiles.shape
        methods, reasons, versions = (np.full((series, targets), value, object) for value in (method, reason, version))
        return cls(quantiles, methods, reasons, versions, np.zeros(series, bool), np.zeros((series, targets), bool))

    @classmethod
    def joined(cls, parts: "Sequence[Served]") -> "Served":
        """The forecasts of all series, from those of consecutive ones."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def replace(self, cells: np.ndarray, quantiles: np.ndarray, method: str, reason: "str | np.ndarray") -> None:
        """Serves some targets of some series by another method, without a model version.

        cells: bool (S, C). quantiles: (S, H, Q, C). reason: a text, or one for each, objects (S, C).
        """
        np.copyto(self.quantiles, quantiles, where=cells[:, None, None])
        self.method[cells] = method
        self.reason[cells] = reason if isinstance(reason, str) else reason[cells]
        self.version[cells] = None

    def methods(self) -> Counter[str]:
        """Number of targets of all series that get rows, by method."""
        return Counter(self.method[~self.left_out].ravel().tolist())

    def failed(self) -> np.ndarray:
        """bool (S): series that get rows, and in some target none with a number."""
        return np.asarray((self.method == FAILED).any(axis=1) & ~self.left_out)


def forecast_rows(panel: Panel, served: Served, levels: tuple[float, ...]) -> pa.Table:
    """The rows of all series that get some.

    Key columns, target, cutoff, time, step, forecast, q.., method, reason, model_version; sorted by key, target and
    step. What failed has null forecasts.
    """
    # Rows in the order series, target, step: one index a row into each of the three, with which all columns are taken.
    published = np.flatnonzero(~served.left_out)
    horizon, targets = panel.horizon, len(panel.target_names)
    series = np.repeat(published, horizon * targets)
    target = np.tile(np.repeat(np.arange(targets), horizon), len(published))
    step = np.tile(np.arange(1, horizon + 1), len(published) * targets)
    columns = {name: panel.keys[name].take(pa.array(series)) for name in panel.keys.column_names}
    columns["target"] = pa.array(np.asarray(panel.target_names, dtype=object)[target], pa.string())
    columns["cutoff"] = panel.frequency.times(np.full(len(step), panel.cutoff))
    columns["time"] = panel.frequency.times(panel.cutoff + step)
    columns["step"] = pa.array(step.astype(np.int32))
    by_row = served.quantiles[published].transpose(0, 3, 1, 2).reshape(-1, len(levels))  # (S * C * H, Q)
    failed = served.method[series, target] == FAILED
    quantiles = {level_name(level): pa.array(by_row[:, q], mask=failed) for q, level in enumerate(levels)}
    columns["forecast"] = quantiles[level_name(0.5)]
    columns |= quantiles
    cell = pa.array(np.repeat(np.arange(len(published) * targets), horizon))
    for name, values, kind in (
        ("method", served.method, pa.string()),
        ("reason", served.reason, pa.string()),
        ("model_version", served.version, pa.int32()),
    ):
        columns[name] = pa.array(values[published].ravel().tolist(), kind).take(cell)
    return pa.table(columns)


def absent_rows(panel: Panel, absent: pa.Table, levels: tuple[float, ...], reason: str) -> pa.Table:
    """`failed` rows for series that are not in the panel. absent: their key columns."""
    shape = (len(absent), panel.horizon, len(levels), len(panel.target_names))
    nothing = Served.by(np.full(shape, np.nan), FAILED, reason, None)
    begun = np.zeros(len(absent) + 1, np.int64)
    stand_in = Panel(
        panel.frequency, panel.cutoff, panel.horizon, absent, begun, begun[:-1], panel.targets[:0], panel.past[:0],
        panel.future[:0], panel.static[:0], panel.target_names,
    )  # fmt: skip
    return forecast_rows(stand_in, nothing, levels)


def without_closed(rows: pa.Table, closed: pa.Array, levels: tuple[float, ...], *, zero: bool) -> pa.Table:
    """The rows less those of closed times; zero: with a forecast of 0 in these, unless they failed, and the reason.

    closed: times, in the grid's own type. levels: Q, whose columns the rows have.
    """
    if not len(closed):
        return rows
    at_closed = pc.is_in(rows["time"], value_set=closed)
    if not zero:
        return rows.filter(pc.invert(at_closed))
    at_closed = pc.and_(at_closed, pc.not_equal(rows["method"], FAILED))
    for name in ("forecast", *map(level_name, levels)):
        rows = _set_column(rows, name, pc.if_else(at_closed, pa.scalar(0.0, rows[name].type), rows[name]))
    return _set_column(rows, "reason", pc.if_else(at_closed, CLOSED_REASON, rows["reason"]))


def _set_column(rows: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    return rows.set_column(rows.column_names.index(name), name, values)


def in_order(rows: pa.Table, keys: tuple[str, ...]) -> pa.Table:
    """Rows sorted by series key, target and step."""
    return rows.take(pc.sort_indices(rows, [(name, "ascending") for name in (*keys, "target", "step")]))
