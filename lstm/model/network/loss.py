"""What training minimises: each a mean over observed targets, in normalised units.

forecast: (N, H, Q, C). target, weight: (N, H, C), weight 1 where observed, else 0. levels: (Q). Nothing observed is 0.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def quantile_loss(forecast: Tensor, target: Tensor, weight: Tensor, levels: Tensor) -> Tensor:
    """Twice the mean pinball loss over the levels plus the absolute error of the median, over observed targets.

    levels: with 0.5 among them. Koenker and Bassett (1978), "Regression quantiles". Twice the pinball loss at 0.5 is
    the absolute error.
    """
    error = target[:, :, None] - forecast
    pinball = torch.maximum(levels[:, None] * error, (levels[:, None] - 1.0) * error)
    # Chosen on the device: an index as a Python number would make every step wait for it.
    median = error.index_select(2, (levels - 0.5).abs().argmin().reshape(1))[:, :, 0].abs()
    return _observed_mean(2.0 * pinball.mean(dim=2) + median, weight)


def squared_loss(forecast: Tensor, target: Tensor, weight: Tensor, levels: Tensor) -> Tensor:
    """Mean squared error over observed targets; Q = 1."""
    return _observed_mean((forecast[:, :, 0] - target) ** 2, weight)


def huber_loss(forecast: Tensor, target: Tensor, weight: Tensor, levels: Tensor) -> Tensor:
    """Mean of half the squared error up to an error of 1, of the absolute error less a half beyond it; Q = 1.

    Huber (1964), "Robust estimation of a location parameter".
    """
    return _observed_mean(torch.nn.functional.huber_loss(forecast[:, :, 0], target, reduction="none"), weight)


@dataclass(frozen=True)
class Objective:
    """What a network is trained to make small: a loss at quantile levels (Q), which lie on the network's device."""

    loss: Loss
    levels: Tensor

    def __call__(self, forecast: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """The loss of a forecast (N, H, Q, C); see the top of the module."""
        return self.loss(forecast, target, weight, self.levels)


LOSSES: dict[str, Loss] = {"quantile": quantile_loss, "huber": huber_loss, "squared": squared_loss}


def _observed_mean(losses: Tensor, weight: Tensor) -> Tensor:
    """The mean of losses (N, H, C) where the weight is 1; 0 where nothing was observed."""
    return (losses * weight).sum() / weight.sum().clamp(min=1.0)
