"""Panels made by a seed: seasons and noise, of any number and length of series."""

import numpy as np

from benchmarks.made import SEED
from benchmarks.trial import frame_of
from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel.panel import Panel
from lstm.frames.frame_panel import panel_of_frame

LAST_STEP = 200_000
# Steps of the two cycles that the made series have, by frequency.
CYCLES = {"h": (24, 168), "D": (7, 365)}


def make_panel(series: int, steps: int, *, frequency: str, horizon: int) -> Panel:
    """Series of levels from 10 to 1,000 with a cycle each, a shared longer one, and noise; all are observed."""
    random = np.random.default_rng(SEED)
    short, long = CYCLES[frequency]
    time = np.arange(steps)
    histories = []
    for _ in range(series):
        level, phase = 10.0 ** random.uniform(1.0, 3.0), random.uniform(0.0, 2.0 * np.pi)
        shape = 1.0 + 0.3 * np.sin(2 * np.pi * time / short + phase) + 0.1 * np.sin(2 * np.pi * time / long)
        histories.append((level * (shape + 0.05 * random.standard_normal(steps))).astype(np.float32))
    return panel_of_frame(
        frame_of(histories, parse_frequency(frequency), LAST_STEP),
        series="series",
        time="time",
        target="y",
        horizon=horizon,
        frequency=frequency,
        calendar={"features": False},
    )
