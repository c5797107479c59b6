"""The training loop of one network: AdamW, clipped gradients, ReduceLROnPlateau, early stopping, a checkpoint an epoch.

An epoch is one evaluation interval of `epoch_steps` batches. Nothing inside an epoch waits for the device.
"""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from lstm.config import Training
from lstm.errors import DeadlineError, DivergedError
from lstm.model.checkpoint import Checkpoints, EpochRow, TrainingState, pack, unpack
from lstm.model.inputs import Batch, Inputs
from lstm.model.network import Network
from lstm.model.stopping import EarlyStopping

log = logging.getLogger(__name__)

EXPLODED = 1e6
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Sampler:
    """Draws a series evenly, then one of its windows evenly.

    series, rows: int64 (N), sorted by series. first, count: where each distinct series' windows lie.
    """

    series: Tensor
    rows: Tensor
    first: Tensor
    count: Tensor

    @classmethod
    def of(cls, series: np.ndarray, rows: np.ndarray, device: torch.device) -> "Sampler":
        """A sampler of windows that are sorted by series."""
        _, first, count = np.unique(series, return_index=True, return_counts=True)
        arrays = (series, rows, first, count)
        return cls(*(torch.from_numpy(np.asarray(array, dtype=np.int64)).to(device) for array in arrays))

    def draw(self, batches: int, size: int, generator: torch.Generator) -> Tensor:
        """int64 (batches, size): positions of windows, drawn on the CPU so that the device does not matter."""
        uniform = torch.rand(2, batches, size, generator=generator, dtype=torch.float64).to(self.first.device)
        chosen = (uniform[0] * len(self.first)).long().clamp_(max=len(self.first) - 1)
        within = (uniform[1] * self.count[chosen]).long()
        return self.first[chosen] + torch.minimum(within, self.count[chosen] - 1)


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
    """A trained network's weights (those of the best epoch) and its history. stopped: early, limit or deadline."""

    weights: dict[str, Tensor]
    history: tuple[EpochRow, ...]
    best_epoch: int
    best_loss: float
    stopped: str


class Watch:
    """Seconds of training over all processes that took part; the clock is handed in. deadline: in the same seconds."""

    def __init__(self, clock: Callable[[], float], deadline: float | None) -> None:
        self._clock, self._deadline = clock, deadline
        self._began, self._before = clock(), 0.0

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return self._before + self._clock() - self._began

    def goes_on_from(self, seconds: float) -> None:
        """Counts what an earlier process has spent already."""
        self._before = max(self._before, seconds - (self._clock() - self._began))

    @property
    def expired(self) -> bool:
        """True when the deadline has passed."""
        return self._deadline is not None and self.seconds >= self._deadline


def train_network(
    network: Network,
    inputs: Inputs,
    sampler: Sampler,
    validation: Batch | None,
    *,
    levels: Tensor,
    loss: Loss,
    settings: Training,
    phase: Phase,
    checkpoints: Checkpoints,
    watch: Watch,
    on_epoch: Callable[[str, EpochRow], None],
) -> Trained:
    """Trains until early stopping, the epoch limit or the deadline, and leaves the best weights in `network`.

    Goes on from the checkpoint of the phase where there is one, to the same result as without the interruption.
    Raises DivergedError when a loss is not finite or explodes, DeadlineError when no epoch was completed in time.
    """
    optimiser = torch.optim.AdamW(
        _groups(network, settings.learning_rate), weight_decay=settings.weight_decay, fused=True
    )
    plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimiser, factor=settings.plateau_factor, patience=settings.plateau_patience
    )
    generator = torch.Generator().manual_seed(phase.seed)
    torch.manual_seed(phase.seed)
    state = _resume(checkpoints.read(phase.name), network, optimiser, plateau, generator)
    stopping, history, best = EarlyStopping(settings.patience), [], _copy(network)
    if state is not None:
        stopping, history, best = state.stopping, state.history, state.best
        watch.goes_on_from(history[-1].seconds)
        log.info("%s goes on after epoch %d", phase.name, stopping.epoch)
    stopped = state.finished if state is not None else None
    limit = len(phase.rates) if phase.rates is not None else settings.max_epochs
    while stopped is None:
        if phase.rates is not None:
            _set_rate(optimiser, phase.rates[stopping.epoch])
        rate = float(optimiser.param_groups[0]["lr"])
        train_loss = _epoch(network, inputs, sampler, optimiser, levels, loss, settings, generator, watch)
        if train_loss is None:
            stopped = _out_of_time(stopping, phase, watch)
            break
        validation_loss = train_loss if validation is None else _validate(network, validation, levels, loss)
        _refuse_divergence(phase, stopping.epoch + 1, train_loss, validation_loss, rate)
        stopping = stopping.after(validation_loss)
        if phase.rates is None:
            plateau.step(validation_loss)
        if stopping.improved or phase.rates is not None:
            best = _copy(network)
        row = EpochRow(
            stopping.epoch, stopping.epoch * settings.epoch_steps, train_loss, validation_loss, rate, watch.seconds
        )
        history.append(row)
        stopped = _why_stop(stopping, limit, watch, early=phase.rates is None)
        checkpoints.write(
            phase.name,
            pack(
                TrainingState(
                    _copy(network), best, optimiser.state_dict(), plateau.state_dict(), stopping,
                    generator.get_state(), torch.get_rng_state(), history, stopped,
                )
            ),
        )  # fmt: skip
        on_epoch(phase.name, row)
    network.load_state_dict(best)
    network.eval()
    return Trained(best, tuple(history), stopping.best_epoch, stopping.best_loss, stopped)


