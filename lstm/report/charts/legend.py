"""Contestants and methods as a reader meets them: their order and colours."""

from lstm.contestants import CHALLENGER, CHAMPION, RIDGE, SEASONAL_NAIVE
from lstm.report.charts.style import BLUE, GREEN

# The contestants in the order in which they are drawn and listed.
METHOD_COLORS = {
    CHALLENGER: BLUE,
    CHAMPION: GREEN,
    "baseline:naive": "#B9C2CC",
    RIDGE: "#5F6F80",
    SEASONAL_NAIVE: "#8793A1",
    "baseline:seasonal_average": "#A3927F",
    "baseline:auto_ets": "#C2A25C",
    "baseline:theta": "#8C7BA8",
}


def in_order(methods: set[str]) -> list[str]:
    """Contestants in the order of METHOD_COLORS, others last by name."""
    known = list(METHOD_COLORS)
    return sorted(methods, key=lambda method: (known.index(method) if method in known else len(known), method))
