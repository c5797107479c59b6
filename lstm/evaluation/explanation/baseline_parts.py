"""What moves the forecast of a baseline: the level of what it repeats, and the pattern of its season.

A repeated value is a sum of the two, so their contributions are the differences of each, whatever the order.
"""

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.evaluation.explanation.earlier import Question, earlier_windows, mean_of_earlier
from lstm.evaluation.explanation.explanation import Group
from lstm.model.baselines.methods import SEASONS_AVERAGED
from lstm.model.baselines.model import BaselineModel
from lstm.model.baselines.past_errors import mean, values_at
from lstm.model.baselines.statistical import STATISTICAL
from lstm.model.forecaster.choices import default_device

SEASONS_REPEATED = {"seasonal_naive": 1, "seasonal_average": SEASONS_AVERAGED}


def baseline_groups(model: BaselineModel) -> tuple[Group, ...]:
    """Naive is its level; what repeats a season is its level and its pattern; what statsforecast fits is one thing."""
    if model.name in STATISTICAL:
        return (Group("history", "history"),)
    level = Group("level", "level")
    if model.name not in SEASONS_REPEATED or model.season == 1:
        return (level,)
    return (level, Group(f"season of {model.season}", "season", model.season))


def baseline_parts(
    model: BaselineModel, panel: Panel, series: np.ndarray, rows: np.ndarray, forecast: np.ndarray, question: Question
) -> tuple[np.ndarray, np.ndarray]:
    """((N, H, C, G) contributions, (N, H, C) what is usual), float64, NaN where a window has no earlier one.

    series, rows: (N), each window's series and the panel row of its cutoff. forecast: (N, H, C), what was published.
    """
    window, cutoffs = earlier_windows(panel, series, rows, question, 1)
    median = model.levels.index(0.5)
    earlier = model.forecast(panel, series[window], cutoffs, which="served", device=default_device())[:, :, median]
    usual = mean_of_earlier(earlier, window, len(rows))
    total = forecast - usual
    groups = baseline_groups(model)
    if len(groups) == 1:
        return total[..., None], usual
    levels = _levels(model, panel, series[window], cutoffs)
    level = _levels(model, panel, series, rows) - mean_of_earlier(levels, window, len(rows))
    of_level = np.broadcast_to(level[:, None], total.shape)
    return np.stack([of_level, total - of_level], axis=-1), usual


def _levels(model: BaselineModel, panel: Panel, series: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """float64 (N, C): mean of what was observed in the seasons that a baseline repeats."""
    back = np.arange(SEASONS_REPEATED[model.name] * model.season)
    ordinals = panel.ordinal_of(series, rows)
    return mean(values_at(panel, series[:, None], ordinals[:, None] - back), axis=1)
