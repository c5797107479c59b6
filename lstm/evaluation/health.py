"""Numbers of a run that its gates ask for: the data that it read and the training that it did."""

import numpy as np
import pyarrow as pa

from lstm.data.panel import Panel

LOSSES = ("train_loss", "validation_loss")


def missing_share(panel: Panel) -> float:
    """Share of the targets, from each series' beginning to the cutoff, that were not observed."""
    known = panel.ordinals <= panel.cutoff
    return float(np.isnan(panel.targets[known]).mean())


def finite_losses(history: pa.Table) -> float:
    """Share of epochs whose losses are finite; NaN without an epoch. history: see `Story.history`."""
    losses = np.column_stack([history[name].to_numpy() for name in LOSSES])
    return float(np.isfinite(losses).all(axis=1).mean()) if len(losses) else float("nan")
