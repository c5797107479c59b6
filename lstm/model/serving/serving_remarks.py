"""What a run has to say of its forecasts, beside who made them: sentences that name the series."""

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.data.quality.report import listed
from lstm.model.serving.forecast_rows import Served
from lstm.model.serving.serve import NO_LOGARITHM


def serving_remarks(panel: Panel, served: Served) -> tuple[str, ...]:
    """Sentences without a full stop, on series that the night's model could not read; none where it could."""
    unread = np.flatnonzero((served.reason == NO_LOGARITHM).any(axis=1) & ~served.left_out)
    if not len(unread):
        return ()
    names = [panel.names[series] for series in unread]
    return (
        f"The model forecasts logarithms and cannot read values at or below zero, so others forecast {listed(names)}",
    )
