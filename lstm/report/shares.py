"""Shares as people read them."""

import math

LEAST = 0.0005


def percent(value: float) -> str:
    """`34 %`, `2.4 %`, `nothing` for what rounds to 0.0 %; `–` for what is not known."""
    if not math.isfinite(value):
        return "–"
    if value < LEAST:
        return "nothing"
    return f"{100 * value:,.1f} %" if value < 0.0995 else f"{100 * value:,.0f} %"
