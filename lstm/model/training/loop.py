"""The training loop of one network: AdamW, clipped gradients, ReduceLROnPlateau, early stopping, a checkpoint an epoch.

An epoch is one evaluation interval of `epoch_steps` batches; epoch 0 is the start, which stays where no epoch beats it.
Nothing inside an epoch waits for the device.
"""

import logging
import math
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor

from lstm.config import Training
from lstm.errors import DeadlineError, DivergedError, ModelError, TrainingError
from lstm.model.network.loss import Objective
from lstm.model.network.networks import Network
from lstm.model.network.sampling import Examples
from lstm.model.training.checkpoint import Checkpoints, EpochRow, TrainingState, pack, torch_of, unpack
from lstm.model.training.cuda_graph import is_recorded
from lstm.model.training.device_memory import halved
from lstm.model.training.early_stopping import EarlyStopping
from lstm.model.training.optimisation import Optimisation, Phase
from lstm.model.training.runtime import Deadline, Runtime
from lstm.model.training.step import Steps
from lstm.model.training.validation import validation_loss

log = logging.getLogger(__name__)

EXPLODED = 1e6


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
    ranks, validation = runtime.ranks, examples.validation
    ranks.begin_alike(network)
    recorded = is_recorded(runtime.device, ranks)
    optimisation = Optimisation(network, settings, phase, runtime.device, ranks, recorded=recorded)
    steps = Steps(optimisation, examples, objective, ranks)
    state, checkpoint = _first_state(optimisation, examples, objective, runtime.checkpoints, deadline)
    best, stopping, history = state.best, state.stopping, state.history
    batch_size, stopped = state.batch_size, state.finished
    limit = settings.max_epochs if phase.rates is None else len(phase.rates)
    while stopped is None:
        rate = optimisation.begin_epoch(stopping.epoch)
        train_loss, batch_size = _epoch_that_fits(steps, optimisation, batch_size, deadline, checkpoint)
        if train_loss is None:
            stopped = _out_of_time(stopping, phase, deadline)
            break
        loss = train_loss if validation is None else validation_loss(network, validation, objective, ranks)
        _refuse_divergence(phase, stopping.epoch + 1, train_loss, loss, rate)
        stopping = stopping.after(loss)
        optimisation.end_epoch(stopping.epoch, loss)
        if stopping.improved or phase.rates is not None:
            best = optimisation.weights()
        trained_steps = stopping.epoch * settings.epoch_steps
        row = EpochRow(stopping.epoch, trained_steps, train_loss, loss, rate, deadline.seconds, batch_size)
        history.append(row)
        stopped = _why_stop(stopping, limit, deadline, early=phase.rates is None)
        checkpoint = pack(optimisation.state(best, stopping, batch_size, row.seconds, history, stopped))
        runtime.checkpoints.write(phase.name, checkpoint)
        runtime.on_epoch(phase.name, row)
    network.load_state_dict(best)
    network.eval()
    return Trained(best, tuple(history), stopping.best_epoch, stopping.best_loss, stopped)


def _first_state(
    optimisation: Optimisation,
    examples: Examples,
    objective: Objective,
    checkpoints: Checkpoints,
    deadline: Deadline,
) -> tuple[TrainingState, bytes]:
    """(the state that training goes on from, the same packed): the checkpoint's, else the start's, which is written."""
    network, settings, phase = optimisation.network, optimisation.settings, optimisation.phase
    validation = examples.validation
    content = checkpoints.read(phase.name)
    optimisation.ranks.agreed(True)  # nobody writes one before all have read
    if content is not None:
        try:
            state = unpack(content)
        except ModelError as error:  # no night is lost for a damaged checkpoint
            log.warning("%s begins anew, its checkpoint cannot be used: %s", phase.name, error)
        else:
            optimisation.restore(state)
            deadline.goes_on_from(state.seconds)
            log.info("%s goes on after epoch %d", phase.name, state.stopping.epoch)
            begun_with = torch_of(content)
            if begun_with != torch.__version__:
                log.warning(
                    "%s was begun with torch %s and goes on with %s; the last bits of its weights may be others",
                    phase.name, begun_with or "of an unknown version", torch.__version__,
                )  # fmt: skip
            return state, content
    start = EarlyStopping(settings.patience)
    if validation is not None:
        start = start.from_start(validation_loss(network, validation, objective, optimisation.ranks))
        optimisation.plateau.step(start.best_loss)
        log.info("%s starts at a validation loss of %.4f", phase.name, start.best_loss)
    finished = "limit" if phase.rates == () else None
    state = optimisation.state(optimisation.weights(), start, examples.batch_size, deadline.seconds, [], finished)
    content = pack(state)
    checkpoints.write(phase.name, content)
    return state, content


def _epoch_that_fits(
    steps: Steps, optimisation: Optimisation, batch_size: int, deadline: Deadline, checkpoint: bytes
) -> tuple[float | None, int]:
    """(mean training loss of an epoch, None when the deadline passed inside it; the batch size that fitted).

    Every try begins at the checkpoint, so that nothing of one that did not fit is left.
    """
    while True:
        with suppress(torch.OutOfMemoryError):
            return steps.epoch(batch_size, deadline), batch_size
        # Not in an `except`, which would hold the tensors of the batch that did not fit.
        state = unpack(checkpoint)
        batch = f"a batch of {batch_size} windows in epoch {state.stopping.epoch + 1} of {optimisation.phase.name}"
        if optimisation.ranks.size > 1:
            raise TrainingError(f"a device has not enough memory for its part of {batch}; lower training.batch_size")
        batch_size = halved(batch_size, batch)
        log.warning("the device has not enough memory for %s; it is done again with %d", batch, batch_size)
        optimisation.restore(state)
        optimisation.begin_epoch(state.stopping.epoch)
        steps.forget()
        torch.cuda.empty_cache()


def _refuse_divergence(phase: Phase, epoch: int, train_loss: float, validated_loss: float, rate: float) -> None:
    for name, loss in (("training", train_loss), ("validation", validated_loss)):
        if not math.isfinite(loss) or loss > EXPLODED:
            raise DivergedError(
                f"the {name} loss of {phase.name} became {loss} in epoch {epoch} at learning rate {rate:g}; lower "
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