def _groups(network: Network, rate: float) -> list[dict[str, object]]:
    """Parameter groups: those that start at a closed form learn more slowly and do not decay."""
    # A parameter without elements has no optimiser state, which would leave a hole in the checkpoint.
    slow = [(parameter, share) for parameter, share in network.slow_parameters() if parameter.numel()]
    ids = {id(parameter) for parameter, _ in network.slow_parameters()}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in ids]
    each = [{"params": [parameter], "lr": rate * share, "weight_decay": 0.0} for parameter, share in slow]
    return [{"params": rest, "lr": rate}, *each]


def _set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    first = float(optimiser.param_groups[0]["lr"])
    for group in optimiser.param_groups:
        group["lr"] = group["lr"] / first * rate


def _resume(
    content: bytes | None,
    network: Network,
    optimiser: torch.optim.Optimizer,
    plateau: torch.optim.lr_scheduler.ReduceLROnPlateau,
    generator: torch.Generator,
) -> TrainingState | None:
    if content is None:
        return None
    state = unpack(content)
    network.load_state_dict(state.weights)
    optimiser.load_state_dict(state.optimiser)
    plateau.load_state_dict(state.plateau)
    generator.set_state(state.sampling)
    torch.set_rng_state(state.dropout)
    return state


def _copy(network: Network) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def _epoch(
    network: Network,
    inputs: Inputs,
    sampler: Sampler,
    optimiser: torch.optim.Optimizer,
    levels: Tensor,
    loss: Loss,
    settings: Training,
    generator: torch.Generator,
    watch: Watch,
) -> float | None:
    """Mean training loss of one epoch; None when the deadline passed inside it."""
    network.train()
    drawn = sampler.draw(settings.epoch_steps, settings.batch_size, generator)
    total = torch.zeros((), device=inputs.device)
    for positions in drawn:
        if watch.expired:
            return None
        batch = inputs.gather(sampler.series[positions], sampler.rows[positions])
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=inputs.device.type == "cuda"):
            forecast = network(batch)
        steps = forecast.shape[1]
        value = loss(forecast.float(), batch.target[:, :steps], batch.weight[:, :steps], levels)
        optimiser.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), settings.clip)
        optimiser.step()
        total += value.detach()
    return float(total) / settings.epoch_steps


def _validate(network: Network, batch: Batch, levels: Tensor, loss: Loss) -> float:
    network.eval()
    with torch.inference_mode():
        forecast = network(batch)[:, : network.trained_steps]
        steps = forecast.shape[1]
        return float(loss(forecast, batch.target[:, :steps], batch.weight[:, :steps], levels))


def _refuse_divergence(phase: Phase, epoch: int, train_loss: float, validation_loss: float, rate: float) -> None:
    for name, value in (("training", train_loss), ("validation", validation_loss)):
        if not math.isfinite(value) or value > EXPLODED:
            raise DivergedError(
                f"the {name} loss of {phase.name} became {value} in epoch {epoch} at learning rate {rate:g}; lower "
                "training.learning_rate, or look for extreme values in the data"
            )


def _out_of_time(stopping: EarlyStopping, phase: Phase, watch: Watch) -> str:
    if stopping.epoch == 0:
        raise DeadlineError(
            f"the deadline passed after {watch.seconds:.1f} s, before the first epoch of {phase.name} was complete; "
            "raise training.deadline or lower training.epoch_steps"
        )
    return "deadline"


def _why_stop(stopping: EarlyStopping, limit: int, watch: Watch, *, early: bool) -> str | None:
    if early and stopping.stop:
        return "early"
    if stopping.epoch >= limit:
        return "limit"
    return "deadline" if watch.expired else None
