"""Which series a training reads, where the panel has more than it could learn from."""

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.model.forecaster.choices import Choice


def trained_series(panel: Panel, most_steps: int, seed: int) -> np.ndarray | None:
    """int (N), rising: series drawn by the seed, of at most so many steps together, one at least; None for all of them.

    A training draws the same number of windows however many series there are, a million or two with the defaults. So of
    a panel with far more of them it reads whole series, and time and memory of a training have an end.
    """
    if panel.steps <= most_steps:
        return None
    order = np.random.default_rng(seed).permutation(panel.series)
    steps = np.cumsum(np.diff(panel.indptr)[order])
    return np.sort(order[: max(int(np.searchsorted(steps, most_steps, side="right")), 1)])


def sample_choice(panel: Panel, series: np.ndarray, most_steps: int) -> Choice:
    """What the model card says of a training that read some of the series."""
    reason = (
        f"training.most_steps = {most_steps:,} of {panel.steps:,} steps, the horizons among them; drawn by the seed"
    )
    return Choice(name="series trained on", value=f"{len(series):,} of {panel.series:,}", reason=reason)
