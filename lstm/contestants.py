"""Who forecasts, by name: the challenger, the champion, and the baselines, in verdicts, scores and rows alike."""

import math
from collections.abc import Mapping

CHALLENGER, CHAMPION = "challenger", "champion"
BASELINE_PREFIX = "baseline:"
RIDGE = f"{BASELINE_PREFIX}ridge"  # the regression that the challenger began from
SEASONAL_NAIVE = f"{BASELINE_PREFIX}seasonal_naive"  # serves where nothing else can
FAILED = "failed"  # the method of a row that nobody could forecast


def is_baseline(method: str) -> bool:
    """Whether a method, or the `uri` of a model's version, names a baseline: `baseline:naive`."""
    return method.startswith(BASELINE_PREFIX)


def method_name(method: str) -> str:
    """A method as people say it: `baseline:seasonal_naive` is the `seasonal naive baseline`, ridge none of these."""
    if method == RIDGE:
        return "ridge regression"
    return f"{short_name(method).replace('_', ' ')} baseline" if is_baseline(method) else method


def in_sentence(name: str) -> str:
    """A contestant in a sentence: `the champion`, `the ridge regression`, a baseline by its name as rows have it."""
    return {CHAMPION: "the champion", RIDGE: "the ridge regression"}.get(name, name)


def short_name(method: str) -> str:
    """`seasonal_naive` of `baseline:seasonal_naive`; any other method as it is."""
    return method.removeprefix(BASELINE_PREFIX)


def best_baseline(values: Mapping[str, float], *, ridge: bool) -> str | None:
    """Name of the baseline with the lowest defined value; None when none is defined. values: by contestant.

    ridge: whether the ridge regression that the challenger began from is one of them.
    """
    names = (name for name in values if is_baseline(name) and (ridge or name != RIDGE))
    return min((name for name in names if math.isfinite(values[name])), key=values.__getitem__, default=None)
