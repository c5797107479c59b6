"""Our training loop against a bare loop of the same network, taking turns in one process."""

import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.child import measure
from benchmarks.made_panel import make_panel
from benchmarks.paced import Pace, fitted_for, paced
from benchmarks.speed_line import Speed
from benchmarks.trial import LEVELS, split_windows
from lstm.data.panel.panel import Panel
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.forecaster.rebuilt import build_network, input_settings
from lstm.model.network.batch import Batch
from lstm.model.network.inputs import Inputs
from lstm.model.network.loss import quantile_loss

HIDDEN = (64, 128)
BATCH = (64, 256)
SERIES, STEPS, HORIZON = 100, 1_000, 48
RESIDENT = 8  # batches that the bare loop goes around in
LEAST = 0.95


def lines(small: bool, threads: list[int]) -> Iterator[Speed]:
    """Windows a second of both, for each width and batch size (small: the least), and the median of the ratios."""
    steps, epochs = (3, 2) if small else (50, 9)
    for count in threads:
        for hidden in HIDDEN[:1] if small else HIDDEN:
            for batch in BATCH[:1] if small else BATCH:
                shape: dict[str, Any] = {"hidden": hidden, "batch": batch, "steps": steps, "epochs": epochs}
                found = measure("benchmarks.speed_loop:turns", threads=count, **shape).found
                yield Speed(
                    what=f"training loop against a bare loop, hidden {hidden}, batch {batch}",
                    threads=count,
                    ours=batch / found["ours"],
                    unit="windows/s",
                    against=batch / found["bare"],
                    ratio=found["ratio"],
                    target=f">= {LEAST}",
                )


def turns(threads: int, hidden: int, batch: int, steps: int, epochs: int) -> Callable[[], dict[str, float]]:
    """An epoch of ours, as many steps of the bare loop, and so on; seconds a step of each."""
    torch.set_num_threads(threads)
    panel = make_panel(SERIES, STEPS, frequency="h", horizon=HORIZON)
    model = {"hidden": hidden, "members": 1}
    # A model that is hardly trained tells the shape that the library chose.
    bare = BareLoop(fitted_for(panel, model, paced(batch, 1, 1), threads=threads).forecaster, panel, batch)
    bare.run(steps)

    def work() -> dict[str, float]:
        times: list[float] = []
        pace = Pace(between=lambda: times.append(bare.run(steps)))
        fitted_for(panel, model, paced(batch, steps, epochs), threads=threads, on_epoch=pace)
        ratio = median(other / own for own, other in zip(pace.epochs, times, strict=True))
        return {"ours": median(pace.epochs) / steps, "bare": median(times) / steps, "ratio": ratio}

    return work


class BareLoop:
    """Forward, backward, clip and fused AdamW on batches that were gathered before, and nothing else."""

    def __init__(self, forecaster: Forecaster, panel: Panel, size: int) -> None:
        card = forecaster.card
        member = card.members[0]
        settings = input_settings(forecaster.readable(panel), card, member, member.evaluated)
        inputs = Inputs(forecaster.readable(panel), settings, torch.device("cpu"))
        train = split_windows(panel, panel.horizon).of("train")
        drawn = np.random.default_rng(0).integers(0, len(train.row), (RESIDENT, size))
        self._batches: list[Batch] = [inputs.gather_at(train.series[some], train.row[some]) for some in drawn]
        self._network = build_network(card, member).train()
        self._levels = torch.tensor(LEVELS)
        self._optimiser = torch.optim.AdamW(self._network.parameters(), lr=1e-3, fused=True)

    def run(self, steps: int) -> float:
        """Seconds that so many steps took."""
        began = time.perf_counter()
        for step in range(steps):
            batch = self._batches[step % RESIDENT]
            value = quantile_loss(self._network(batch), batch.target, batch.weight, self._levels)
            self._optimiser.zero_grad(set_to_none=True)
            value.backward()
            nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
            self._optimiser.step()
        return time.perf_counter() - began
