"""Shares as people read them."""

import math

LEAST_SHARE = 0.0005


def share_text(value: float) -> str:
    """`34 %`, `2.4 %`, `nothing` for what rounds to 0.0 %; `–` for what is not known."""
    if not math.isfinite(value):
        return "–"
    if value < LEAST_SHARE:
        return "nothing"
    return f"{100 * value:,.1f} %" if value < 0.0995 else f"{100 * value:,.0f} %"
