"""The training loop of one network: AdamW, clipped gradients, ReduceLROnPlateau, early stopping, a checkpoint an epoch.

An epoch is one evaluation interval of `epoch_steps` batches; epoch 0 is the start, which stays where no epoch beats it.
Nothing inside an epoch waits for the device.
"""

import logging
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lstm.config import Training
from lstm.errors import DeadlineError, DivergedError, ModelError, TrainingError
from lstm.model.network.inputs import Batch
from lstm.model.network.loss import Objective
from lstm.model.network.networks import Network
from lstm.model.network.sampling import Examples, gathered, split
from lstm.model.training.checkpoint import EpochRow, TrainingState, pack, unpack
from lstm.model.training.early_stopping import EarlyStopping
from lstm.model.training.runtime import Deadline, Runtime

log = logging.getLogger(__name__)

WARM_UP = 4  # epochs over which the learning rate rises to its full height
EXPLODED = 1e6
VALIDATION_ROWS = 2_048
SMALLEST_BATCH = 16


@dataclass(frozen=True)
class Phase:
    """One network to train. name: of its checkpoint. seed: of its sampling and dropout.

    rates: for a refit, the learning rate of each epoch; it then trains for exactly these and is not validated.
    """

    name: str
    seed: int
    rates: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Trained:
    """A trained network's weights (those of the best epoch) and its history. stopped: early, limit or deadline.

    best_epoch: 0 when the start was the best. The history begins with epoch 1.
    """

    weights: dict[str, Tensor]
    history: tuple[EpochRow, ...]
    best_epoch: int
    best_loss: float
    stopped: str


def train_network(
    network: Network,
    examples: Examples,
    objective: Objective,
    settings: Training,
    phase: Phase,
    runtime: Runtime,
    deadline: Deadline,
) -> Trained:
    """Trains until early stopping, the epoch limit or the deadline, and leaves the best weights in `network`.

    The best may be those that it came with. Goes on from the checkpoint of the phase where there is one, to the same
    result as without the interruption; begins anew where that one is damaged or of another format. An epoch that does
    not fit into the device's memory is done again with half the batch. Raises DivergedError when a loss is not finite
    or explodes, DeadlineError when no epoch was completed in time, TrainingError when not even the smallest batch fits.
    """
    checkpoints, validation = runtime.checkpoints, examples.validation
    parts = _Parts(network, settings, phase, runtime.device)
    kept = checkpoints.read(phase.name)
    found = _usable(kept, phase)
    if kept is None or found is None:
        start = EarlyStopping(settings.patience)
        if validation is not None:
            start = start.from_start(_validate(network, validation, objective))
            parts.plateau.step(start.best_loss)
            log.info("%s starts at a validation loss of %.4f", phase.name, start.best_loss)
        finished = "limit" if phase.rates == () else None
        state = parts.state(_copy(network), start, settings.batch_size, deadline.seconds, [], finished)
        kept = pack(state)
        checkpoints.write(phase.name, kept)
    else:
        state = found
        parts.restore(state)
        deadline.goes_on_from(state.seconds)
        log.info("%s goes on after epoch %d", phase.name, state.stopping.epoch)
    best, stopping, history = state.best, state.stopping, state.history
    batch_size, stopped = state.batch_size, state.finished
    limit = len(phase.rates) if phase.rates is not None else settings.max_epochs
    while stopped is None:
        rate = parts.rate(stopping.epoch)
        train_loss: float | None = None
        halved: int | None = None
        try:
            train_loss = _epoch(parts, examples, objective, settings, batch_size, deadline)
        except torch.OutOfMemoryError:
            halved = _halved(batch_size, phase, stopping.epoch + 1)
        # Outside of `except`, which holds the tensors of the batch that did not fit.
        if halved is not None:
            batch_size = halved
            parts.restore(unpack(kept))
            torch.cuda.empty_cache()
            continue
        if train_loss is None:
            stopped = _out_of_time(stopping, phase, deadline)
            break
        validation_loss = train_loss if validation is None else _validate(network, validation, objective)
        _refuse_divergence(phase, stopping.epoch + 1, train_loss, validation_loss, rate)
        stopping = stopping.after(validation_loss)
        if phase.rates is None and stopping.epoch >= WARM_UP:
            parts.plateau.step(validation_loss)
        if stopping.improved or phase.rates is not None:
            best = _copy(network)
        steps = stopping.epoch * settings.epoch_steps
        row = EpochRow(stopping.epoch, steps, train_loss, validation_loss, rate, deadline.seconds, batch_size)
        history.append(row)
        stopped = _why_stop(stopping, limit, deadline, early=phase.rates is None)
        kept = pack(parts.state(best, stopping, batch_size, row.seconds, history, stopped))
        checkpoints.write(phase.name, kept)
        runtime.on_epoch(phase.name, row)
    network.load_state_dict(best)
    network.eval()
    return Trained(best, tuple(history), stopping.best_epoch, stopping.best_loss, stopped)


