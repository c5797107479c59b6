"""Forecast rows of the ledger joined with the actuals of a panel; rows of the table of realised forecasts as arrays."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.panel.panel import Panel
from lstm.data.rows.series_keys import series_names
from lstm.evaluation.monitoring.naive_rows import seasonal_naive_at, values_at
from lstm.evaluation.monitoring.realised import ModelLabel, Realised
from lstm.storage.actuals.realised_layout import realised_schema
from lstm.storage.actuals.realised_table import Published
from lstm.storage.ledger.ledger_table import Layout

CLOSE = 1e-6  # a panel's values are float32 or float64, as its magnitudes need; such a change is no revision
Scales = Callable[[int | None], np.ndarray]  # (S, C) by version


@dataclass(frozen=True)
class Places:
    """Where N rows lie in a panel. series, target: int (N), -1 where the panel has none. cutoff, time: ordinals (N)."""

    series: np.ndarray
    target: np.ndarray
    cutoff: np.ndarray
    time: np.ndarray

    @property
    def known(self) -> np.ndarray:
        """bool (N): rows of a series and target of the panel, within the steps of the series up to the cutoff."""
        return (self.series >= 0) & (self.target >= 0)


def place(rows: pa.Table, panel: Panel) -> Places:
    """Finds rows (with the key columns, target, time and, if they have one, cutoff) in a panel."""
    targets = pc.index_in(rows["target"], pa.array(panel.target_names, pa.string())).fill_null(-1)
    time, on_grid = _ordinals(rows["time"], panel)
    cutoff = _ordinals(rows["cutoff"], panel)[0] if "cutoff" in rows.column_names else time
    series = np.where(on_grid, panel.find(rows), -1)
    return Places(series, np.asarray(targets, np.int64), cutoff, time)


def _ordinals(times: pa.ChunkedArray, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    if not len(times):
        return np.zeros(0, np.int64), np.zeros(0, bool)
    return panel.frequency.ordinals(times.combine_chunks())


def _keys(rows: pa.Table, layout: Layout) -> list[pa.ChunkedArray]:
    return [rows[name] for name in layout.key_names]


def codes(columns: list[pa.ChunkedArray]) -> np.ndarray:
    """int64 (N): equal numbers for rows that are equal in all columns; no columns, no numbers.

    Made dense after each column, as the product of all columns' numbers may be beyond int64.
    """
    code = np.zeros(len(columns[0]) if columns else 0, np.int64)
    for column in columns:
        encoded = column.combine_chunks().dictionary_encode()
        mixed = code * (len(encoded.dictionary) + 1) + np.asarray(encoded.indices.fill_null(len(encoded.dictionary)))
        code = np.unique(mixed, return_inverse=True)[1]
    return code


@dataclass(frozen=True)
class Scoring:
    """How a monitor scores. as_of: its own. season: of the seasonal naive, in steps. scales: of MASE by version."""

    pipeline: str
    as_of: str
    season: int
    scales: Scales


def realise(rows: pa.Table, panel: Panel, layout: Layout, published: Published, scoring: Scoring) -> pa.Table:
    """Rows of the ledger (of one run) whose actual has come, as the table of realised forecasts has them.

    Rows of another grid (the pipeline's frequency has changed since) and of series that the panel lacks are left out.
    """
    at = place(rows, panel)
    actual = np.full(len(rows), np.nan)
    known = np.flatnonzero(at.known)
    actual[known] = values_at(panel, at.series[known], at.target[known], at.time[known])
    steps = np.asarray(rows["step"]) if len(rows) else np.zeros(0, np.int64)
    chosen = np.flatnonzero(~np.isnan(actual) & (at.time - at.cutoff == steps))
    rows, actual = rows.take(pa.array(chosen)), actual[chosen]
    series, target, cutoff, time = (values[chosen] for values in (at.series, at.target, at.cutoff, at.time))
    naive = seasonal_naive_at(panel, series, target, cutoff, time, scoring.season)
    columns = {name: rows[name] for name in (*layout.key_names, "target", "cutoff", "time", "step", "forecast")}
    columns |= {name: rows[name] for name in (*layout.levels, "method", "model_version")}
    columns |= _compared(rows, actual)
    columns["naive"] = _numbers(naive)
    columns["scale"] = _numbers(_scales(rows, series, target, scoring.scales))
    constants = {
        "pipeline": pa.scalar(scoring.pipeline),
        "run_id": pa.scalar(published.run_id),
        "kind": pa.scalar(published.kind),
        "published_at": pa.scalar(published.published_at, pa.timestamp("us", tz="UTC")),
        "scored_as_of": pa.scalar(scoring.as_of),
        "revisions": pa.scalar(0, pa.int32()),
        "revised_as_of": pa.scalar(None, pa.string()),
    }
    columns |= {name: pa.repeat(value, len(rows)) for name, value in constants.items()}
    schema = realised_schema(layout)
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _compared(rows: pa.Table, actual: np.ndarray) -> dict[str, pa.Array]:
    """The columns of the actual and of the error. actual: float64 (N), NaN where it was withdrawn."""
    return {"actual": _numbers(actual), "error": _numbers(_floats(rows, "forecast") - actual)}


def _numbers(values: np.ndarray) -> pa.Array:
    """Numbers of a column, null where they are NaN."""
    return pa.array(values, pa.float64(), from_pandas=True)


def _scales(rows: pa.Table, series: np.ndarray, target: np.ndarray, scales: Scales) -> np.ndarray:
    """float64 (N): the unit of MASE of each row."""
    scale = np.full(len(rows), np.nan)
    model = codes([rows["model_version"]])
    for code in np.unique(model):
        places = np.flatnonzero(model == code)
        scale[places] = scales(rows["model_version"][places[0]].as_py())[series[places], target[places]]
    return scale


def revised_times(actuals: pa.Table, panel: Panel) -> np.ndarray:
    """Ordinals of times at which an actual is another than a row was scored with. actuals: see `RealisedForecasts`."""
    at = place(actuals, panel)
    return np.unique(at.time[_changed(actuals, at, panel)[0]])


def rescore(rows: pa.Table, panel: Panel, *, as_of: str) -> pa.Table:
    """Those of the rows whose actual is another by now, scored with that; a withdrawn actual leaves no errors.

    The naive forecast stays as it was when the row was first scored.
    """
    changed, actual = _changed(rows, place(rows, panel), panel)
    rows, actual = rows.take(pa.array(changed)), actual[changed]
    columns = dict(zip(rows.column_names, rows.columns, strict=True))
    columns |= _compared(rows, actual)
    columns["revisions"] = pc.add(rows["revisions"], pa.scalar(1, pa.int32()))
    columns["revised_as_of"] = pa.repeat(pa.scalar(as_of), len(rows))
    return pa.table([columns[name] for name in rows.column_names], schema=rows.schema)


def _changed(rows: pa.Table, at: Places, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """(int: rows whose actual is another, float64 (N): the actuals). Where the panel does not reach nothing changed."""
    stored, actual = _floats(rows, "actual"), np.full(len(rows), np.nan)
    known = np.flatnonzero(at.known)
    series, time = at.series[known], at.time[known]
    known = known[(time >= panel.start[series]) & (time <= panel.cutoff)]
    actual[known] = values_at(panel, at.series[known], at.target[known], at.time[known])
    unchanged = np.isclose(actual[known], stored[known], rtol=CLOSE, atol=0.0, equal_nan=True)
    return known[~unchanged], actual


def _floats(rows: pa.Table, name: str) -> np.ndarray:
    return np.asarray(rows[name].to_numpy(), dtype=np.float64)


def realised_rows(
    rows: pa.Table,
    panel: Panel,
    layout: Layout,
    ranks: dict[str, int],
    complete: set[str],
) -> Realised:
    """Rows with an actual, as arrays. ranks: of publications by run. complete: runs whose last step has come."""
    rows = rows.filter(pc.is_valid(rows["actual"]))
    if layout.keys:
        series, first = _firsts(codes(_keys(rows, layout)))
        names = series_names(rows.select(list(layout.key_names)).take(pa.array(first))) if len(first) else []
    else:
        series, names = np.zeros(len(rows), np.int64), ["all"] if len(rows) else []
    target, target_first = _firsts(codes([rows["target"]]))
    label = codes([rows["method"], rows["model_version"], pc.equal(rows["kind"], "backfill")])
    model, model_first = _firsts(label)
    run, run_first = _firsts(codes([rows["run_id"]]))
    runs = [rows["run_id"][place].as_py() for place in run_first]
    return Realised(
        model=model,
        series=series,
        target=target,
        step=np.asarray(rows["step"], np.int64),
        cutoff=_ordinals(rows["cutoff"], panel)[0],
        time=_ordinals(rows["time"], panel)[0],
        rank=np.array([ranks[name] for name in runs], np.int64)[run],
        complete=np.array([name in complete for name in runs], bool)[run],
        actual=_floats(rows, "actual"),
        forecast=_floats(rows, "forecast"),
        naive=_floats(rows, "naive"),
        scale=_floats(rows, "scale"),
        quantiles=np.stack([_floats(rows, name) for name in layout.levels], axis=1),
        models=tuple(_model(rows, int(place)) for place in model_first),
        series_names=tuple(names),
        target_names=tuple(rows["target"][place].as_py() for place in target_first),
        levels=tuple(level_of(name) for name in layout.levels),
    )


def level_of(column: str) -> float:
    """Inverse of `level_name`: `q02_5` is 0.025."""
    return round(float(column.removeprefix("q").replace("_", ".")) / 100.0, 8)


def _firsts(code: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(numbers from 0 in the order of `code`, the first row of each)."""
    _, first, dense = np.unique(code, return_index=True, return_inverse=True)
    return dense, first


def _model(rows: pa.Table, index: int) -> ModelLabel:
    return ModelLabel(
        rows["method"][index].as_py(), rows["model_version"][index].as_py(), rows["kind"][index].as_py() == "backfill"
    )
