"""A look-back as a sum: its level, its trend, the pattern of each season, and its recent movement, which is the rest.

Letters: N windows, L look-back, C targets.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


def fitting_seasons(seasons: Sequence[int], look_back: int) -> tuple[int, ...]:
    """The seasons, shortest first, that come twice at least in a look-back, so that a pattern can be told by them."""
    return tuple(season for season in sorted(seasons) if 1 < season <= look_back // 2)


def history_parts(values: Tensor, inside: Tensor, seasons: Sequence[int]) -> list[Tensor]:
    """The parts, float64 (N, L, C) each: level, trend, a pattern for each fitting season, rest; their sum is `values`.

    values: (N, L, C), without gaps. inside: (N, L, C), 1 where the series had begun, else 0.
    The patterns come first, from what a straight line through the look-back leaves. Of what they leave, the mean is the
    level, and how the moving mean of a (the shortest) season goes around it is the trend.
    """
    values, inside = values.double(), inside.double()
    fitting = fitting_seasons(seasons, values.shape[1])
    left, patterns = values - _line(values, inside), []
    for season in fitting:
        pattern = _pattern(left, inside, season)
        patterns.append(pattern)
        left = left - pattern
    left = values - sum(patterns)
    slow = _moving_mean(left, inside, fitting[0] if fitting else max(values.shape[1] // 4, 1))
    level = _mean(slow, inside).expand(values.shape)
    return [level, slow - level, *patterns, left - slow]


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    """(N, 1, C): mean over the steps of (N, L, C) that count; 0 where none does."""
    return (values * weight).sum(dim=1, keepdim=True) / weight.sum(dim=1, keepdim=True).clamp(min=1.0)


def _line(values: Tensor, inside: Tensor) -> Tensor:
    """(N, L, C): the straight line of least squares through the steps that count."""
    step = torch.arange(values.shape[1], dtype=values.dtype, device=values.device)[:, None].expand(values.shape)
    mean, centre = _mean(values, inside), _mean(step, inside)
    distance = step - centre
    slope = _mean(distance * (values - mean), inside) / _mean(distance**2, inside).clamp(min=1e-12)
    return mean + slope * distance


def _pattern(values: Tensor, inside: Tensor, season: int) -> Tensor:
    """(N, L, C): the mean by place in the season, as far as it repeats itself; it is 0 on average over a season.

    Means of a few cycles of mere noise differ, too: by as much as is expected of the noise that the pattern leaves, it
    is drawn to 0. James and Stein (1961), "Estimation with quadratic loss".
    """
    windows, length, targets = values.shape
    cycles = length // season
    whole, weight = (part[:, length - cycles * season :] for part in (values, inside))
    by_place = whole.reshape(windows, cycles, season, targets), weight.reshape(windows, cycles, season, targets)
    shape = (by_place[0] * by_place[1]).sum(dim=1) / by_place[1].sum(dim=1).clamp(min=1.0)
    shape = shape - shape.mean(dim=1, keepdim=True)
    remaining = _mean((whole - shape.repeat(1, cycles, 1)) ** 2, weight)
    size = (shape**2).mean(dim=1, keepdim=True).clamp(min=1e-30)
    kept = (1.0 - remaining / (cycles - 1) / size).clamp(min=0.0)
    places = (torch.arange(length, device=values.device) - length) % season
    return (kept * shape)[:, places]


def _moving_mean(values: Tensor, inside: Tensor, width: int) -> Tensor:
    """(N, L, C): mean of the steps that count among `width` around each.

    Towards the end fewer on both sides, a sixth of the width at least, so that it ends where the series is now, and not
    where it was half a season ago.
    """
    step = torch.arange(values.shape[1], device=values.device)
    left = values.shape[1] - 1 - step
    reach = left.clamp(max=width // 2).clamp(min=width // 6)
    begin, end = (step - reach).clamp(min=0), step + torch.minimum(reach, left) + 1
    sums = [nn.functional.pad(part, (0, 0, 1, 0)).cumsum(dim=1) for part in (values * inside, inside)]
    total, count = (part[:, end] - part[:, begin] for part in sums)
    return total / count.clamp(min=1.0)
