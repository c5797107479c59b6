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
}
HEADINGS = {
    "owa": "OWA",
    "smape": "sMAPE",
    "mase": "MASE",
    "wql": "WQL",
    "coverage80": "coverage of 80 %",
    "mse": "MSE",
    "mae": "MAE",
}


def tables(found: list[dict[str, Any]]) -> str:
    """A table for the data sets that are scored alike, each below the other."""
    families: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for numbers in found:
        scored = tuple(key for key in numbers if f"{key}_range" in numbers and key != "cpu_s")
        families.setdefault(scored, []).append(numbers)
    return "\n\n".join(_table(scored, rows) for scored, rows in families.items())


def _table(scored: tuple[str, ...], rows: list[dict[str, Any]]) -> str:
    header = ("data", *(HEADINGS.get(key, key) for key in scored), "CPU s", "peak MiB", "to reach; beyond")
    return markdown(header, [_row(scored, numbers) for numbers in rows])


def _row(scored: tuple[str, ...], numbers: dict[str, Any]) -> tuple[str, ...]:
    name = numbers["data"]
    cells = [_with_range(numbers, key) for key in scored]
    return (name, *cells, f"{numbers['cpu_s']:.1f}", f"{numbers['peak_mb']:.0f}", _reach(name, scored))


def _with_range(numbers: dict[str, Any], key: str) -> str:
    low, high = numbers[f"{key}_range"]
    spread = f" ({low:.3f} to {high:.3f})" if len(numbers["seeds"]) > 1 else ""
    return f"{numbers[key]:.3f}{spread}"


def _reach(name: str, scored: tuple[str, ...]) -> str:
    cells = []
    for key in scored:
        reach, beyond = REACH.get((name, key), (None, None))
        if reach is not None:
            cells.append(f"{HEADINGS[key]} {reach:.3f}" + (f"; {beyond:.3f}" if beyond is not None else ""))
    return ", ".join(cells)
