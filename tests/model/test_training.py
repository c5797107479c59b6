"""The training loop: scripted losses, divergence, deadlines, and going on after a kill to the last bit."""

import itertools

import numpy as np
import pytest
import torch

from lstm.config import Training
from lstm.errors import DeadlineError, DivergedError, ModelError
from lstm.model.checkpoint import pack, unpack
from lstm.model.inputs import Inputs, InputSettings
from lstm.model.loss import quantile_loss, squared_loss
from lstm.model.network import Network
from lstm.model.scaling import Standardiser
from lstm.model.training import Phase, Sampler, Watch, train_network
from panels import make_panel

LEVELS = torch.tensor([0.1, 0.5, 0.9])
NOTHING = Standardiser((), ())


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
    """A network whose validation losses are written down: it forecasts the square root of the next one."""

    def __init__(self, losses: list[float]) -> None:
        super().__init__()
        self.trained_steps = 2
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.register_buffer("epoch", torch.zeros(1))
        self._losses = losses

    def forward(self, batch):
        shape = (*batch.target.shape[:2], 1, 1)
        if self.training:
            return torch.ones(shape) * self.weight
        self.epoch += 1
        return torch.full(shape, self._losses[int(self.epoch) - 1]).sqrt()


def inputs_of(panel, look_back: int = 4) -> Inputs:
    settings = InputSettings(look_back, panel.horizon, "series", (), (), panel.cutoff, NOTHING, NOTHING, NOTHING)
    return Inputs(panel, settings, torch.device("cpu"))


def zero_panel():
    """All values 0, so that a squared error is the square of the forecast."""
    return make_panel({"a": np.zeros(30)}, horizon=2, cutoff=30)


def train(network, panel, *, settings, checkpoints=None, watch=None, loss=squared_loss, validate=True, rates=None):
    inputs = inputs_of(panel)
    rows = np.arange(5, 20)
    place = torch.zeros(5, dtype=torch.int64), torch.arange(20, 25)
    return train_network(
        network,
        inputs,
        Sampler.of(np.zeros(15), rows, torch.device("cpu")),
        inputs.gather(*place) if validate else None,
        levels=LEVELS if loss is quantile_loss else torch.tensor([0.5]),
        loss=loss,
        settings=settings,
        phase=Phase("scripted", 3, rates),
        checkpoints=checkpoints or Memory(),
        watch=watch or Watch(lambda: 0.0, None),
        on_epoch=lambda phase, row: None,
    )


QUICK = Training(epoch_steps=2, batch_size=4, patience=3, plateau_patience=1, learning_rate=1e-3)


def test_the_best_epoch_is_restored_and_the_rate_falls_on_the_validation_loss():
    """Losses 0.9 0.4 0.5 0.5 0.5: best epoch 2, stop after 5 (patience 3); plateau patience 1 halves after epoch 4."""
    network = Scripted([0.9, 0.4, 0.5, 0.5, 0.5, 0.1])
    trained = train(network, zero_panel(), settings=QUICK)
    assert (trained.best_epoch, trained.stopped, len(trained.history)) == (2, "early", 5)
    assert trained.best_loss == pytest.approx(0.4)
    assert [row.learning_rate for row in trained.history] == [1e-3] * 4 + [5e-4]
    assert float(network.epoch) == 2  # the buffer counts validations: the state of epoch 2 is back


def test_the_best_epoch_is_restored_when_the_limit_ends_training():
    """Case 65: five epochs at most, patience 5, best at epoch 3: the weights of epoch 3, not 5."""
    network = Scripted([0.9, 0.7, 0.5, 0.6, 0.55])
    trained = train(network, zero_panel(), settings=QUICK.model_copy(update={"patience": 5, "max_epochs": 5}))
    assert (trained.best_epoch, trained.stopped) == (3, "limit")
    assert float(network.epoch) == 3


def test_a_loss_that_is_not_finite_ends_training_with_a_clear_error():
    """Case 62: no weights that came out of a NaN are kept."""
    with pytest.raises(DivergedError, match=r"the validation loss of scripted became nan in epoch 2 .* lower training"):
        train(Scripted([0.5, float("nan")]), zero_panel(), settings=QUICK)


