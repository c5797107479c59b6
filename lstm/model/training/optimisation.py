"""What a step of training moves, and a checkpoint keeps: weights, optimiser, learning rate and random generators."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from lstm.config import Training
from lstm.model.network.networks import Network
from lstm.model.training.adamw import AdamW
from lstm.model.training.checkpoint import EpochRow, TrainingState
from lstm.model.training.early_stopping import EarlyStopping
from lstm.model.training.ranks import ALONE, Ranks

WARM_UP = 4  # epochs over which the learning rate rises to its full height


@dataclass(frozen=True)
class Phase:
    """One training of one network. name: of its checkpoint. seed: of its sampling and dropout.

    rates: for a refit, the learning rate of each epoch; it then trains for exactly these and is not validated.
    """

    name: str
    seed: int
    rates: tuple[float, ...] | None = None


class Optimisation:
    """AdamW on the weights of a network, the learning rate's schedule, and the generators of sampling and dropout.

    recorded: whether its steps are repeated by the device, so that rates have to lie there; see `Recorded`.
    """

    def __init__(
        self,
        network: Network,
        settings: Training,
        phase: Phase,
        device: torch.device,
        ranks: Ranks = ALONE,
        *,
        recorded: bool = False,
    ) -> None:
        self.network, self.settings, self.phase, self.device, self.ranks = network, settings, phase, device, ranks
        self.recorded = recorded
        self.optimiser = AdamW(
            _parameter_groups(network, settings.learning_rate),
            weight_decay=settings.weight_decay,
            fused=True,
            capturable=recorded,
        )
        self._put_rates()
        self.plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimiser, factor=settings.plateau_factor, patience=settings.plateau_patience
        )
        self.generator = torch.Generator().manual_seed(phase.seed)
        torch.manual_seed(phase.seed)

    def begin_epoch(self, epoch: int) -> float:
        """The learning rate of the epoch after `epoch`, which is set here in a refit and in the warm-up.

        The first epochs are careful: where little improves on the start, it is reached by small steps or not at all.
        """
        fixed: float | None = None
        if self.phase.rates is not None:
            fixed = self.phase.rates[epoch]
        elif epoch < WARM_UP:
            fixed = self.settings.learning_rate * (epoch + 1) / WARM_UP
        if fixed is not None:
            for group in self.optimiser.param_groups:
                self._set_rate(group, group["share"] * fixed)
        # The ranks blank other values of their windows. Theirs is no state that a checkpoint of the first could keep.
        if self.ranks.size > 1:
            torch.manual_seed(self.ranks.seed(self.phase.seed, epoch))
        return float(self.optimiser.param_groups[0]["lr"])

    def _set_rate(self, group: dict[str, Any], rate: float) -> None:
        if self.recorded:
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate

    def _put_rates(self) -> None:
        """The rates as tensors on the device, where its steps look for them."""
        if self.recorded:
            for group in self.optimiser.param_groups:
                group["lr"] = torch.tensor(float(group["lr"]), device=self.device)

    def end_epoch(self, epoch: int, validation_loss: float) -> None:
        """Lowers the learning rate where the validation loss rests, but no rate that `begin_epoch` has set."""
        if self.phase.rates is None and epoch >= WARM_UP:
            self.plateau.step(validation_loss)

    def weights(self) -> dict[str, Tensor]:
        """A copy of the network's weights as they are."""
        return {name: tensor.detach().clone() for name, tensor in self.network.state_dict().items()}

    def state(
        self,
        best: dict[str, Tensor],
        stopping: EarlyStopping,
        batch_size: int,
        seconds: float,
        history: list[EpochRow],
        finished: str | None,
    ) -> TrainingState:
        """What a checkpoint keeps: all that is moved as it is, with what the loop knows; see `TrainingState`."""
        cuda = torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None
        optimiser = self.optimiser.state_dict()
        return TrainingState(
            weights=self.weights(),
            best=best,
            optimiser=optimiser | {"param_groups": _plain(optimiser["param_groups"])},
            plateau=_plain(self.plateau.state_dict()),
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
        """Puts the state of a checkpoint back."""
        self.optimiser.zero_grad(set_to_none=True)
        self.network.load_state_dict(state.weights)
        self.optimiser.load_state_dict(state.optimiser)
        self._put_rates()
        self.plateau.load_state_dict(state.plateau)
        self.generator.set_state(state.sampling)
        torch.set_rng_state(state.dropout)
        if state.dropout_cuda is not None and self.device.type == "cuda":
            torch.cuda.set_rng_state(state.dropout_cuda, self.device)


def _plain(value: Any) -> Any:
    """A part of a state as JSON has it: rates that are tensors as numbers."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return float(value) if isinstance(value, Tensor) else value


def _parameter_groups(network: Network, rate: float) -> list[dict[str, object]]:
    """Parameter groups: those that start at a closed form learn at a share of the rate and do not decay.

    One a share: the optimiser launches its kernel once a group.
    """
    ids = {id(parameter) for parameter, _ in network.slow_parameters()}
    rest = [parameter for parameter in network.parameters() if id(parameter) not in ids]
    by_share: dict[float, list[nn.Parameter]] = {}
    for parameter, share in network.slow_parameters():
        # A parameter without elements has no optimiser state, which would leave a hole in the checkpoint.
        if parameter.numel():
            by_share.setdefault(share, []).append(parameter)
    slow = [
        {"params": part, "share": share, "lr": rate * share, "weight_decay": 0.0} for share, part in by_share.items()
    ]
    return [{"params": rest, "share": 1.0, "lr": rate}, *slow]
