"""Whether float32 holds a column: its rounding must be small beside the spread of every series."""

import numpy as np

LARGEST_ROUNDING = 1e-3
# Squares of what lies outside overflow float32, or vanish in it.
SAFE_MAGNITUDES = (1e-18, 1e18)


def needs_double(values: np.ndarray, series: np.ndarray, count: int) -> bool:
    """True where float32 would round a series by more than a thousandth of its standard deviation.

    values: float64 (R), NaN where missing. series: int64 (R), below count.
    """
    observed = ~np.isnan(values)
    if not observed.all():
        values, series = values[observed], series[observed]
    if not len(values):
        return False
    magnitude = np.abs(values)
    if magnitude.max() > SAFE_MAGNITUDES[1] or (magnitude[magnitude > 0].min(initial=1.0) < SAFE_MAGNITUDES[0]):
        return True
    rounding = values - values.astype(np.float32)
    if not rounding.any():
        return False
    number = np.maximum(np.bincount(series, minlength=count), 1)
    deviation = values - (np.bincount(series, values, count) / number)[series]
    spread = np.sqrt(np.bincount(series, deviation**2, count) / number)
    lost = np.sqrt(np.bincount(series, rounding**2, count) / number)
    # A constant stays one in float32; what rounding in double precision leaves of its spread is none.
    varies = spread > 1e-12 * np.sqrt(np.bincount(series, values**2, count) / number)
    return bool((lost[varies] > LARGEST_ROUNDING * spread[varies]).any())
