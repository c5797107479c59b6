"""Names of the contestants of a backtest: challenger, champion, and the baselines."""

import math
from collections.abc import Mapping

BASELINE_PREFIX = "baseline:"
RIDGE = "baseline:ridge"
CHALLENGER, CHAMPION = "challenger", "champion"


def best_baseline(values: Mapping[str, float], *, ridge: bool) -> str | None:
    """Name of the baseline with the lowest defined value; None when none is defined. values: by contestant.

    ridge: whether the ridge regression that the challenger began from is one of them.
    """
    names = (name for name in values if name.startswith(BASELINE_PREFIX) and (ridge or name != RIDGE))
    return min((name for name in names if math.isfinite(values[name])), key=values.__getitem__, default=None)
