"""Trainings in which the losses are written down, and windows that need no panel."""

from dataclasses import fields

import numpy as np
import torch

from lstm.config import Training
from lstm.model.network.batch import Batch
from lstm.model.network.loss import Objective, quantile_loss, squared_loss
from lstm.model.network.networks import Architecture, Network, SegmentedLSTM
from lstm.model.network.sampling import Examples, Sampler
from lstm.model.training.loop import train_network
from lstm.model.training.optimisation import Phase
from lstm.model.training.runtime import Deadline, Runtime

LEVELS = torch.tensor([0.1, 0.5, 0.9])


class Memory:
    """Checkpoints in memory; `fail_after` epochs the process dies before it could write."""

    def __init__(self, fail_after: int | None = None) -> None:
        self.kept: dict[str, bytes] = {}
        self.writes = 0
        self.fail_after = fail_after

    def read(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def write(self, name: str, content: bytes) -> None:
        if self.fail_after is not None and self.writes >= self.fail_after:
            raise KeyboardInterrupt
        self.writes += 1
        self.kept[name] = content


class Scripted(Network):
    """A network whose validation losses are written down, the start's first: it forecasts the next one's root.

    training_losses: written down too, by epoch; else of a weight that learns. Its buffer `epoch` counts validations, so
    that it tells of which epoch weights are: 1 of the start.
    """

    epoch: torch.Tensor

    def __init__(self, losses: list[float], training_losses: list[float] | None = None) -> None:
        super().__init__()
        self.trained_steps = 2
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.register_buffer("epoch", torch.zeros(1))
        self._losses, self._training_losses = losses, training_losses

    def forward(self, batch):
        shape = (*batch.target.shape[:2], 1, 1)
        if self.training and self._training_losses is not None:
            return torch.full(shape, self._training_losses[int(self.epoch) - 1]).sqrt() + 0.0 * self.weight
        if self.training:
            return torch.ones(shape) * self.weight
        self.epoch += 1
        return torch.full(shape, self._losses[int(self.epoch) - 1]).sqrt()


class FakeInputs:
    """Windows of one long series: the values as they are, NaN where not observed."""

    def __init__(self, values: np.ndarray, look_back: int = 4, horizon: int = 2) -> None:
        self.device = torch.device("cpu")
        self.look_back, self.horizon = look_back, horizon
        self._values = torch.from_numpy(values.astype(np.float32))
        self.gathered: list[int] = []

    def gather(self, series, rows):
        self.gathered.append(len(rows))
        window = self._values[rows[:, None] + torch.arange(1 - self.look_back, self.horizon + 1)][..., None]
        seen = (~window.isnan()).float()
        before, after = (part.split([self.look_back, self.horizon], dim=1) for part in (window.nan_to_num(), seen))
        given = {
            "history": before[0],
            "extras": after[0],
            "ahead": torch.zeros(len(rows), self.horizon, 0),
            "aligned": torch.zeros(len(rows), self.horizon, 1, 0),
            "static": torch.zeros(len(rows), 0),
            "target": before[1],
            "weight": after[1],
        }
        units = {field.name: torch.ones(len(rows), 1) for field in fields(Batch) if field.name not in given}
        return Batch(**given, **units)


ZEROS = np.zeros(30)  # a squared error is the square of the forecast
NOISE = np.random.default_rng(1).normal(size=30)
QUICK = Training(epoch_steps=2, batch_size=4, patience=3, plateau_patience=1, learning_rate=1e-3)
WIDE = QUICK.model_copy(update={"batch_size": 64, "max_epochs": 3, "patience": 5})
SMALL = Architecture(
    look_back=4, horizon=2, segment=2, hidden=8, layers=2, dropout=0.2, levels=3, targets=1, extras=1, ahead=0, known=0,
    static=0,
)  # fmt: skip


def small_lstm() -> SegmentedLSTM:
    torch.manual_seed(7)
    return SegmentedLSTM(SMALL)


def scripted_training(
    network,
    values,
    *,
    settings,
    checkpoints=None,
    deadline=None,
    loss=squared_loss,
    validate=True,
    rates=None,
    inputs=None,
):
    inputs = inputs or FakeInputs(values)
    place = torch.zeros(5, dtype=torch.int64), torch.arange(20, 25)
    sampler = Sampler.of(np.zeros(15), np.arange(5, 20), inputs.device)
    return train_network(
        network,
        Examples(inputs, sampler, inputs.gather(*place) if validate else None, settings.batch_size),
        Objective(loss, LEVELS if loss is quantile_loss else torch.tensor([0.5])),
        settings,
        Phase("scripted", 3, rates),
        Runtime(inputs.device, lambda: 0.0, checkpoints or Memory()),
        deadline or Deadline(lambda: 0.0, None),
    )
