"""Numbers of a run that its gates ask for: the data that it read and the training that it did."""

import numpy as np
import pyarrow as pa

from lstm.data.panel.closed import open_rows
from lstm.data.panel.lifecycle import ended_series
from lstm.data.panel.panel import Panel

LOSSES = ("train_loss", "validation_loss")


def missing_share(panel: Panel, expected_for: int) -> float:
    """Share of the targets, from each series' beginning to the cutoff, that were not observed; NaN without any.

    Closed steps are not missed.
    expected_for: days after which a series that ended is no longer missed.
    """
    known = open_rows(panel)
    known &= np.repeat(~ended_series(panel, expected_for), np.diff(panel.indptr))
    if not known.any():
        return float("nan")
    return float(np.isnan(panel.targets[known]).mean())


def finite_losses(history: pa.Table) -> float:
    """Share of epochs whose losses are finite; NaN without an epoch. history: see `Story.history`."""
    losses = np.column_stack([history[name].to_numpy() for name in LOSSES])
    return float(np.isfinite(losses).all(axis=1).mean()) if len(losses) else float("nan")
