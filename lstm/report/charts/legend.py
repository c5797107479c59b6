"""Contestants and methods as a reader meets them: their names, order and colours."""

from lstm.report.charts.style import BLUE, GREEN

# The contestants in the order in which they are drawn and listed.
METHOD_COLORS = {
    "challenger": BLUE,
    "champion": GREEN,
    "baseline:naive": "#B9C2CC",
    "baseline:ridge": "#5F6F80",
    "baseline:seasonal_naive": "#8793A1",
    "baseline:seasonal_average": "#A3927F",
    "baseline:auto_ets": "#C2A25C",
    "baseline:theta": "#8C7BA8",
}


def in_order(methods: set[str]) -> list[str]:
    """Contestants in the order of METHOD_COLORS, others last by name."""
    known = list(METHOD_COLORS)
    return sorted(methods, key=lambda method: (known.index(method) if method in known else len(known), method))


def method_name(method: str) -> str:
    """A method as people say it: `baseline:seasonal_naive` is the `seasonal naive baseline`."""
    kind, _, name = method.partition(":")
    return f"{name.replace('_', ' ')} baseline" if kind == "baseline" and name else method
