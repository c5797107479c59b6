"""Fitting a model: choices, the ridge start, every member's training, calibration, and the refit on everything."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lstm.config import Model, Training
from lstm.data.panel import Panel
from lstm.data.windows import Windows, all_windows
from lstm.errors import DeadlineError, DivergedError
from lstm.model.card import MemberCard, ModelCard, StandardiserCard, WeightsCard
from lstm.model.checkpoint import Checkpoints, EpochRow
from lstm.model.choices import Choice, Shape, choose_future, choose_shape
from lstm.model.forecaster import Forecaster, build_network, input_settings, real_forecast
from lstm.model.inputs import Batch, Inputs, Normalisation
from lstm.model.loss import quantile_loss, squared_loss
from lstm.model.network import Network, SegmentedLSTM
from lstm.model.ridge import LinearSkip, accumulate, choose_penalty, solve
from lstm.model.scaling import Standardiser
from lstm.model.training import Phase, Sampler, Trained, Watch, train_network
from lstm.references import Contract

log = logging.getLogger(__name__)

RIDGE_WINDOWS = 20_000
VALIDATION_WINDOWS = 4_096
GATHER = 2_048
OnEpoch = Callable[[str, EpochRow], None]


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
class _Job:
    """What every part of a fit needs."""

    panel: Panel
    windows: Windows
    model: Model
    training: Training
    contract: Contract
    shape: Shape
    device: torch.device
    checkpoints: Checkpoints
    watch: Watch
    on_epoch: OnEpoch


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
) -> Fitted:
    """Trains all members on the train split, stops on the validation split, and refits on everything when asked.

    The evaluated weights have read targets up to the end of validation, the served ones, refitted, up to the cutoff.
    clock: seconds, for the deadline only. Raises DivergedError and DeadlineError; see `train_network`.
    """
    torch.set_num_threads(origin.threads)
    future, choice = choose_future(panel, windows.splits.train_end)
    panel = panel.with_future(future)
    shape = choose_shape(panel, windows, model, seasons)
    watch = Watch(clock, training.deadline)
    job = _Job(panel, windows, model, training, contract, shape, device, checkpoints, watch, on_epoch)
    start = _choose_start(job)
    choices = (choice, *shape.choices, Choice(name="normalisation", value=start.normalisation, reason=start.why))
    for choice in choices:
        log.info("%s = %s: %s", choice.name, choice.value, choice.reason)
    card = _empty_card(job, minimum, origin, choices)
    members = _fit_members(job, card, start)
    calibration = _calibrate(job, members)
    refits, refit_note = _refit_all(job, card, members)
    return Fitted(
        _assemble(job, card, members, refits, refit_note, calibration),
        tuple((name, row) for member in (*members, *refits) for name, row in member.named_history()),
        watch.seconds,
    )


@dataclass(frozen=True)
class _FittedMember:
    card: MemberCard
    trained: Trained
    network: Network
    inputs: Inputs
    phase: str

    def named_history(self) -> list[tuple[str, EpochRow]]:
        return [(self.phase, row) for row in self.trained.history]


def _empty_card(job: _Job, minimum: float | None, origin: Origin, choices: tuple[Choice, ...]) -> ModelCard:
    panel = job.panel
    return ModelCard(
        contract=job.contract,
        past_names=panel.past_names,
        future_names=panel.future_names,
        static_names=panel.static_names,
        known=job.shape.known,
        aligned=job.shape.aligned,
        minimum=minimum,
        members=(),
        calibration=(),
        trained_through=panel.frequency.text(job.windows.splits.validation_end),
        served_through=panel.frequency.text(job.windows.splits.validation_end),
        refit="not asked for",
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
        scale_through=panel.frequency.text(scale_through),
        trained_through=panel.frequency.text(trained_through),
        past=cards[0],
        future=cards[1],
        static=cards[2],
    )


def _member_card(job: _Job, normalisation: Normalisation, index: int) -> MemberCard:
    splits = job.windows.splits
    weights = _weights_card(job.panel, f"member-{index}.evaluated.", splits.train_end, splits.validation_end, 0)
    return MemberCard(
        kind=job.model.kind,
        seed=job.training.seed + index,
        normalisation=normalisation,
        look_back=job.shape.look_back,
        segment=job.shape.segment,
        hidden=job.shape.hidden,
        layers=job.model.layers,
        dropout=job.model.dropout,
        penalty=None,
        best_epoch=0,
        validation_loss=0.0,
        stopped="limit",
        evaluated=weights,
        served=weights,
    )


@dataclass(frozen=True)
class _Start:
    """Where training begins: the normalisation, and the ridge regression under it (none for the textbook network)."""

    normalisation: Normalisation
    why: str
    penalty: float | None = None
    skip: LinearSkip | None = None


def _choose_start(job: _Job) -> _Start:
    """The normalisation of the pipeline file, else the one with the smaller validation error of ridge regression."""
    if job.model.kind == "textbook":
        return _Start("series", "the textbook network reads values standardised by the whole series")
    fixed = job.model.normalisation
    candidates: tuple[Normalisation, ...] = ("mean_std", "last_value") if fixed is None else (fixed,)
    ridges = {candidate: _ridge(job, _inputs(job, _member_card(job, candidate, 0))) for candidate in candidates}
    best = min(ridges, key=lambda name: ridges[name][2])
    shown = ", ".join(f"{name} {error:.4g}" for name, (_, _, error) in ridges.items())
    why = "the pipeline file" if fixed is not None else f"smaller validation error of ridge regression ({shown})"
    penalty, skip, _ = ridges[best]
    return _Start(best, why, penalty, skip)


def _inputs(job: _Job, member: MemberCard, *, served: bool = False) -> Inputs:
    weights = member.served if served else member.evaluated
    settings = input_settings(job.panel, member, weights, job.shape.known, job.shape.aligned)
    return Inputs(job.panel, settings, job.device)


def _evenly(count: int, limit: int) -> np.ndarray:
    """At most `limit` positions out of `count`, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).astype(np.int64))


