"""What a run has to say of its forecasts, beside who made them: sentences that name the series."""

from collections.abc import Iterator

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.data.panel.static_codes import unknown_categories
from lstm.data.quality.report import listed
from lstm.model.baselines.model import Model
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.serving.forecast_rows import Served
from lstm.model.serving.serve import NO_LOGARITHM


def serving_remarks(panel: Panel, model: Model, served: Served) -> tuple[str, ...]:
    """Sentences without a full stop, on what the night's model could not read; none where it could read everything."""
    return (
        *_without_logarithm(panel, served),
        *_unknown_categories(panel, model, served),
        *_held_at_zero(panel, served),
    )


def _held_at_zero(panel: Panel, served: Served) -> Iterator[str]:
    held = np.flatnonzero(served.held.any(axis=1) & ~served.left_out)
    if len(held):
        names = _names(panel, held)
        yield f"Series that never were negative are held at 0, below which the model would have forecast {names}"


def _without_logarithm(panel: Panel, served: Served) -> Iterator[str]:
    unread = np.flatnonzero((served.reason == NO_LOGARITHM).any(axis=1) & ~served.left_out)
    if len(unread):
        yield (
            "The model forecasts logarithms and cannot read values at or below zero, so others forecast "
            f"{_names(panel, unread)}"
        )


def _unknown_categories(panel: Panel, model: Model, served: Served) -> Iterator[str]:
    """What a model was not trained with is missing to it, and changes nothing for other series."""
    categories = model.card.static_categories if isinstance(model, Forecaster) else ()
    for (name, text), series in unknown_categories(panel, categories).items():
        by_model = series[(served.version[series] != None).any(axis=1) & ~served.left_out[series]]  # noqa: E711
        if len(by_model):
            whose = _names(panel, by_model)
            yield f"The {name} {text!r} of {whose} is unknown to the model, as it was not trained with it"


def _names(panel: Panel, series: np.ndarray) -> str:
    return listed(panel.names[place] for place in series.tolist())
