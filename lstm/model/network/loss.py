"""What training minimises: each a mean over observed targets, in normalised units.

forecast: (N, H, Q, C). target, weight: (N, H, C), weight 1 where observed, else 0. levels: (Q). Nothing observed is 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def quantile_loss(forecast: Tensor, target: Tensor, weight: Tensor, levels: Tensor) -> Tensor:
    """Twice the mean pinball loss over the levels plus the absolute error of the median, over observed targets.

    levels: with 0.5 among them. Koenker and Bassett (1978), "Regression quantiles". Twice the pinball loss at 0.5 is
    the absolute error.
    """
    loss: Tensor = _QuantileLoss.apply(forecast, target, weight, levels)
    return loss


class _QuantileLoss(torch.autograd.Function):
    """`quantile_loss` with its derivative by hand: equal to the one that torch puts together, in a third of its time.

    A pinball loss is (level - below) x error, where `below` is 0 where the error is positive, 1 where it is negative,
    and a half where it is 0. Its derivative by the forecast is the first factor, less the sign.
    """

    @staticmethod
    def forward(ctx: Any, forecast: Tensor, target: Tensor, weight: Tensor, levels: Tensor) -> Tensor:
        error = target[:, :, None] - forecast
        below = error.sgn().mul_(-0.5).add_(0.5)  # comparisons of a whole tensor are slow
        # Chosen on the device: an index as a Python number would make every step wait for it.
        middle = (levels - 0.5).abs().argmin().reshape(1)
        median = error.index_select(2, middle)[:, :, 0]
        ctx.save_for_backward(below, median.sgn(), middle, weight, levels)
        pinball = (levels[:, None] - below).mul_(error)
        return _observed_mean(2.0 * pinball.mean(dim=2) + median.abs(), weight)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor | None, ...]:
        below, sign, middle, weight, levels = ctx.saved_tensors
        of_step = outer[0] / weight.sum().clamp(min=1.0) * weight  # (N, H, C)
        of_level = (2.0 * of_step / -below.shape[2])[:, :, None]
        lower = of_level * below
        upper = of_level - lower
        # Each side times its own factor, for the same last bits where an error is 0.
        gradient = upper.mul_(levels[:, None]).add_(lower.mul_(levels[:, None] - 1.0))
        gradient.index_add_(2, middle, (of_step * sign)[:, :, None], alpha=-1)
        return gradient, None, None, None


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
