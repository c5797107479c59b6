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
    errors, references = (_by_series(panel, scores, name) for name in (method, SEASONAL_NAIVE))
    for place, (error, origins) in errors.items():
        reference, _ = references.get(place, (np.nan, 0))
        if origins >= settings.fallback_origins and error > reference * (1.0 + settings.fallback_margin):
            by = f"by {percent(error / reference - 1.0)} " if reference > 0.0 else ""
            reasons[place] = f"the model was worse than the seasonal naive {by}over {origins} origins"
    return reasons


def _by_series(panel: Panel, scores: pa.Table, method: str) -> dict[tuple[int, int], tuple[float, int]]:
    """(mean absolute error, scored origins) by (series, target) of the panel."""
    of_method = pc.and_(pc.equal(scores["scope"], "series"), pc.equal(scores["method"], method))
    rows = scores.filter(of_method)
    names = panel.keys.column_names
    columns = [key_column(name) for name in names]
    if not set(columns) <= set(rows.column_names):
        return {}
    series = panel.find(rows.select(columns).rename_columns(names)).tolist()
    targets = {name: index for index, name in enumerate(panel.target_names)}
    return {
        (place, targets[row["target"]]): (float(row["mae"]), int(row["origins"]))
        for place, row in zip(series, rows.to_pylist(), strict=True)
        if place >= 0 and row["target"] in targets
    }
