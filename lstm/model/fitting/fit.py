"""Fitting a model: its plan, every member's training, calibration, and the refit on everything."""

import itertools
import logging
from dataclasses import asdict, dataclass, replace

import torch
from torch import Tensor

from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Windows
from lstm.errors import DeadlineError, DivergedError
from lstm.model.fitting.bands import calibrated, calibrated_alike
from lstm.model.fitting.fit_job import FitJob, FitSettings
from lstm.model.fitting.member import FittedMember, Plan, batch_size_of, member_card, refit_member
from lstm.model.fitting.members import fit_in_time, map_members
from lstm.model.fitting.memory_needed import refuse_too_large
from lstm.model.fitting.probe import probe
from lstm.model.fitting.warm_start import no_logarithm, read_later, reason_against
from lstm.model.forecaster.card import ImputationCard, ModelCard
from lstm.model.forecaster.choices import Choice, View, choose_batches, choose_future, choose_shape
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.training.checkpoint import EpochRow
from lstm.model.training.runtime import Deadline, Runtime

log = logging.getLogger(__name__)

TRAINED_LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Origin:
    """Where a model comes from, as its card keeps it: content hashes, versions, and what may change its last bits.

    choices: what was chosen before the fit, such as the series that it reads.
    """

    panel: str
    windows: str
    threads: int
    versions: dict[str, str]
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Fitted:
    """A fitted model and its history, phase by phase."""

    forecaster: Forecaster
    history: tuple[tuple[str, EpochRow], ...]
    seconds: float


def fit(
    panel: Panel,
    windows: Windows,
    settings: FitSettings,
    *,
    origin: Origin,
    runtime: Runtime,
    champion: Forecaster | None = None,
) -> Fitted:
    """Trains all members on the train split, stops on the validation split, and refits on everything when asked.

    The evaluated weights have read targets up to the end of validation, the served ones, refitted, up to the cutoff.
    champion: whose weights a warm start begins from. Raises DivergedError and DeadlineError; see
    `train_network`; and ConfigError for what does not fit into memory.
    """
    torch.set_num_threads(origin.threads)
    future, choice = choose_future(panel, windows.splits.train_end)
    panel = panel.with_future(future)
    shape = choose_shape(panel, windows, settings.model, settings.seasons)
    deadline = Deadline(runtime.clock, settings.training.deadline)
    training, batch_size, batch_choice = choose_batches(settings.training, runtime.device)
    settings = replace(settings, training=training)
    job = FitJob(panel, windows, settings, shape, runtime, deadline, batch_size)
    refuse_too_large(job)
    card = _empty_card(job, origin, (*origin.choices, choice, *shape.choices, batch_choice))
    plans, card = _plan(job, card, champion)
    members = _fit_members(job, card, plans)
    cut_short = {choice.name: choice for choice in _cut_short(job, card, members, plans)}
    kept = (choice for choice in card.choices if choice.name not in cut_short)
    card = card.model_copy(update={"choices": (*kept, *cut_short.values())})
    for choice in card.choices:
        log.info("%s = %s: %s", choice.name, choice.value, choice.reason)
    card = calibrated(job, card, members)
    refits, refit_note = _refit_all(job, card, members)
    if refits:
        card = calibrated_alike(job, card, members, refits)
    return Fitted(
        _assemble(job, card, members, refits, refit_note),
        tuple((name, row) for member in (*members, *refits) for name, row in member.named_history()),
        job.deadline.seconds,
    )


