"""One member: its network at its start, trained, and trained again on everything."""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from lstm.data.panel.panel import Panel
from lstm.model.fitting.fit_job import FitJob, Positions, evenly
from lstm.model.forecaster.card import MemberCard, ModelCard, StandardiserCard, WeightsCard
from lstm.model.forecaster.choices import View
from lstm.model.forecaster.forecaster import RIDGE, RIDGE_PARTS
from lstm.model.forecaster.rebuilt import build_network
from lstm.model.network.batch import Batch
from lstm.model.network.inputs import Inputs
from lstm.model.network.loss import LOSSES, Objective
from lstm.model.network.networks import Network, SegmentedLSTM
from lstm.model.network.ridge import LinearSkip, fit_ridge
from lstm.model.network.sampling import Examples, Sampler
from lstm.model.network.scaling import Normalisation, Standardiser, never_moved
from lstm.model.training.checkpoint import EpochRow
from lstm.model.training.loop import Trained, train_network
from lstm.model.training.optimisation import Phase

RESIDUAL_WINDOWS = 4_096


@dataclass(frozen=True)
class Plan:
    """One member to be: its place, what it reads, how windows are scaled, and the weights of a warm start."""

    index: int
    view: View
    normalisation: Normalisation
    evaluated: dict[str, Tensor] | None = None
    served: dict[str, Tensor] | None = None


@dataclass(frozen=True)
class FittedMember:
    """A member with its trained network. start: its ridge regression, by tensor names of the model folder."""

    plan: Plan
    card: MemberCard
    trained: Trained
    network: Network
    phase: str
    start: dict[str, Tensor] = field(default_factory=dict)

    def named_history(self) -> list[tuple[str, EpochRow]]:
        """Its history, each row with the name of the phase."""
        return [(self.phase, row) for row in self.trained.history]


def _weights_card(panel: Panel, prefix: str, scale_through: int, trained_through: int, steps: int) -> WeightsCard:
    """The card of weights that are to be trained, with covariates standardised by rows up to `scale_through`."""
    rows = panel.rows_through(scale_through)
    fitted = [Standardiser.fit(panel.past, rows), Standardiser.fit(panel.future, rows), Standardiser.fit(panel.static)]
    cards = [StandardiserCard(mean=part.mean, std=part.std) for part in fitted]
    return WeightsCard(
        prefix=prefix,
        steps=steps,
        trained_through=panel.frequency.text(trained_through),
        past=cards[0],
        future=cards[1],
        static=cards[2],
    )


def member_card(job: FitJob, plan: Plan) -> MemberCard:
    """The card of a member that is not trained yet."""
    splits = job.windows.splits
    weights = _weights_card(job.panel, f"member-{plan.index}.evaluated.", splits.train_end, splits.validation_end, 0)
    return MemberCard(
        kind=job.model.kind,
        seed=job.training.seed + plan.index,
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


def fit_member(job: FitJob, card: ModelCard, plan: Plan) -> FittedMember:
    """Trains a member on the train split and stops it on validation; see `train_network` for what it raises."""
    member, phase = member_card(job, plan), f"member-{plan.index}"
    inputs, windows = job.inputs(card, member), job.training_windows()
    validation = inputs.gather_at(*job.validation_windows())
    network, penalty, start = _seeded_network(card, member, job.runtime.device), None, {}
    if isinstance(network, SegmentedLSTM) and job.runtime.ranks.first:  # which tells the others
        ridge = fit_ridge(job.ridge_batches(inputs, *windows), validation)
        penalty = ridge.penalty
        _begin_at(network, ridge.skip, _spread_batches(job, inputs, *windows), card.levels)
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
    return FittedMember(plan, finished, trained, network, phase, start)


def _seeded_network(card: ModelCard, member: MemberCard, device: torch.device) -> Network:
    """The untrained network of a member, its weights drawn from the member's seed."""
    torch.manual_seed(member.seed)
    return build_network(card, member).to(device)


def _spread_batches(job: FitJob, inputs: Inputs, series: np.ndarray, rows: np.ndarray) -> list[Batch]:
    """`RESIDUAL_WINDOWS` of the windows, evenly spread."""
    sample = evenly(len(rows), RESIDUAL_WINDOWS)
    return job.linear_batches(inputs, series[sample], rows[sample])


def _begin_at(network: SegmentedLSTM, skip: LinearSkip, batches: list[Batch], levels: tuple[float, ...]) -> None:
    """Puts the network at a ridge regression, with the quantiles of its errors on some windows around it."""
    network.start_from(skip, _residual_quantiles(skip, batches, levels or (0.5,)))


def _residual_quantiles(skip: LinearSkip, batches: list[Batch], levels: tuple[float, ...]) -> Tensor:
    """(H, Q, C): quantiles of what the skip leaves, over the observed targets of the batches; 0 where there are none.

    Windows of what had never moved are left out: the first move after a constant is thousands of its floor of a scale,
    and would be an outer quantile of every series.
    """
    residuals = []
    for batch in batches:
        counted = (batch.weight > 0) & ~never_moved(batch.level, batch.scale)[:, None]
        residuals.append(torch.where(counted, batch.target - skip(batch), torch.nan))
    residual = torch.cat(residuals)
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
    device = job.runtime.device
    examples = Examples(inputs, Sampler.of(*windows, device), validation, batch_size_of(job, card))
    objective = Objective(LOSSES[card.loss], torch.tensor(card.levels or (0.5,), device=device))
    return train_network(network, examples, objective, job.training, phase, job.runtime, job.deadline)


def batch_size_of(job: FitJob, card: ModelCard) -> int:
    """Windows a batch; with shared channels a window is one for each target, and so many fewer a batch."""
    return job.batch_size if card.channels == "joint" else max(job.batch_size // len(card.logs), 1)


def refit_member(job: FitJob, card: ModelCard, member: FittedMember) -> FittedMember:
    """Trains a member again from its start, on every window up to the cutoff."""
    plan, name = member.plan, f"member-{member.plan.index}"
    cutoff, windows = job.panel.cutoff, job.all_windows()
    rates = _refit_rates(job, member.trained.best_epoch, len(windows[1]))
    steps = len(rates) * job.training.epoch_steps
    served = _weights_card(job.panel, f"{name}.served.", cutoff, cutoff, steps)
    refitted = member.card.model_copy(update={"served": served})
    inputs = job.inputs(card, refitted, served=True)
    network = _seeded_network(card, refitted, job.runtime.device)
    if plan.served is not None:
        network.load_state_dict(plan.served)
    elif isinstance(network, SegmentedLSTM) and refitted.penalty is not None and job.runtime.ranks.first:
        ridge = fit_ridge(job.ridge_batches(inputs, *windows), None, (refitted.penalty,))
        _begin_at(network, ridge.skip, _spread_batches(job, inputs, *windows), card.levels)
    phase = Phase(f"{name}-refit", member.card.seed, rates)
    trained = _train(job, card, network, inputs, windows, None, phase)
    return FittedMember(plan, refitted, trained, network, phase.name)


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
