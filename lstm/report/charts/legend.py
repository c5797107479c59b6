"""Contestants and methods as a reader meets them: their order and colours."""

from collections.abc import Sequence
from typing import TypeVar

from lstm.contestants import CHALLENGER, CHAMPION, RIDGE, SEASONAL_NAIVE
from lstm.report.charts.style import BLUE, GREEN

T = TypeVar("T")

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


def by_rows(entries: Sequence[T], columns: int) -> list[T]:
    """Entries of a legend in the order that makes it read by rows; matplotlib fills it column by column."""
    return [entry for column in range(columns) for entry in entries[column::columns]]
