"""What the members of a model forecast, and their mean."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch

from lstm.model.network.batch import unshare_channels
from lstm.model.network.inputs import Inputs
from lstm.model.network.networks import Network
from lstm.model.network.window_memory import windows_within

FORECAST_BATCH = 256
FORECAST_BYTES = 1 << 28


@torch.inference_mode()
def model_forecast(
    network: Network, inputs: Inputs, series: np.ndarray, rows: np.ndarray, quantiles: Sequence[int], before: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """((N, H, Q, C) what one network forecasts, (N, C) scale of the windows), float64, logarithms not undone.

    quantiles: places of the Q quantiles that are wanted among those of the network; see `places`. before: how many
    windows were forecast before these.

    What a window is forecast does not depend on the values of others, to the last bit, but on how many come before it.
    """
    # The last bits of a matrix product follow from its shape, and those of one window from its place in it. So the
    # first and the last batch are filled up with the first window.
    count = len(rows)
    at_once = windows_within(FORECAST_BYTES, inputs.window_bytes, FORECAST_BATCH)
    skipped = before % at_once
    whole = np.pad(np.arange(count), (skipped, -(skipped + count) % at_once))
    forecasts, scales = [], []
    for begin in range(0, max(len(whole), 1), at_once):
        part = whole[begin : begin + at_once]
        batch = inputs.gather_at(series[part], rows[part])
        scale, level = batch.scale.double()[:, None, None], batch.level.double()[:, None, None]
        real = unshare_channels(network(batch)[:, :, list(quantiles)].double() * scale + level, len(part))
        forecasts.append(real.cpu().numpy())
        scales.append(unshare_channels(scale, len(part))[:, 0, 0].cpu().numpy())
    asked = slice(skipped, skipped + count)
    return np.concatenate(forecasts)[asked], np.concatenate(scales)[asked]


def averaged(forecasts: Iterable[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """(mean of the members' quantiles, scale of the first member), from what `model_forecast` gives for each.

    One member's forecasts are in memory beside the sum, which is kept in the first one's place.
    """
    members = iter(forecasts)
    total, scale = next(members)
    count = 1
    for quantiles, _ in members:
        total += quantiles
        count += 1
    total /= count
    return total, scale
