"""What grows with the data, and what must not: a step's cost, and time and memory of whole fits and forecasts."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from benchmarks.child import measure
from benchmarks.made_panel import make_panel
from benchmarks.paced import fitted_for, pace_of
from benchmarks.speed_line import Speed
from lstm.model.forecaster.forecaster import Forecaster

# (series, steps) of the panel whose step all others are held against, then longer series, and more of them.
BASE = (100, 1_000)
LARGER = ((100, 20_000), (10_000, 1_000))
MOST = 1.15
SIZES = (1_000, 10_000, 100_000)
POINTS = 200
# As M4 Hourly is.
M4 = {"series": 414, "steps": 960, "frequency": "h", "horizon": 48}
MOST_SECONDS = 0.05
BATCH = 256
STEPS_PACED = 200  # an epoch


def lines(small: bool, threads: list[int]) -> Iterator[Speed]:
    """All measurements, each in processes of its own. small: one of each kind, of a fiftieth of the size."""
    shrink = 50 if small else 1
    with TemporaryDirectory(prefix="nightcast-bench-") as folder:
        for count in threads:
            yield from _steps(shrink, count)
            for series in SIZES[:1] if small else SIZES:
                panel = {"series": series // shrink, "steps": POINTS, "frequency": "D", "horizon": 14}
                yield from _whole(folder, panel, count, {"max_epochs": 1, "epoch_steps": 2} if small else {})
            yield _of_m4(folder, {**M4, "series": 414 // shrink}, count)


def _steps(shrink: int, threads: int) -> Iterator[Speed]:
    few, short = BASE[0] // shrink, BASE[1]
    base = _pace(few, short, threads, STEPS_PACED // shrink)
    for series, steps in LARGER:
        series, steps = max(series // shrink, few), max(steps // shrink, short)
        larger = _pace(series, steps, threads, STEPS_PACED // shrink)
        yield Speed(
            what=f"a step of training, {series:,} series of {steps:,}, against {few} of {short:,}",
            threads=threads,
            ours=1e3 * larger,
            unit="ms",
            against=1e3 * base,
            ratio=larger / base,
            target=f"<= {MOST}",
        )


def _pace(series: int, steps: int, threads: int, paced: int) -> float:
    panel: dict[str, Any] = {"series": series, "steps": steps}
    return float(measure("benchmarks.speed_scale:pace", threads=threads, paced=paced, **panel).found["seconds"])


def _whole(folder: str, panel: dict[str, Any], threads: int, training: dict[str, Any]) -> Iterator[Speed]:
    """Fit with the defaults, and forecast every series."""
    arguments: dict[str, Any] = {"folder": folder, "panel": panel, "threads": threads}
    fitted = measure("benchmarks.speed_scale:fitting", training=training, **arguments)
    asked = measure("benchmarks.speed_scale:forecasting", **arguments)
    of = f"{panel['series']:,} series of {panel['steps']}"
    yield Speed(f"fit, {of}", threads, ours=fitted.seconds, unit="s", peak=fitted.peak)
    yield Speed(f"forecast, {of}", threads, ours=asked.seconds, unit="s", peak=asked.peak)


def _of_m4(folder: str, panel: dict[str, Any], threads: int) -> Speed:
    """Forecasts of a model whose training does not matter here."""
    arguments: dict[str, Any] = {"folder": folder, "panel": panel, "threads": threads}
    measure("benchmarks.speed_scale:fitting", training={"max_epochs": 1, "epoch_steps": 1}, **arguments)
    asked = measure("benchmarks.speed_scale:forecasting", **arguments)
    what = f"forecast, {panel['series']} series as long as M4 Hourly's"
    ratio = asked.found["cpu"] / MOST_SECONDS
    return Speed(what, threads, asked.found["cpu"], "CPU s", MOST_SECONDS, ratio, "< 1", asked.peak)


def pace(series: int, steps: int, threads: int, paced: int) -> Callable[[], dict[str, float]]:
    """Seconds a step, at the same shape of network whatever the length; epochs so long that validation is nothing."""
    torch.set_num_threads(threads)
    panel = make_panel(series, steps, frequency="h", horizon=48)
    shape = {"look_back": 168}
    return lambda: {"seconds": pace_of(panel, shape, batch=BATCH, steps=paced, epochs=3, threads=threads)}


def fitting(folder: str, panel: dict[str, Any], threads: int, training: dict[str, Any]) -> Callable[[], Any]:
    """A whole fit with the defaults; leaves the model."""
    torch.set_num_threads(threads)
    made = make_panel(**panel)

    def work() -> Callable[[], dict[str, int]]:
        forecaster = fitted_for(made, {}, training, threads=threads).forecaster

        def leave() -> dict[str, int]:
            card, weights = forecaster.to_bytes()
            (Path(folder) / "model.json").write_bytes(card)
            (Path(folder) / "weights").write_bytes(weights)
            return {}

        return leave

    return work


def forecasting(folder: str, panel: dict[str, Any], threads: int) -> Callable[[], Callable[[], dict[str, float]]]:
    """Forecasts of every series from its last step, by the model that `fitting` left; loading does not count.

    It answers `cpu`, the CPU seconds of doing it once more: the first forecast of a process pays for torch's start.
    """
    torch.set_num_threads(threads)
    made = make_panel(**panel)
    model = Forecaster.from_bytes((Path(folder) / "model.json").read_bytes(), (Path(folder) / "weights").read_bytes())
    series = np.arange(made.series)
    rows = made.row_of(series, made.cutoff)

    def work() -> Callable[[], dict[str, float]]:
        def forecast() -> None:
            model.forecast(made, series, rows, which="served", device=torch.device("cpu"))

        def again() -> dict[str, float]:
            began = time.process_time()
            forecast()
            return {"cpu": time.process_time() - began}

        forecast()
        return again

    return work