def test_a_deadline_takes_the_best_epoch_so_far():
    """The clock moves a second a look; the deadline passes during the third epoch or after it."""
    clock = itertools.count()
    trained = train(
        Scripted([0.5, 0.4, 0.6, 0.7, 0.8]), zero_panel(), settings=QUICK, watch=Watch(lambda: next(clock), 9.0)
    )
    assert trained.stopped == "deadline"
    assert trained.best_epoch == 2


def test_a_deadline_before_the_first_epoch_is_an_error():
    """There is no model to take."""
    clock = itertools.count()
    with pytest.raises(DeadlineError, match="before the first epoch of scripted was complete"):
        train(Scripted([0.5]), zero_panel(), settings=QUICK, watch=Watch(lambda: next(clock), 0.5))


def small_lstm():
    from lstm.model.network import SegmentedLSTM

    torch.manual_seed(7)
    return SegmentedLSTM(
        look_back=4, horizon=2, segment=2, hidden=8, layers=2, dropout=0.2, levels=3, targets=1, extras=1, ahead=0,
        known=0, static=0,
    )  # fmt: skip


def noisy_panel():
    return make_panel({"a": np.random.default_rng(1).normal(size=30)}, horizon=2, cutoff=30)


@pytest.mark.parametrize("epochs_before", [1, 3])
def test_an_interrupted_training_goes_on_to_the_same_bits(epochs_before):
    """Law: weights, history and stopping are those of a training that was never interrupted (dropout, two layers)."""
    settings = QUICK.model_copy(update={"max_epochs": 5, "patience": 5})
    whole = train(small_lstm(), noisy_panel(), settings=settings, loss=quantile_loss)
    memory = Memory(fail_after=epochs_before)
    with pytest.raises(KeyboardInterrupt):
        train(small_lstm(), noisy_panel(), settings=settings, loss=quantile_loss, checkpoints=memory)
    memory.fail_after = None
    resumed = train(small_lstm(), noisy_panel(), settings=settings, loss=quantile_loss, checkpoints=memory)
    assert memory.writes == 5  # no epoch was repeated
    assert resumed.history == whole.history
    assert all(torch.equal(resumed.weights[name], whole.weights[name]) for name in whole.weights)


def test_two_trainings_in_one_process_are_equal():
    """Case 69: the same seed gives the same weights, also the second time."""
    settings = QUICK.model_copy(update={"max_epochs": 2})
    first, second = (train(small_lstm(), noisy_panel(), settings=settings, loss=quantile_loss) for _ in range(2))
    assert all(torch.equal(first.weights[name], second.weights[name]) for name in first.weights)


def test_a_refit_repeats_the_rates_of_the_first_training():
    """A refit has no validation: it trains for as many epochs as it is given rates, and keeps the last weights."""
    trained = train(small_lstm(), noisy_panel(), settings=QUICK, loss=quantile_loss, validate=False, rates=(1e-3, 5e-4))
    assert [row.learning_rate for row in trained.history] == [1e-3, pytest.approx(5e-4)]
    assert trained.stopped == "limit"


def test_a_checkpoint_survives_packing():
    """Law: unpacking gives back what was packed, to the last bit, and packing again the same bytes."""
    memory = Memory()
    train(
        small_lstm(),
        noisy_panel(),
        settings=QUICK.model_copy(update={"max_epochs": 2}),
        loss=quantile_loss,
        checkpoints=memory,
    )
    content = memory.kept["scripted"]
    assert pack(unpack(content)) == content


@pytest.mark.parametrize(
    "content", [b"", b"\x80\x04.", b"not a checkpoint at all", b"\x02\x00\x00\x00\x00\x00\x00\x00{}"]
)
def test_other_bytes_are_refused(content):
    """Cases 67 and 68: a pickle or anything else is refused, never loaded."""
    with pytest.raises(ModelError, match="not a Nightcast checkpoint"):
        unpack(content)


def test_series_are_drawn_evenly_whatever_their_length():
    """One series has 3 windows, the other 97: each gets half of 2,000 draws, within four standard deviations (90)."""
    series = np.array([0] * 3 + [1] * 97)
    sampler = Sampler.of(series, np.arange(100), torch.device("cpu"))
    drawn = sampler.draw(10, 200, torch.Generator().manual_seed(0)).flatten().numpy()
    assert abs((series[drawn] == 0).sum() - 1000) < 90
    assert set(drawn[series[drawn] == 0]) == {0, 1, 2}
