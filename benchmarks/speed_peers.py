"""Our training against neuralforecast's LSTM at that library's own shape."""

from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import torch

from benchmarks.child import measure
from benchmarks.made_panel import make_panel
from benchmarks.paced import pace_of
from benchmarks.peers import environment
from benchmarks.peers.exchange import write_histories
from benchmarks.speed_line import Speed
from lstm.config import Model
from lstm.data.panel.panel import Panel

SERIES, STEPS, HORIZON = 100, 1_000, 48
LOOK_BACK, BATCH = 168, 256
PEER = {"look_back": LOOK_BACK, "hidden": 128, "layers": 2, "batch": BATCH}
# What ours is, its settings, and how many times the peer's windows a second it must reach.
OURS: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("the same network, kind stepwise", {"kind": "stepwise", "look_back": LOOK_BACK, "hidden": 128, "layers": 2}, 1.1),
    ("the default network at its look-back", {"look_back": LOOK_BACK}, 20.0),
)
PAIRS = 3


def lines(small: bool, threads: list[int]) -> Iterator[Speed]:
    """Windows a second of training, in pairs of a run of ours and one of theirs; the median of the pairs' ratios."""
    interpreter = environment.python()
    with TemporaryDirectory(prefix="nightcast-bench-") as folder:
        write_histories(Path(folder), _histories(_panel()), 1)
        for count in threads:
            for what, model, least in _known(OURS):
                runs = [_pair(interpreter, folder, model, count, small) for _ in range(1 if small else PAIRS)]
                yield Speed(
                    what=f"training, {what}, against neuralforecast's LSTM of 128 x 2",
                    threads=count,
                    ours=median(own for own, _ in runs),
                    unit="windows/s",
                    against=median(theirs for _, theirs in runs),
                    ratio=median(own / theirs for own, theirs in runs),
                    target=f">= {least:g}",
                )


def _known(ours: tuple[tuple[str, dict[str, Any], float], ...]) -> list[tuple[str, dict[str, Any], float]]:
    """Those whose kind of network this version has."""
    kinds = get_args(Model.model_fields["kind"].annotation)
    return [each for each in ours if each[1].get("kind", kinds[0]) in kinds]


def _pair(interpreter: Path, folder: str, model: dict[str, Any], threads: int, small: bool) -> tuple[float, float]:
    """(ours, theirs): windows a second, one after the other."""
    steps = 2 if small else 20
    own = measure("benchmarks.speed_peers:ours", model=model, threads=threads, steps=steps).found
    step = "benchmarks.peers.neural:training"
    shape = PEER | {"horizon": HORIZON, "threads": threads, "steps": steps}
    theirs = measure(step, python=interpreter, folder=folder, **shape).found
    return own["windows_per_second"], theirs["windows_per_second"]


def ours(model: dict[str, Any], threads: int, steps: int) -> Callable[[], dict[str, float]]:
    """Our loop, whatever it does beside the steps."""
    torch.set_num_threads(threads)
    panel = _panel()

    def work() -> dict[str, float]:
        pace = pace_of(panel, model, batch=BATCH, steps=steps, epochs=3, threads=threads)
        return {"windows_per_second": BATCH / pace}

    return work


def _panel() -> Panel:
    return make_panel(SERIES, STEPS, frequency="h", horizon=HORIZON)


def _histories(panel: Panel) -> list[np.ndarray]:
    return [panel.targets[first : first + STEPS, 0].astype(np.float64) for first in panel.indptr[:-1]]
