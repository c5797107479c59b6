"""Windows put together of two: what some groups say from the one, what the others say from the other.

Letters: N windows, L look-back, H horizon, C targets, R the look-back of the member that looks back furthest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

from lstm.evaluation.explanation.explanation import Group
from lstm.evaluation.explanation.history_parts import history_parts
from lstm.model.network.batch import Reading
from lstm.model.network.inputs import InputSettings
from lstm.model.network.scaling import blended_width


@dataclass(frozen=True)
class History:
    """What the history of windows says instead, by group. steps: (N, R, C) each, to be added where the group is off.

    spread, floor: (N, C) of the windows themselves, see `spread_so_far`.
    """

    steps: tuple[Tensor, ...]
    spread: Tensor
    floor: Tensor


def other_history(
    reading: Reading, other: Reading, look_back: int, seasons: Sequence[int], spread: Tensor, floor: Tensor
) -> History:
    """How the parts of other windows' histories differ from those of these. look_back: R, of both readings."""
    parts, others = (
        history_parts(part.values[:, :look_back], inside(part, look_back), seasons) for part in (reading, other)
    )
    return History(tuple(theirs - ours for ours, theirs in zip(parts, others, strict=True)), spread, floor)


def inside(reading: Reading, look_back: int) -> Tensor:
    """(N, L, C): 1 where the series had begun."""
    return torch.ones_like(reading.values[:, :look_back]) if reading.inside is None else reading.inside


def switched(
    reading: Reading,
    other: Reading,
    history: History,
    groups: Sequence[Group],
    holds: Sequence[bool],
    settings: InputSettings,
) -> Reading:
    """The windows of `reading`, with what `other` says of every group that the coalition does not hold.

    holds: a group each. Level and scale are those that the history so composed has. A mask goes with its values; that
    of the targets with the rest of the history. What is returned may be changed.
    """
    look_back = settings.look_back
    of_history = [held for group, held in zip(groups, holds, strict=True) if group.of_history]
    off = [steps for steps, held in zip(history.steps, of_history, strict=True) if not held]
    masks = reading if of_history[-1] else other
    values = reading.values.clone()
    if off:
        values[:, :look_back] = (values[:, :look_back] + torch.stack(off).sum(dim=0)[:, -look_back:]).to(values.dtype)
    composed = replace(
        reading, values=values, seen=masks.seen.clone(), inside=inside(masks, look_back), future=reading.future.clone()
    )
    composed = _with_covariates(composed, other, groups, holds, settings)
    if not off:
        return composed
    if len(off) == len(of_history):
        return replace(composed, level=other.level, scale=other.scale)
    level, scale = _level_and_scale(composed, history, settings)
    return replace(composed, level=level, scale=scale)


def _with_covariates(
    composed: Reading, other: Reading, groups: Sequence[Group], holds: Sequence[bool], settings: InputSettings
) -> Reading:
    absent = [group for group, held in zip(groups, holds, strict=True) if not held]
    past = [place for group in absent for place in group.past]
    future = [place for group in absent for place in group.future]
    known = [settings.known.index(place) for place in future if place in settings.known]
    return replace(
        composed,
        past=_exchanged(composed.past, other.past, past),
        future=_exchanged(composed.future, other.future, future),
        known=_exchanged(composed.known, other.known, known),
        known_mask=_exchanged(composed.known_mask, other.known_mask, known),
    )


Columns = TypeVar("Columns", Tensor, None, Tensor | None)


def _exchanged(values: Columns, others: Columns, columns: list[int]) -> Columns:
    """(N, steps, columns) with some of its columns from others."""
    if values is None or others is None or not columns:
        return values
    exchanged = values.clone()
    exchanged[:, :, columns] = others[:, :, columns]
    return exchanged


def says_the_same(reading: Reading, other: Reading, group: Group) -> bool:
    """Whether a past covariate or the calendar has the same values in all windows and in the others.

    Not asked of the user's own future covariates and of the history, which hardly ever do.
    """
    if group.kind == "past":
        return reading.past is not None and other.past is not None and _equal(reading.past, other.past, group.past)
    return group.kind in ("calendar", "holidays") and _equal(reading.future, other.future, group.future)


def _equal(values: Tensor, others: Tensor, columns: Sequence[int]) -> bool:
    return torch.equal(values[:, :, list(columns)], others[:, :, list(columns)])


def _level_and_scale(composed: Reading, history: History, settings: InputSettings) -> tuple[Tensor, Tensor]:
    """(N, C) each: those of the composed history, by the rule of `window_scales`."""
    values = composed.values[:, : settings.look_back]
    if settings.normalisation == "series":
        return composed.level, composed.scale
    if settings.normalisation == "last_value":
        return values[:, -1].clone(), composed.scale
    weight = (composed.seen[:, : settings.look_back] * inside(composed, settings.look_back)).double()
    count = weight.sum(dim=1)
    mean = (values.double() * weight).sum(dim=1) / count.clamp(min=1.0)
    variance = ((values.double() - mean[:, None]) ** 2 * weight).sum(dim=1) / count.clamp(min=1.0)
    width = torch.maximum(blended_width(variance, count, history.spread), history.floor)
    level = torch.where(count > 0, mean, composed.level.double())
    return level.to(values.dtype), torch.where(width > 0, width, 1.0).to(values.dtype)