class _Parts:
    """What a step of training moves, so what a checkpoint keeps and puts back."""

    def __init__(self, network: Network, settings: Training, phase: Phase, device: torch.device) -> None:
        self.network, self.phase, self.device = network, phase, device
        self.learning_rate = settings.learning_rate
        self.optimiser = torch.optim.AdamW(
            _groups(network, settings.learning_rate), weight_decay=settings.weight_decay, fused=True
        )
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimiser, factor=settings.plateau_factor, patience=settings.plateau_patience
        )
        self.generator = torch.Generator().manual_seed(phase.seed)
        torch.manual_seed(phase.seed)

    def rate(self, epoch: int) -> float:
        """Learning rate of the epoch after `epoch`. Those of a refit and of the warm-up are set here.

        The first epochs are careful: where little improves on the start, it is found by small steps or not at all.
        """
        fixed: float | None = None
        if self.phase.rates is not None:
            fixed = self.phase.rates[epoch]
        elif epoch < WARM_UP:
            fixed = self.learning_rate * (epoch + 1) / WARM_UP
        if fixed is not None:
            for group in self.optimiser.param_groups:
                group["lr"] = group["share"] * fixed
        return float(self.optimiser.param_groups[0]["lr"])

    def state(
        self,
        best: dict[str, Tensor],
        stopping: EarlyStopping,
        batch_size: int,
        seconds: float,
        history: list[EpochRow],
        finished: str | None,
    ) -> TrainingState:
        """The parts as they are, with what the loop knows."""
        cuda = torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None
        return TrainingState(
            weights=_copy(self.network),
            best=best,
            optimiser=self.optimiser.state_dict(),
            plateau=self.plateau.state_dict(),
            stopping=stopping,
            sampling=self.generator.get_state(),
            dropout=torch.get_rng_state(),
            dropout_cuda=cuda,
            batch_size=batch_size,
            seconds=seconds,
            history=history,
            finished=finished,
        )

    def restore(self, state: TrainingState) -> None:
        """Puts the state of a checkpoint back into the parts."""
        self.optimiser.zero_grad(set_to_none=True)
        self.network.load_state_dict(state.weights)
        self.optimiser.load_state_dict(state.optimiser)
        self.plateau.load_state_dict(state.plateau)
        self.generator.set_state(state.sampling)
        torch.set_rng_state(state.dropout)
        if state.dropout_cuda is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state.dropout_cuda, self.device)


def _usable(content: bytes | None, phase: Phase) -> TrainingState | None:
    """The state of a checkpoint; None where there is none, or a damaged one: no night is lost for it."""
    try:
        return unpack(content) if content is not None else None
    except ModelError as error:
        log.warning("%s begins anew, its checkpoint cannot be used: %s", phase.name, error)
        return None


def _groups(network: Network, rate: float) -> list[dict[str, object]]:
    """Parameter groups: those that start at a closed form learn at a share of the rate and do not decay.

    One a share: the optimiser launches its kernel once a group.
    """
    # A parameter without elements has no optimiser state, which would leave a hole in the checkpoint.
    slow = [(parameter, share) for parameter, share in network.slow_parameters() if parameter.numel()]
    ids = {id(parameter) for parameter, _ in network.slow_parameters()}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in ids]
    by_share: dict[float, list[nn.Parameter]] = {}
    for parameter, share in slow:
        by_share.setdefault(share, []).append(parameter)
    each = [
        {"params": part, "share": share, "lr": rate * share, "weight_decay": 0.0} for share, part in by_share.items()
    ]
    return [{"params": rest, "share": 1.0, "lr": rate}, *each]


