"""What training minimises."""

import torch
from torch import Tensor


def quantile_loss(forecast: Tensor, target: Tensor, weight: Tensor, levels: Tensor) -> Tensor:
    """Twice the mean pinball loss over the levels plus the absolute error of the median, over observed targets.

    forecast: (N, H, Q, C). target, weight: (N, H, C). levels: (Q), with 0.5 among them. Koenker and Bassett (1978),
    "Regression quantiles". Twice the pinball loss at 0.5 is the absolute error.
    """
    error = target[:, :, None] - forecast
    pinball = torch.maximum(levels[:, None] * error, (levels[:, None] - 1.0) * error)
    median = error[:, :, int((levels - 0.5).abs().argmin())].abs()
    each = 2.0 * pinball.mean(dim=2) + median
    return (each * weight).sum() / weight.sum().clamp(min=1.0)


def squared_loss(forecast: Tensor, target: Tensor, weight: Tensor, levels: Tensor) -> Tensor:
    """Mean squared error over observed targets; shapes as in `quantile_loss`, with Q = 1."""
    error = forecast[:, :, 0] - target
    return (error**2 * weight).sum() / weight.sum().clamp(min=1.0)
