"""Whether float32 holds a column: its rounding must be small beside the spread of every series."""

from collections.abc import Callable, Iterable

import numpy as np

LARGEST_ROUNDING = 1e-3
# Squares of what lies outside overflow float32, or vanish in it.
SAFE_MAGNITUDES = (1e-18, 1e18)

Blocks = Callable[[], Iterable[tuple[np.ndarray, np.ndarray]]]


def needs_double(read: Blocks, count: int) -> bool:
    """True where float32 would round a series by more than a thousandth of its standard deviation.

    read: answers blocks of (int series below count, finite float64 values); they are read twice at most.
    """
    # Sums by series over all blocks, for the mean and the size of the values; the spread takes a second pass, since a
    # difference of large squares would lose what is looked for.
    number, total, square = np.zeros(count), np.zeros(count), np.zeros(count)
    rounded = False
    for series, values in read():
        magnitude = np.abs(values)
        small = magnitude[magnitude > 0].min(initial=1.0)
        if magnitude.max(initial=0.0) > SAFE_MAGNITUDES[1] or small < SAFE_MAGNITUDES[0]:
            return True
        rounded |= bool((values != values.astype(np.float32)).any())
        number += np.bincount(series, minlength=count)
        total += np.bincount(series, values, count)
        square += np.bincount(series, values**2, count)
    if not rounded:
        return False
    number = np.maximum(number, 1)
    spread, lost = _spread_and_loss(read, total / number, number, count)
    # A constant stays one in float32; what rounding in double precision leaves of its spread is none.
    varies = spread > 1e-12 * np.sqrt(square / number)
    return bool((lost[varies] > LARGEST_ROUNDING * spread[varies]).any())


def _spread_and_loss(read: Blocks, mean: np.ndarray, number: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(standard deviation, root mean square of the rounding) of each series."""
    deviation, loss = np.zeros(count), np.zeros(count)
    for series, values in read():
        deviation += np.bincount(series, (values - mean[series]) ** 2, count)
        loss += np.bincount(series, (values - values.astype(np.float32)) ** 2, count)
    return np.sqrt(deviation / number), np.sqrt(loss / number)