def _batches(inputs: Inputs, series: np.ndarray, rows: np.ndarray) -> Iterator[Batch]:
    chosen = _evenly(len(rows), RIDGE_WINDOWS)
    for begin in range(0, len(chosen), GATHER):
        part = chosen[begin : begin + GATHER]
        yield inputs.gather_at(series[part], rows[part])


def _validation(job: _Job, inputs: Inputs) -> Batch:
    windows = job.windows.of("validation")
    chosen = _evenly(len(windows.row), VALIDATION_WINDOWS)
    return inputs.gather_at(windows.series[chosen], windows.row[chosen])


def _ridge(job: _Job, inputs: Inputs) -> tuple[float, LinearSkip, float]:
    train = job.windows.of("train")
    return choose_penalty(accumulate(_batches(inputs, train.series, train.row)), _validation(job, inputs))


def _residual_quantiles(skip: LinearSkip, batch: Batch, levels: tuple[float, ...]) -> Tensor:
    """(H, Q, C): quantiles of what the skip leaves, over the observed targets of a batch; 0 where there are none."""
    residual = torch.where(batch.weight > 0, batch.target - skip(batch), torch.nan)
    quantiles = torch.nanquantile(residual, torch.tensor(levels, device=residual.device), dim=0)  # (Q, H, C)
    return quantiles.nan_to_num(0.0).permute(1, 0, 2)


def _fit_members(job: _Job, card: ModelCard, start: _Start) -> list[_FittedMember]:
    """All members, or those that were finished when the deadline passed; DeadlineError when there is none."""
    members: list[_FittedMember] = []
    for index in range(job.model.members):
        try:
            members.append(_fit_member(job, card, start, index))
        except DeadlineError:
            if not members:
                raise
            log.warning("the deadline passed: the model has %d of %d members", len(members), job.model.members)
            break
    return members


def _fit_member(job: _Job, card: ModelCard, start: _Start, index: int) -> _FittedMember:
    member = _member_card(job, start.normalisation, index)
    inputs = _inputs(job, member)
    train = job.windows.of("train")
    network = _seeded_network(card, member, job.device)
    if isinstance(network, SegmentedLSTM) and start.skip is not None:
        _begin_at(network, start.skip, inputs, train.series, train.row, job.contract.quantile_levels)
    phase = Phase(f"member-{index}", member.seed)
    trained = _train(job, network, inputs, train.series, train.row, _validation(job, inputs), phase)
    steps = trained.best_epoch * job.training.epoch_steps
    weights = member.evaluated.model_copy(update={"steps": steps})
    finished = member.model_copy(
        update={
            "penalty": start.penalty,
            "best_epoch": trained.best_epoch,
            "validation_loss": trained.best_loss,
            "stopped": trained.stopped,
            "evaluated": weights,
            "served": weights,
        }
    )
    return _FittedMember(finished, trained, network, inputs, phase.name)


def _seeded_network(card: ModelCard, member: MemberCard, device: torch.device) -> Network:
    torch.manual_seed(member.seed)
    return build_network(card, member).to(device)


def _begin_at(
    network: SegmentedLSTM,
    skip: LinearSkip,
    inputs: Inputs,
    series: np.ndarray,
    rows: np.ndarray,
    levels: tuple[float, ...],
) -> None:
    some = _evenly(len(rows), VALIDATION_WINDOWS)
    network.start_from(skip, _residual_quantiles(skip, inputs.gather_at(series[some], rows[some]), levels))


