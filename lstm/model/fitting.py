"""Fitting a model: choices, the ridge start, every member's training, calibration, and the refit on everything."""

import itertools
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from lstm.config import Model, Training
from lstm.data.panel import Panel
from lstm.data.windows import Windows
from lstm.errors import DeadlineError, DivergedError
from lstm.model.calibration import conformal_offsets, matching_offsets, step_offsets
from lstm.model.card import MemberCard, ModelCard, StandardiserCard, WeightsCard
from lstm.model.checkpoint import Checkpoints, EpochRow
from lstm.model.choices import Choice, View, choose_future, choose_shape
from lstm.model.forecaster import RIDGE, RIDGE_PARTS, Forecaster, averaged, build_network, model_forecast
from lstm.model.inputs import Batch, Inputs, transformed
from lstm.model.job import FitJob, OnEpoch, Positions, evenly
from lstm.model.loss import LOSSES
from lstm.model.network import Network, SegmentedLSTM
from lstm.model.probe import probe
from lstm.model.ridge import LinearSkip, fit_ridge
from lstm.model.scaling import Normalisation, Standardiser
from lstm.model.training import Phase, Sampler, Trained, Watch, train_network
from lstm.model.warm import no_logarithm, read_later, reason_against, view_of
from lstm.references import Contract

log = logging.getLogger(__name__)

TRAINED_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
RESIDUAL_WINDOWS = 4_096


@dataclass(frozen=True)
class Origin:
    """Where a model comes from, as its card keeps it: content hashes, versions, and what may change its last bits."""

    panel: str
    windows: str
    threads: int
    versions: dict[str, str]


@dataclass(frozen=True)
class Fitted:
    """A fitted model and its history, phase by phase."""

    forecaster: Forecaster
    history: tuple[tuple[str, EpochRow], ...]
    seconds: float


@dataclass(frozen=True)
class _FittedMember:
    card: MemberCard
    trained: Trained
    network: Network
    inputs: Inputs
    phase: str
    start: dict[str, Tensor] = field(default_factory=dict)

    def named_history(self) -> list[tuple[str, EpochRow]]:
        return [(self.phase, row) for row in self.trained.history]


def fit(
    panel: Panel,
    windows: Windows,
    *,
    model: Model,
    training: Training,
    seasons: tuple[int, ...],
    contract: Contract,
    minimum: float | None,
    origin: Origin,
    device: torch.device,
    clock: Callable[[], float],
    checkpoints: Checkpoints,
    on_epoch: OnEpoch,
    champion: Forecaster | None = None,
) -> Fitted:
    """Trains all members on the train split, stops on the validation split, and refits on everything when asked.

    The evaluated weights have read targets up to the end of validation, the served ones, refitted, up to the cutoff.
    clock: seconds, for the deadline only. champion: whose weights a warm start begins from. Raises DivergedError and
    DeadlineError; see `train_network`.
    """
    torch.set_num_threads(origin.threads)
    future, choice = choose_future(panel, windows.splits.train_end)
    panel = panel.with_future(future)
    shape = choose_shape(panel, windows, model, seasons)
    watch = Watch(clock, training.deadline)
    job = FitJob(panel, windows, model, training, shape, seasons[0], device, checkpoints, watch, on_epoch)
    card = _empty_card(job, contract, minimum, origin, (choice, *shape.choices))
    plans, card = _plan(job, card, champion)
    members = _fit_members(job, card, plans)
    for choice in card.choices:
        log.info("%s = %s: %s", choice.name, choice.value, choice.reason)
    card = _calibrated(job, card, members)
    refits, refit_note = _refit_all(job, card, members, plans)
    if refits:
        card = _calibrated_alike(job, card, members, refits)
    return Fitted(
        _assemble(job, card, members, refits, refit_note),
        tuple((name, row) for member in (*members, *refits) for name, row in member.named_history()),
        watch.seconds,
    )


@dataclass(frozen=True)
class _Plan:
    """One member to be: what it reads, how windows are scaled, and the weights of a warm start."""

    view: View
    normalisation: Normalisation
    evaluated: dict[str, Tensor] | None = None
    served: dict[str, Tensor] | None = None


