"""Bands of a model: the offsets of its card, from the errors of its members on validation."""

from collections.abc import Sequence

import numpy as np

from lstm.model.fitting.fit_job import FitJob
from lstm.model.fitting.member import FittedMember
from lstm.model.forecaster.calibration import conformal_offsets, matching_offsets, step_offsets
from lstm.model.forecaster.card import ModelCard
from lstm.model.forecaster.member_forecasts import averaged, model_forecast
from lstm.model.network.logarithms import transformed


def calibrated(job: FitJob, card: ModelCard, members: Sequence[FittedMember]) -> ModelCard:
    """The card with offsets from the errors on validation.

    A network that forecasts one number gets all its quantiles from there, step by step.
    """
    # Errors in units of each window's scale, so that one offset holds for series of any size. Networks that forecast
    # quantiles get an offset a level, for all steps alike; others the quantiles of the errors, step by step.
    quantiles, scale = _on_validation(job, card, members)
    levels, horizon = card.contract.quantile_levels, job.panel.horizon
    _, rows = job.validation_windows()
    ahead = rows[:, None] + np.arange(1, horizon + 1)
    truth = transformed(job.panel.targets, card.logs)[ahead].astype(np.float64)
    residual = truth[:, :, None] / scale[:, None, None] - quantiles  # (N, H, Q, C)
    if card.levels:
        by_target = [conformal_offsets(residual[..., [target]], levels) for target in range(residual.shape[3])]
        offsets = np.broadcast_to(np.stack(by_target, axis=-1), (horizon, len(levels), len(by_target)))
    else:
        offsets = step_offsets(residual[:, :, 0], levels)
    return card.model_copy(update={"calibration": _nested(offsets), "served_calibration": _nested(offsets)})


def calibrated_alike(
    job: FitJob, card: ModelCard, members: Sequence[FittedMember], refits: Sequence[FittedMember]
) -> ModelCard:
    """The card with offsets for the served weights; see `matching_offsets`."""
    if not card.levels:
        return card
    evaluated = _on_validation(job, card, members)[0]
    served = _on_validation(job, card, refits, served=True)[0]
    levels = card.contract.quantile_levels
    offsets = matching_offsets(np.asarray(card.calibration), evaluated, served, levels)
    return card.model_copy(update={"served_calibration": _nested(offsets)})


def _on_validation(
    job: FitJob, card: ModelCard, members: Sequence[FittedMember], *, served: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """((N, H, Q, C) the members' mean quantiles at the contract's levels, in units of the scale, and the scale (N, C)).

    One quantile only where the networks forecast one number.
    """
    windows = job.validation_windows()
    # The panel as a member reads it is made anew for each, because all of them at once would be as many panels.
    quantiles, scale = averaged(
        model_forecast(member.network, job.inputs(card, member.card, served=served), *windows, card.places)
        for member in members
    )
    return quantiles / scale[:, None, None], scale


def _nested(offsets: np.ndarray) -> tuple[tuple[tuple[float, ...], ...], ...]:
    return tuple(tuple(tuple(row) for row in step) for step in offsets.tolist())
