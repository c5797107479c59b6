"""The validation loss of a network, in slices that fit into the device's memory."""

import logging
import math
from contextlib import suppress

import torch
from torch import Tensor

from lstm.model.network.batch import Batch
from lstm.model.network.loss import Objective
from lstm.model.network.networks import Network
from lstm.model.network.sampling import split
from lstm.model.training.device_memory import halved
from lstm.model.training.ranks import ALONE, Ranks

log = logging.getLogger(__name__)

VALIDATION_WINDOWS_AT_ONCE = 2_048


def validation_loss(network: Network, batch: Batch, objective: Objective, ranks: Ranks = ALONE) -> float:
    """The mean loss over all observed targets of a batch of N windows; the network is in evaluation mode afterwards.

    Each rank forecasts its part of them. Raises TrainingError when not even the smallest slice fits.
    """
    network.eval()
    if ranks.size > 1:
        batch = list(split(batch, ranks.size))[ranks.number]
    windows = VALIDATION_WINDOWS_AT_ONCE
    while True:
        with suppress(torch.OutOfMemoryError):
            sums = _sums_in_slices(network, batch, objective, windows)
            break
        windows = halved(windows, f"{windows} windows of validation")
        torch.cuda.empty_cache()
        log.warning("the device has not enough memory for validation; it is done in slices of %d windows", windows)
    ranks.add_up(sums)
    total, count = sums
    return float(total / count.clamp(min=1.0))


def _sums_in_slices(network: Network, batch: Batch, objective: Objective, windows: int) -> Tensor:
    """(2): the sum of the losses of observed targets and their number, of a batch forecast so many windows at once."""
    total = torch.zeros((), dtype=torch.float64, device=batch.target.device)
    count = torch.zeros_like(total)
    with torch.inference_mode():
        for part in split(batch, math.ceil(len(batch.target) / windows)):
            forecast = network(part)[:, : network.trained_steps]
            steps = forecast.shape[1]
            weight = part.weight[:, :steps]
            observed = weight.sum(dtype=torch.float64)
            total += objective(forecast, part.target[:, :steps], weight) * observed
            count += observed
    return torch.stack([total, count])
