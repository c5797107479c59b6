"""The unit in which realised errors are told: that of the backtest in which the model was judged."""

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.data.panel.seasonal_scale import seasonal_scale


def scale_by_version(
    panel: Panel, season: int, trained_through: Mapping[int, int], otherwise: int
) -> Callable[[int | None], np.ndarray]:
    """The unit of MASE, (S, C), by version: as in the backtest that the model was judged in, where it is known.

    The backtest scales by what lies before it, which is what the evaluated weights have read. trained_through: ordinal
    by version; of any other model the newest of these counts, and `otherwise` where there is none.
    """
    newest = max(trained_through.values(), default=otherwise)

    @cache
    def before(ordinal: int) -> np.ndarray:
        return seasonal_scale(panel, season, min(ordinal, panel.cutoff))

    def scale(version: int | None) -> np.ndarray:
        return before(trained_through.get(version, newest) if version is not None else newest)

    return scale