def _plan(job: FitJob, card: ModelCard, champion: Forecaster | None) -> tuple[list[Plan], ModelCard]:
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
    trial = Plan(0, job.shape.views[len(job.shape.views) // 2], "mean_std")
    card, normalisations = probe(job, card, member_card(job, trial))
    turns = itertools.cycle(normalisations)
    return [Plan(index, view, next(turns)) for index, view in enumerate(job.shape.views)], card


def _against(job: FitJob, card: ModelCard, champion: Forecaster) -> str:
    fits = reason_against(champion, card, len(job.shape.views), job.model, job.shape.hidden)
    later = read_later(champion, job.panel, job.windows.splits.validation_end)
    return fits or later or no_logarithm(champion, job.panel)


def _warm_plans(job: FitJob, champion: Forecaster) -> list[Plan]:
    readable = job.panel.frequency.ordinal_of_text(champion.card.served_through) <= job.panel.cutoff
    plans = []
    for index, member in enumerate(champion.card.members):
        served = champion.state(member, "served") if readable else None
        evaluated = champion.state(member, "evaluated")
        plans.append(Plan(index, View(member.look_back, member.segment), member.normalisation, evaluated, served))
    return plans


def _empty_card(job: FitJob, origin: Origin, choices: tuple[Choice, ...]) -> ModelCard:
    contract, minimum = job.settings.contract, job.settings.minimum
    panel, through = job.panel, job.panel.frequency.text(job.windows.splits.validation_end)
    loss = job.model.loss or ("squared" if job.model.kind == "textbook" else "quantile")
    levels = tuple(sorted({*TRAINED_LEVELS, *contract.quantile_levels})) if loss == "quantile" else ()
    return ModelCard(
        contract=contract,
        past_names=panel.past_names,
        future_names=panel.future_names,
        static_names=panel.static_names,
        static_categories=panel.categories or ((),) * len(panel.static_names),
        known=job.shape.known,
        aligned=job.shape.aligned,
        logs=(False,) * len(contract.targets),
        imputations=tuple(ImputationCard(**asdict(imputation)) for imputation in job.shape.imputations),
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
        tuned_through=job.settings.tuned_through,
        refit="not asked for",
        warm_start="not asked for",
        choices=choices,
        panel=origin.panel,
        windows=origin.windows,
        threads=origin.threads,
        ranks=job.training.ranks,
        device=job.runtime.device.type,
        versions=origin.versions,
    )


def _fit_members(job: FitJob, card: ModelCard, plans: list[Plan]) -> list[FittedMember]:
    """All members, or those that were finished when the deadline passed; DeadlineError when there is none."""
    ended = map_members(job, card, fit_in_time, plans)
    members = [member for member in ended if isinstance(member, FittedMember)]
    if not members:
        raise next(error for error in ended if isinstance(error, DeadlineError))
    if len(members) < len(plans):
        log.warning("the deadline passed: the model has %d of %d members", len(members), len(plans))
    return members


def _cut_short(job: FitJob, card: ModelCard, members: list[FittedMember], plans: list[Plan]) -> list[Choice]:
    """The choices that time and memory have made in place of the pipeline file."""
    smallest = min((row.batch_size for member in members for row in member.trained.history), default=None)
    requested = batch_size_of(job, card)
    choices = []
    if len(members) < len(plans):
        reason = f"the deadline of {job.training.deadline:g} s passed before the others had begun"
        choices.append(Choice(name="members", value=f"{len(members)} of {len(plans)}", reason=reason))
    if smallest is not None and smallest < requested:
        reason = f"a batch of {requested} windows did not fit into the device's memory"
        choices.append(Choice(name="batch_size", value=str(smallest), reason=reason))
    return choices


def _refit_all(job: FitJob, card: ModelCard, members: list[FittedMember]) -> tuple[list[FittedMember], str]:
    """Networks trained on every window up to the cutoff, for the epochs of the first training.

    A refit that cannot be finished is given up, and the evaluated weights serve: they have been judged.
    """
    if not job.training.refit:
        return [], "not asked for"
    try:
        refits = map_members(job, card, refit_member, members)
    except (DeadlineError, DivergedError, RuntimeError) as error:
        return [], f"given up: {error}"
    if any(refit.trained.stopped == "deadline" for refit in refits):
        return [], f"given up: the deadline of {job.training.deadline} s passed"
    return refits, "on every window up to the cutoff"


def _assemble(
    job: FitJob,
    card: ModelCard,
    members: list[FittedMember],
    refits: list[FittedMember],
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