def _plan(job: FitJob, card: ModelCard, champion: Forecaster | None) -> tuple[list[_Plan], ModelCard]:
    """The members, and the card with the choices that hold for all of them."""
    if job.training.warm_start:
        against = "there is none" if champion is None else _against(job, card, champion)
        if champion is not None and not against:
            return _warm_plans(job, champion), card.model_copy(
                update={
                    "logs": champion.card.logs,
                    "channels": champion.card.channels,
                    "steps_needed": champion.card.steps_needed,
                    "choices": (*card.choices, Choice(name="warm start", value="yes", reason="the champion's weights, "
                                                      "transform, channels, normalisation and look-backs")),
                    "warm_start": f"from the champion trained through {champion.card.trained_through}",
                }
            )  # fmt: skip
        card = card.model_copy(update={"warm_start": f"not from the champion: {against}"})
    tried = _Plan(job.shape.views[len(job.shape.views) // 2], "mean_std")
    card, normalisations = probe(job, card, _member_card(job, tried, 0))
    turns = itertools.cycle(normalisations)
    return [_Plan(view, next(turns)) for view in job.shape.views], card


def _against(job: FitJob, card: ModelCard, champion: Forecaster) -> str:
    fits = reason_against(champion, card, len(job.shape.views), job.model, job.shape.hidden)
    later = read_later(champion, job.panel, job.windows.splits.validation_end)
    return fits or later or no_logarithm(champion, job.panel)


def _warm_plans(job: FitJob, champion: Forecaster) -> list[_Plan]:
    readable = job.panel.frequency.ordinal_of_text(champion.card.served_through) <= job.panel.cutoff
    plans = []
    for member in champion.card.members:
        served = champion.state(member, "served") if readable else None
        evaluated = champion.state(member, "evaluated")
        plans.append(_Plan(view_of(member), member.normalisation, evaluated, served))
    return plans


def _empty_card(
    job: FitJob, contract: Contract, minimum: float | None, origin: Origin, choices: tuple[Choice, ...]
) -> ModelCard:
    panel, through = job.panel, job.panel.frequency.text(job.windows.splits.validation_end)
    loss = job.model.loss or ("squared" if job.model.kind == "textbook" else "quantile")
    levels = tuple(sorted({*TRAINED_LEVELS, *contract.quantile_levels})) if loss == "quantile" else ()
    return ModelCard(
        contract=contract,
        past_names=panel.past_names,
        future_names=panel.future_names,
        static_names=panel.static_names,
        known=job.shape.known,
        aligned=job.shape.aligned,
        logs=(False,) * len(contract.targets),
        channels=job.model.channels or "joint",
        loss=loss,
        levels=levels,
        steps_needed=job.shape.steps_needed,
        minimum=minimum,
        members=(),
        calibration=(),
        served_calibration=(),
        trained_through=through,
        served_through=through,
        refit="not asked for",
        warm_start="not asked for",
        choices=choices,
        panel=origin.panel,
        windows=origin.windows,
        threads=origin.threads,
        device=job.device.type,
        versions=origin.versions,
    )


def _weights_card(panel: Panel, prefix: str, scale_through: int, trained_through: int, steps: int) -> WeightsCard:
    rows = panel.ordinals <= scale_through
    fitted = [Standardiser.fit(values) for values in (panel.past[rows], panel.future[rows], panel.static)]
    cards = [StandardiserCard(mean=part.mean, std=part.std) for part in fitted]
    return WeightsCard(
        prefix=prefix,
        steps=steps,
        trained_through=panel.frequency.text(trained_through),
        past=cards[0],
        future=cards[1],
        static=cards[2],
    )


def _member_card(job: FitJob, plan: _Plan, index: int) -> MemberCard:
    splits = job.windows.splits
    weights = _weights_card(job.panel, f"member-{index}.evaluated.", splits.train_end, splits.validation_end, 0)
    return MemberCard(
        kind=job.model.kind,
        seed=job.training.seed + index,
        normalisation=plan.normalisation,
        look_back=plan.view.look_back,
        segment=plan.view.segment,
        hidden=job.shape.hidden,
        layers=job.model.layers,
        bidirectional=job.model.bidirectional,
        attention=job.model.attention,
        dropout=job.model.dropout,
        penalty=None,
        best_epoch=0,
        validation_loss=0.0,
        stopped="limit",
        evaluated=weights,
        served=weights,
    )


def _fit_members(job: FitJob, card: ModelCard, plans: list[_Plan]) -> list[_FittedMember]:
    """All members, or those that were finished when the deadline passed; DeadlineError when there is none."""
    members: list[_FittedMember] = []
    for index, plan in enumerate(plans):
        try:
            members.append(_fit_member(job, card, plan, index))
        except DeadlineError:
            if not members:
                raise
            log.warning("the deadline passed: the model has %d of %d members", len(members), len(plans))
            break
    return members


def _fit_member(job: FitJob, card: ModelCard, plan: _Plan, index: int) -> _FittedMember:
    member, phase = _member_card(job, plan, index), f"member-{index}"
    inputs, windows = job.inputs(card, member), job.training_windows()
    validation = inputs.gather_at(*job.validation_windows())
    network, penalty, start = _seeded_network(card, member, job.device), None, {}
    if isinstance(network, SegmentedLSTM):
        ridge = fit_ridge(job.ridge_batches(inputs, *windows), validation)
        penalty = ridge.penalty
        _begin_at(network, ridge.skip, inputs, windows, card.levels)
        start = {RIDGE + name: network.state_dict()[name].clone() for name in RIDGE_PARTS}
    if plan.evaluated is not None:
        network.load_state_dict(plan.evaluated)
    trained = _train(job, card, network, inputs, windows, validation, Phase(phase, member.seed))
    weights = member.evaluated.model_copy(update={"steps": trained.best_epoch * job.training.epoch_steps})
    finished = member.model_copy(
        update={
            "penalty": penalty,
            "best_epoch": trained.best_epoch,
            "validation_loss": trained.best_loss,
            "stopped": trained.stopped,
            "evaluated": weights,
            "served": weights,
        }
    )
    return _FittedMember(finished, trained, network, inputs, phase, start)


def _seeded_network(card: ModelCard, member: MemberCard, device: torch.device) -> Network:
    torch.manual_seed(member.seed)
    return build_network(card, member).to(device)


def _begin_at(
    network: SegmentedLSTM, skip: LinearSkip, inputs: Inputs, windows: Positions, levels: tuple[float, ...]
) -> None:
    series, rows = windows
    some = evenly(len(rows), RESIDUAL_WINDOWS)
    network.start_from(skip, _residual_quantiles(skip, inputs.gather_at(series[some], rows[some]), levels or (0.5,)))


def _residual_quantiles(skip: LinearSkip, batch: Batch, levels: tuple[float, ...]) -> Tensor:
    """(H, Q, C): quantiles of what the skip leaves, over the observed targets of a batch; 0 where there are none."""
    residual = torch.where(batch.weight > 0, batch.target - skip(batch), torch.nan)
    quantiles = torch.nanquantile(residual, torch.tensor(levels, device=residual.device), dim=0)  # (Q, H, C)
    return quantiles.nan_to_num(0.0).permute(1, 0, 2)


def _train(
    job: FitJob,
    card: ModelCard,
    network: Network,
    inputs: Inputs,
    windows: Positions,
    validation: Batch | None,
    phase: Phase,
) -> Trained:
    return train_network(
        network,
        inputs,
        Sampler.of(*windows, job.device),
        validation,
        levels=torch.tensor(card.levels or (0.5,), device=job.device),
        loss=LOSSES[card.loss],
        settings=_settings(job, card),
        phase=phase,
        checkpoints=job.checkpoints,
        watch=job.watch,
        on_epoch=job.on_epoch,
    )


def _settings(job: FitJob, card: ModelCard) -> Training:
    """The pipeline file's settings; with shared channels a window is one for each target, and so many fewer a batch."""
    if card.channels == "joint":
        return job.training
    return job.training.model_copy(update={"batch_size": max(job.training.batch_size // len(card.logs), 1)})


def _calibrated(job: FitJob, card: ModelCard, members: list[_FittedMember]) -> ModelCard:
    """The card with offsets from the errors on validation.

    A network that forecasts one number gets all its quantiles from there, step by step.
    """
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


def _calibrated_alike(
    job: FitJob, card: ModelCard, members: list[_FittedMember], refits: list[_FittedMember]
) -> ModelCard:
    """The card with offsets for the served weights; see `matching_offsets`."""
    if not card.levels:
        return card
    evaluated, served = (_on_validation(job, card, those)[0] for those in (members, refits))
    levels = card.contract.quantile_levels
    offsets = matching_offsets(np.asarray(card.calibration), evaluated, served, levels)
    return card.model_copy(update={"served_calibration": _nested(offsets)})


def _on_validation(job: FitJob, card: ModelCard, members: list[_FittedMember]) -> tuple[np.ndarray, np.ndarray]:
    """((N, H, Q, C) the members' mean quantiles at the contract's levels, in units of the scale, and the scale (N, C)).

    One quantile only where the networks forecast one number.
    """
    windows = job.validation_windows()
    quantiles, scale = averaged([model_forecast(member.network, member.inputs, *windows) for member in members])
    if card.levels:
        quantiles = quantiles[:, :, [card.levels.index(level) for level in card.contract.quantile_levels]]
    return quantiles / scale[:, None, None], scale


def _nested(offsets: np.ndarray) -> tuple[tuple[tuple[float, ...], ...], ...]:
    return tuple(tuple(tuple(row) for row in step) for step in offsets.tolist())


def _refit_all(
    job: FitJob, card: ModelCard, members: list[_FittedMember], plans: list[_Plan]
) -> tuple[list[_FittedMember], str]:
    """Networks trained on every window up to the cutoff, for the epochs of the first training.

    A refit that cannot be finished is given up, and the evaluated weights serve: they have been judged.
    """
    if not job.training.refit:
        return [], "not asked for"
    try:
        refits = [
            _refit(job, card, member, plan, index)
            for index, (member, plan) in enumerate(zip(members, plans, strict=False))
        ]
    except (DeadlineError, DivergedError, RuntimeError) as error:
        return [], f"given up: {error}"
    if any(refit.trained.stopped == "deadline" for refit in refits):
        return [], f"given up: the deadline of {job.training.deadline} s passed"
    return refits, "on every window up to the cutoff"


def _refit(job: FitJob, card: ModelCard, member: _FittedMember, plan: _Plan, index: int) -> _FittedMember:
    cutoff, windows = job.panel.cutoff, job.all_windows()
    rates = _refit_rates(job, member.trained.best_epoch, len(windows[1]))
    steps = len(rates) * job.training.epoch_steps
    served = _weights_card(job.panel, f"member-{index}.served.", cutoff, cutoff, steps)
    refitted = member.card.model_copy(update={"served": served})
    inputs = job.inputs(card, refitted, served=True)
    network = _seeded_network(card, refitted, job.device)
    if plan.served is not None:
        network.load_state_dict(plan.served)
    elif isinstance(network, SegmentedLSTM) and refitted.penalty is not None:
        ridge = fit_ridge(job.ridge_batches(inputs, *windows), None, (refitted.penalty,))
        _begin_at(network, ridge.skip, inputs, windows, card.levels)
    phase = Phase(f"member-{index}-refit", member.card.seed, rates)
    trained = _train(job, card, network, inputs, windows, None, phase)
    return _FittedMember(refitted, trained, network, inputs, phase.name)


def _refit_rates(job: FitJob, best_epoch: int, windows: int) -> tuple[float, ...]:
    """Learning rates by epoch: as many passes over the windows as early stopping chose, falling to 0 by a cosine.

    Without validation nobody picks the best of noisy epochs, so the last ones must be quiet (Loshchilov and Hutter
    2017, "SGDR", arXiv:1608.03983).
    """
    growth = windows / max(len(job.training_windows()[1]), 1)
    epochs = min(round(best_epoch * growth), 2 * best_epoch)
    return tuple(
        0.5 * job.training.learning_rate * (1.0 + math.cos(math.pi * epoch / epochs)) for epoch in range(epochs)
    )


def _assemble(
    job: FitJob,
    card: ModelCard,
    members: list[_FittedMember],
    refits: list[_FittedMember],
    refit_note: str,
) -> Forecaster:
    weights: dict[str, Tensor] = {}
    for member in members:
        evaluated = member.trained.weights | member.start
        weights |= {member.card.evaluated.prefix + name: tensor for name, tensor in evaluated.items()}
    for refit in refits:
        weights |= {refit.card.served.prefix + name: tensor for name, tensor in refit.trained.weights.items()}
    served = job.panel.cutoff if refits else job.windows.splits.validation_end
    finished = card.model_copy(
        update={
            "members": tuple(member.card for member in (refits or members)),
            "served_through": job.panel.frequency.text(served),
            "refit": refit_note,
        }
    )
    return Forecaster(finished, weights)
