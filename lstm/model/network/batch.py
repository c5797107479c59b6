"""Windows in normalised units, as a network reads them, and with shared channels."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """N windows in normalised units; absent values are 0.

    history: (N, L, C). extras: (N, L, C + P + K), masks of the targets (1 observed), past covariates, known covariates.
    ahead: (N, H, F), future covariates over the horizon. aligned: (N, H, C, K), known covariates in the target's units.
    static: (N, G). target, weight: (N, H, C), weight 1 where observed and not further than `FARTHEST` from the level.
    level, scale: (N, C), to go back to the units of the target or of its logarithm. With shared channels every window
    is C windows of one target.
    """

    history: Tensor
    extras: Tensor
    ahead: Tensor
    aligned: Tensor
    static: Tensor
    target: Tensor
    weight: Tensor
    level: Tensor
    scale: Tensor


@dataclass(frozen=True)
class Reading:
    """N windows as they lie in the panel, targets by their logarithm where that is read, gaps filled.

    values, seen: (N, L + H, C), targets, and 1 where they were observed. inside: (N, L, C), 1 from a series' first
    observation on; None where all is. past: (N, L, P), standardised. future: (N, H, F), standardised; of the user's own
    something else will be made. known, known_mask: (N, L + H, K), the user's own future covariates in their units, and
    1 where they are known; no mask where they are throughout. static: (N, G). level, scale: (N, C). Past and known are
    None where there are no covariates but the calendar's.
    """

    values: Tensor
    seen: Tensor
    inside: Tensor | None
    past: Tensor | None
    future: Tensor
    known: Tensor | None
    known_mask: Tensor | None
    static: Tensor
    level: Tensor
    scale: Tensor


def without_extras(batch: Batch) -> Batch:
    """The batch without masks and without the look-back of covariates, in memory of its own."""
    return replace(batch, extras=batch.extras[:, :, :0].clone())


def share_channels(batch: Batch) -> Batch:
    """N windows of C targets as N x C of one target, which share covariates; the targets of a window stay together."""
    windows, _, targets = batch.history.shape

    def row_a_target(steps: Tensor) -> Tensor:  # (N, steps, C) as (N x C, steps, 1)
        return steps.transpose(1, 2).reshape(windows * targets, steps.shape[1], 1)

    def repeated(part: Tensor) -> Tensor:
        return part.repeat_interleave(targets, dim=0)

    aligned = batch.aligned.transpose(1, 2)
    return Batch(
        history=row_a_target(batch.history),
        extras=torch.cat([row_a_target(batch.extras[:, :, :targets]), repeated(batch.extras[:, :, targets:])], dim=2),
        ahead=repeated(batch.ahead),
        aligned=aligned.reshape(windows * targets, aligned.shape[2], 1, aligned.shape[3]),
        static=repeated(batch.static),
        target=row_a_target(batch.target),
        weight=row_a_target(batch.weight),
        level=batch.level.reshape(-1, 1),
        scale=batch.scale.reshape(-1, 1),
    )


def unshare_channels(forecast: Tensor, windows: int) -> Tensor:
    """(N, ..., C) of N windows, from a tensor that has a row for each or, with shared channels, one for each target."""
    if len(forecast) == windows:
        return forecast
    return forecast.reshape(windows, -1, *forecast.shape[1:-1]).movedim(1, -1)
