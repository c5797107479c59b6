"""Which targets of which series the seasonal naive serves, because the model was worse at them in the backtest."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import Serving
from lstm.data.panel.panel import Panel
from lstm.evaluation.backtest.score import COLUMNS
from lstm.evaluation.wording import percent
from lstm.model.serving.serve import SEASONAL_NAIVE


def worse_than_fallback(panel: Panel, scores: pa.Table, method: str, settings: Serving) -> np.ndarray:
    """Objects (S, C): why the seasonal naive serves a target of a series in place of `method`, else None.

    scores: of the backtest that judged it, see `lstm.evaluation.backtest.score`; the scope "series" is read. Nothing
    is replaced where it does not know how many origins were scored, or has no row of the series.
    """
    reasons = np.full((panel.series, len(panel.target_names)), None, object)
    if not settings.per_series_fallback or "origins" not in scores.column_names:
        return reasons
    own, theirs = (_by_series(panel, scores, name) for name in (method, SEASONAL_NAIVE))
    for place, (error, origins) in own.items():
        reference, _ = theirs.get(place, (np.nan, 0))
        if origins >= settings.fallback_origins and error > reference * (1.0 + settings.fallback_margin):
            by = f"by {percent(error / reference - 1.0)} " if reference > 0.0 else ""
            reasons[place] = f"the model was worse than the seasonal naive {by}over {origins} origins"
    return reasons


def _by_series(panel: Panel, scores: pa.Table, method: str) -> dict[tuple[int, int], tuple[float, int]]:
    """(mean absolute error, scored origins) by (series, target) of the panel."""
    mine = pc.and_(pc.equal(scores["scope"], "series"), pc.equal(scores["method"], method))
    rows = scores.filter(mine)
    keys = [f"series_{name}" if name in COLUMNS else name for name in panel.keys.column_names]
    series = {tuple(row.values()): index for index, row in enumerate(panel.keys.to_pylist())}
    targets = {name: index for index, name in enumerate(panel.target_names)}
    found = {}
    for row in rows.to_pylist():
        at = series.get(tuple(row.get(key) for key in keys)), targets.get(row["target"])
        if at[0] is not None and at[1] is not None:
            found[at[0], at[1]] = float(row["mae"]), int(row["origins"])
    return found
