"""Which targets of which series the seasonal naive serves, because the model was worse at them in the backtest."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import Serving
from lstm.contestants import SEASONAL_NAIVE
from lstm.data.panel.panel import Panel
from lstm.evaluation.backtest.score import key_column
from lstm.evaluation.wording import percent


def worse_than_fallback(panel: Panel, scores: pa.Table, method: str, settings: Serving) -> np.ndarray:
    """Objects (S, C): why the seasonal naive serves a target of a series in place of `method`, else None.

    scores: of the backtest that judged it, see `lstm.evaluation.backtest.score`; the scope "series" is read. Nothing
    is replaced where it does not know how many origins were scored, or has no row of the series.
    """
    reasons = np.full((panel.series, len(panel.target_names)), None, object)
    if not settings.per_series_fallback or "origins" not in scores.column_names:
        return reasons
    error, origins = _by_series(panel, scores, method)
    reference, _ = _by_series(panel, scores, SEASONAL_NAIVE)
    is_worse = (origins >= settings.fallback_origins) & (error > reference * (1.0 + settings.fallback_margin))
    for place in zip(*np.nonzero(is_worse), strict=True):
        by = f"by {percent(error[place] / reference[place] - 1.0)} " if reference[place] > 0.0 else ""
        reasons[place] = f"the model was worse than the seasonal naive {by}over {origins[place]} origins"
    return reasons


def _by_series(panel: Panel, scores: pa.Table, method: str) -> tuple[np.ndarray, np.ndarray]:
    """(mean absolute error, scored origins), (S, C) of the panel; NaN and 0 where the scores have no row."""
    shape = (panel.series, len(panel.target_names))
    error, origins = np.full(shape, np.nan), np.zeros(shape, np.int64)
    names = panel.keys.column_names
    columns = [key_column(name) for name in names]
    if set(columns) <= set(scores.column_names):
        rows = scores.filter(pc.and_(pc.equal(scores["scope"], "series"), pc.equal(scores["method"], method)))
        series = panel.find(rows.select(columns).rename_columns(names))
        target = pc.index_in(rows["target"], value_set=pa.array(panel.target_names, pa.string()))
        known = np.flatnonzero((series >= 0) & np.asarray(target.is_valid()))
        places = series[known], np.asarray(target.take(pa.array(known)))
        error[places], origins[places] = (rows[name].to_numpy()[known] for name in ("mae", "origins"))
    return error, origins