def _train(
    job: _Job,
    network: Network,
    inputs: Inputs,
    series: np.ndarray,
    rows: np.ndarray,
    validation: Batch | None,
    phase: Phase,
) -> Trained:
    textbook = job.model.kind == "textbook"
    return train_network(
        network,
        inputs,
        Sampler.of(series, rows, job.device),
        validation,
        levels=torch.tensor(job.contract.quantile_levels, device=job.device),
        loss=squared_loss if textbook else quantile_loss,
        settings=job.training,
        phase=phase,
        checkpoints=job.checkpoints,
        watch=job.watch,
        on_epoch=job.on_epoch,
    )


def _calibrate(job: _Job, members: list[_FittedMember]) -> np.ndarray:
    """(H, Q, C) offsets in units of the window's scale that make each quantile cover its level on validation.

    Split conformal prediction, one level at a time (Romano, Patterson and Candès 2019, "Conformalized quantile
    regression", arXiv:1905.03222). The median stays as it is, but for the textbook network, which forecasts a mean, all
    levels come from here, step by step.
    """
    windows = job.windows.of("validation")
    chosen = _evenly(len(windows.row), VALIDATION_WINDOWS)
    series, rows = windows.series[chosen], windows.row[chosen]
    levels = job.contract.quantile_levels
    shape = (job.panel.horizon, len(levels), len(job.contract.targets))
    plain = torch.zeros(shape, dtype=torch.float64)
    forecasts = [real_forecast(member.network, member.inputs, series, rows, plain) for member in members]
    batch = members[0].inputs.gather_at(series, rows)
    scale, level = batch.scale.double().cpu().numpy()[:, None], batch.level.double().cpu().numpy()[:, None]
    observed = batch.weight.cpu().numpy() > 0
    truth = np.where(observed, batch.target.double().cpu().numpy() * scale + level, np.nan)
    residual = (truth[:, :, None] - np.mean(forecasts, axis=0)) / scale[:, None]  # (N, H, Q, C)
    offsets = np.zeros(shape)
    by_step = job.model.kind == "textbook"
    for q, quantile_level in enumerate(levels):
        if by_step:
            offsets[:, q] = np.nan_to_num(np.nanquantile(residual[:, :, q], quantile_level, axis=0))
        elif quantile_level != 0.5:
            offsets[:, q] = np.nan_to_num(np.nanquantile(residual[:, :, q], quantile_level, axis=(0, 1)))
    return offsets


def _refit_all(job: _Job, card: ModelCard, members: list[_FittedMember]) -> tuple[list[_FittedMember], str]:
    """Networks trained on every window up to the cutoff, for the steps and rates of the first training.

    A refit that cannot be finished is given up, and the evaluated weights serve: they have been judged.
    """
    if not job.training.refit:
        return [], "not asked for"
    try:
        refits = [_refit(job, card, member, index) for index, member in enumerate(members)]
    except (DeadlineError, DivergedError, RuntimeError) as error:
        return [], f"given up: {error}"
    if any(refit.trained.stopped == "deadline" for refit in refits):
        return [], f"given up: the deadline of {job.training.deadline} s passed"
    return refits, "on every window up to the cutoff"


def _refit(job: _Job, card: ModelCard, member: _FittedMember, index: int) -> _FittedMember:
    cutoff = job.panel.cutoff
    served = _weights_card(job.panel, f"member-{index}.served.", cutoff, cutoff, member.card.evaluated.steps)
    refitted = member.card.model_copy(update={"served": served})
    inputs = _inputs(job, refitted, served=True)
    series, rows = all_windows(job.panel)
    network = _seeded_network(card, refitted, job.device)
    if isinstance(network, SegmentedLSTM) and refitted.penalty is not None:
        skip = solve(accumulate(_batches(inputs, series, rows)), refitted.penalty)
        _begin_at(network, skip, inputs, series, rows, job.contract.quantile_levels)
    rates = tuple(row.learning_rate for row in member.trained.history[: member.trained.best_epoch])
    phase = Phase(f"member-{index}-refit", member.card.seed, rates)
    trained = _train(job, network, inputs, series, rows, None, phase)
    return _FittedMember(refitted, trained, network, inputs, phase.name)


def _assemble(
    job: _Job,
    card: ModelCard,
    members: list[_FittedMember],
    refits: list[_FittedMember],
    refit_note: str,
    calibration: np.ndarray,
) -> Forecaster:
    weights: dict[str, Tensor] = {}
    for member in members:
        weights |= {member.card.evaluated.prefix + name: tensor for name, tensor in member.trained.weights.items()}
    for refit in refits:
        weights |= {refit.card.served.prefix + name: tensor for name, tensor in refit.trained.weights.items()}
    served = job.panel.cutoff if refits else job.windows.splits.validation_end
    finished = card.model_copy(
        update={
            "members": tuple(member.card for member in (refits or members)),
            "calibration": tuple(tuple(tuple(row) for row in step) for step in calibration.tolist()),
            "served_through": job.panel.frequency.text(served),
            "refit": refit_note,
        }
    )
    return Forecaster(finished, weights)
