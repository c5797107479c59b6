"""Shares as people read them."""

import math


def percent(value: float) -> str:
    """`34 %`, `2.4 %`, `under 0.1 %`, `nothing`; `–` for what is not known."""
    if not math.isfinite(value):
        return "–"
    if value < 1e-9:
        return "nothing"
    if value < 0.001:
        return "under 0.1 %"
    return f"{100 * value:,.1f} %" if value < 0.0995 else f"{100 * value:,.0f} %"
