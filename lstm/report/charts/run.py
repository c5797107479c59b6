"""All pictures of a run, drawn once and shown by both the page and the summary."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from lstm.data.panel.panel import Panel
from lstm.report.charts.forecasts import ForecastView, forecast_grid
from lstm.report.charts.missing import missing_picture, share_missing
from lstm.report.charts.scores import scores_picture
from lstm.report.charts.training_curves import training_picture


@dataclass(frozen=True)
class Pictures:
    """PNG bytes of bounded size, see `chart`; None where there is nothing to show."""

    forecasts: bytes
    training: bytes | None
    scores: bytes | None
    missing: bytes | None


def draw_pictures(
    panel: Panel,
    forecasts: pa.Table,
    levels: tuple[float, ...],
    *,
    history: pa.Table | None,
    scores: pa.Table | None,
    previous: pa.Table | None,
) -> Pictures:
    """Draws whatever the run left behind. history, scores, previous: see `Story`."""
    scored = scores is not None and pc.any(pc.equal(scores["scope"], "target")).as_py()
    return Pictures(
        forecasts=forecast_grid(ForecastView(panel, forecasts, levels, previous)),
        training=training_picture(history) if history is not None and history.num_rows else None,
        scores=scores_picture(scores) if scored else None,
        missing=missing_picture(panel) if share_missing(panel) else None,
    )
