"""A step of training on a device, by batch: how long it takes, and what the device could do in that time."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from statistics import median
from typing import Any

import torch
from torch import Tensor

from benchmarks.made_panel import make_panel
from benchmarks.paced import fitted_for, paced
from benchmarks.trial import LEVELS, split_windows
from lstm.config import Training
from lstm.data.panel.panel import Panel
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.forecaster.rebuilt import build_network, input_settings
from lstm.model.network.inputs import Inputs
from lstm.model.network.loss import Objective, quantile_loss
from lstm.model.network.networks import Network, SegmentedLSTM
from lstm.model.network.sampling import Examples, Sampler
from lstm.model.training.optimisation import Optimisation, Phase
from lstm.model.training.ranks import ALONE
from lstm.model.training.runtime import Deadline
from lstm.model.training.step import Steps

WAYS = ("called", "recorded", "compiled")
BATCHES = (256, 1_024, 4_096, 16_384)
SERIES, STEPS, HORIZON = 1_000, 1_000, 48
EPOCHS = 5
# Of a weight: read, its gradient written and read, both moments read and written, and the weight written.
PASSES_OF_A_WEIGHT = 8
OPERATIONS_OF_A_WEIGHT = 6  # a product and a sum, forward once and backward twice


@dataclass(frozen=True)
class Limits:
    """What a device can do: operations and bytes a second."""

    arithmetic: float
    memory: float


@dataclass(frozen=True)
class Step:
    """A step of one batch size, done one way. operations, bytes: the least that it takes. fault: why there is none."""

    batch: int
    way: str
    seconds: float = 0.0
    operations: float = 0.0
    bytes: float = 0.0
    fault: str = ""


def measured_limits(device: torch.device, *, small: bool) -> Limits:
    """By a product of two matrices in float32, and by a copy."""
    size, count = (256, 1 << 18) if small else (8_192, 1 << 28)
    left = torch.ones(size, size, device=device)
    source, target = torch.ones(count, device=device), torch.empty(count, device=device)
    product = _seconds(lambda: left @ left, device)
    copy = _seconds(lambda: target.copy_(source), device)
    return Limits(2 * size**3 / product, 2 * source.nbytes / copy)


def steps(device: torch.device, *, small: bool, ways: list[str]) -> Iterator[Step]:
    """Every batch size, each way."""
    panel = make_panel(SERIES // (50 if small else 1), STEPS // (2 if small else 1), frequency="h", horizon=HORIZON)
    # A model that is hardly trained tells the shape that the library chose.
    model = fitted_for(panel, {"members": 1}, paced(16, 1, 1), threads=torch.get_num_threads()).forecaster
    for batch in (16, 32) if small else BATCHES:
        for way in ways:
            try:
                yield _step(model, panel, device, batch, way, epoch_steps=4 if small else 100)
            except (RuntimeError, torch.OutOfMemoryError) as error:
                yield Step(batch, way, fault=f"{type(error).__name__}: {str(error).splitlines()[0][:80]}")


def _step(model: Forecaster, panel: Panel, device: torch.device, batch: int, way: str, epoch_steps: int) -> Step:
    member = model.card.members[0]
    readable = model.readable(panel)
    inputs = Inputs(readable, input_settings(readable, model.card, member, member.evaluated), device)
    network = build_network(model.card, member).to(device)
    train = split_windows(panel, panel.horizon).of("train")
    examples = Examples(inputs, Sampler.of(train.series, train.row, device), None, batch)
    settings, recorded = Training(epoch_steps=epoch_steps), way == "recorded"
    optimisation = Optimisation(network, settings, Phase("benchmark", 1), device, recorded=recorded)
    if way == "compiled":
        optimisation.network = _compiled(network)
    loop = Steps(optimisation, examples, Objective(quantile_loss, torch.tensor(LEVELS, device=device)), ALONE)
    seconds = [_timed(lambda: loop.epoch(batch, Deadline(time.monotonic, None)), device) for _ in range(EPOCHS + 1)]
    gathered = inputs.gather(examples.sampler.series[:1], examples.sampler.rows[:1])
    window_bytes = sum(getattr(gathered, field.name).nbytes for field in fields(gathered))
    weights = sum(parameter.nbytes for parameter in network.parameters())
    return Step(
        batch,
        way,
        seconds=median(seconds[1:]) / epoch_steps,  # the first records or compiles
        operations=OPERATIONS_OF_A_WEIGHT * batch * _uses(network, member.look_back),
        bytes=2 * batch * window_bytes + PASSES_OF_A_WEIGHT * weights,
    )


def _compiled(network: Network) -> Any:
    torch._dynamo.config.allow_rnn = True
    return torch.compile(network, mode="reduce-overhead" if torch.cuda.is_available() else "default")


def _uses(network: Network, look_back: int) -> int:
    """How many weights a window is multiplied by, those of embedding and LSTM once a segment."""
    assert isinstance(network, SegmentedLSTM)
    segments = -(-look_back // network.segment)

    def uses(name: str, weight: Tensor) -> int:
        return weight.numel() * (segments if name.startswith(("embed", "lstm")) else 1)

    return sum(uses(name, weight) for name, weight in network.named_parameters() if weight.dim() > 1)


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    """The median of some tries, after one that does not count."""
    return median([_timed(work, device) for _ in range(6)][1:])


def _timed(work: Callable[[], object], device: torch.device) -> float:
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began