def _copy(network: Network) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def _epoch(
    parts: _Parts,
    examples: Examples,
    objective: Objective,
    settings: Training,
    batch_size: int,
    deadline: Deadline,
) -> float | None:
    """Mean training loss of one epoch; None when the deadline passed inside it."""
    network, optimiser = parts.network.train(), parts.optimiser
    parameters = list(network.parameters())
    inputs, sampler = examples.inputs, examples.sampler
    drawn = sampler.draw(settings.epoch_steps, batch_size, parts.generator)
    precision = torch.autocast(inputs.device.type, torch.bfloat16, enabled=inputs.device.type == "cuda")
    total = torch.zeros((), device=inputs.device)
    for batch in gathered(inputs, sampler, drawn):
        if deadline.passed:
            return None
        with precision:
            forecast = network(batch)
        steps = forecast.shape[1]
        value = objective(forecast.float(), batch.target[:, :steps], batch.weight[:, :steps])
        optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(parameters, settings.clip, foreach=True)
        optimiser.step()
        total += value.detach()
    return float(total) / settings.epoch_steps


def _validate(network: Network, batch: Batch, objective: Objective) -> float:
    """The loss over a whole batch, in slices that fit into the device's memory.

    Each is a mean over its observed targets, and counts by their number. Raises TrainingError when not even the
    smallest slice fits.
    """
    network.eval()
    rows = VALIDATION_ROWS
    while True:
        try:
            return _loss_in_slices(network, batch, objective, rows)
        except torch.OutOfMemoryError:
            if rows <= SMALLEST_BATCH:
                raise _no_room(f"{rows} windows of validation") from None
        rows //= 2
        torch.cuda.empty_cache()
        log.warning("the device has not enough memory for validation; it is done in slices of %d windows", rows)


def _loss_in_slices(network: Network, batch: Batch, objective: Objective, rows: int) -> float:
    total = torch.zeros((), dtype=torch.float64, device=batch.target.device)
    count = torch.zeros_like(total)
    with torch.inference_mode():
        for part in split(batch, math.ceil(len(batch.target) / rows)):
            forecast = network(part)[:, : network.trained_steps]
            steps = forecast.shape[1]
            weight = part.weight[:, :steps]
            observed = weight.sum(dtype=torch.float64)
            total += objective(forecast, part.target[:, :steps], weight) * observed
            count += observed
    return float(total / count.clamp(min=1.0))


def _no_room(what: str) -> TrainingError:
    return TrainingError(
        f"the device has not enough memory for {what}; lower model.hidden, model.layers or model.look_back, or train "
        "on a device with more memory"
    )


def _halved(batch_size: int, phase: Phase, epoch: int) -> int:
    """Half the batch, or the smallest; raises TrainingError below it."""
    where = f"a batch of {batch_size} windows in epoch {epoch} of {phase.name}"
    if batch_size <= SMALLEST_BATCH:
        raise _no_room(where)
    halved = max(SMALLEST_BATCH, batch_size // 2)
    log.warning("the device has not enough memory for %s; it is done again with %d", where, halved)
    return halved


def _refuse_divergence(phase: Phase, epoch: int, train_loss: float, validation_loss: float, rate: float) -> None:
    for name, value in (("training", train_loss), ("validation", validation_loss)):
        if not math.isfinite(value) or value > EXPLODED:
            raise DivergedError(
                f"the {name} loss of {phase.name} became {value} in epoch {epoch} at learning rate {rate:g}; lower "
                "training.learning_rate, or look for extreme values in the data"
            )


def _out_of_time(stopping: EarlyStopping, phase: Phase, deadline: Deadline) -> str:
    if stopping.epoch == 0:
        raise DeadlineError(
            f"the deadline passed after {deadline.seconds:.1f} s, before the first epoch of {phase.name} was complete; "
            "raise training.deadline or lower training.epoch_steps"
        )
    return "deadline"


def _why_stop(stopping: EarlyStopping, limit: int, deadline: Deadline, *, early: bool) -> str | None:
    if early and stopping.stop:
        return "early"
    if stopping.epoch >= limit:
        return "limit"
    return "deadline" if deadline.passed else None
