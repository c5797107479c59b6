"""The tables of accuracy: one a family of data sets, with what was to be reached."""

from typing import Any

from benchmarks.table import markdown

# What the forecaster has to reach on the test part, and what would be better still.
REACH = {
    ("m4-hourly", "owa"): (0.450, 0.430),
    ("m4-weekly", "owa"): (0.700, 0.670),
    ("etth1-96", "mse"): (0.372, 0.355),
    ("etth1-96", "mae"): (0.388, None),
    ("etth2-96", "mse"): (0.280, 0.270),
    ("m4-hourly", "cpu_ratio"): (0.600, 0.300),
    ("m4-weekly", "cpu_ratio"): (0.350, 0.175),
    ("etth1-96", "cpu_ratio"): (0.400, 0.200),
    ("departures", "mase"): (0.450, None),
}
HEADINGS = {
    "owa": "OWA",
    "smape": "sMAPE",
    "mase": "MASE",
    "wql": "WQL",
    "coverage80": "coverage of 80 %",
    "mse": "MSE",
    "mae": "MAE",
    "cpu_ratio": "CPU time against the peer's",
}


def tables(found: list[dict[str, Any]]) -> str:
    """A table for the data sets that are scored alike, each below the other."""
    families: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for numbers in found:
        scored = tuple(key for key in numbers if f"{key}_range" in numbers and key != "cpu_s")
        shown = (*scored, "cpu_ratio") if "cpu_ratio" in numbers else scored
        families.setdefault(shown, []).append(numbers)
    return "\n\n".join(_table(shown, rows) for shown, rows in families.items())


def _table(shown: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    headings = (HEADINGS.get(key, key.replace("_", " ").replace("mase", "MASE")) for key in shown)
    header = ("data", *headings, "CPU s", "peak MiB", "to reach; beyond")
    return markdown(header, [_row(shown, numbers) for numbers in rows])


def _row(shown: tuple[str, ...], numbers: dict[str, Any]) -> tuple[str, ...]:
    cells = [_with_range(numbers, key) for key in shown]
    taken = (f"{numbers['cpu_s']:.1f}", f"{numbers['peak_mb']:.0f}")
    return (numbers["data"], *cells, *taken, _reach(numbers["data"], shown))


def _with_range(numbers: dict[str, Any], key: str) -> str:
    low, high = numbers.get(f"{key}_range", (0.0, 0.0))
    spread = f" ({low:.3f} to {high:.3f})" if low < high else ""
    return f"{numbers[key]:.3f}{spread}"


def _reach(name: str, shown: tuple[str, ...]) -> str:
    cells = []
    for key in shown:
        reach, beyond = REACH.get((name, key), (None, None))
        if reach is not None:
            cells.append(f"{HEADINGS[key]} {reach:.3f}" + (f"; {beyond:.3f}" if beyond is not None else ""))
    return ", ".join(cells)
