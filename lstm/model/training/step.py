"""One step of training, and the steps of an epoch. Nothing in them waits for the device."""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from lstm.model.network.batch import Batch
from lstm.model.network.loss import Objective
from lstm.model.network.sampling import Examples, gathered
from lstm.model.training.cuda_graph import Recorded
from lstm.model.training.optimisation import Optimisation
from lstm.model.training.ranks import Ranks
from lstm.model.training.runtime import Deadline


class Steps:
    """The steps of one training of one network."""

    def __init__(self, optimisation: Optimisation, examples: Examples, objective: Objective, ranks: Ranks) -> None:
        self._optimisation, self._examples, self._objective, self._ranks = optimisation, examples, objective, ranks
        self._parameters = list(optimisation.network.parameters())
        self._total = torch.zeros((), device=examples.inputs.device)
        self._drawn = torch.zeros(0, dtype=torch.int64)
        self._recorded: Recorded | None = None

    def epoch(self, batch_size: int, deadline: Deadline) -> float | None:
        """Mean training loss of the steps of one epoch; None when the deadline passed inside it.

        Several ranks ask for the time before the first step only: to agree on it costs as much as a step's sum.
        """
        optimisation, sampler = self._optimisation, self._examples.sampler
        optimisation.network.train()
        self._total.zero_()
        steps = optimisation.settings.epoch_steps
        positions = self._ranks.part(sampler.draw(steps, batch_size, optimisation.generator))
        for number, step in enumerate(self._steps(positions)):
            if (number == 0 or self._ranks.size == 1) and deadline.passed:
                return None
            step()
        return float(self._total) / steps

    def forget(self) -> None:
        """Lets go of what the device repeats, and of its memory: others have taken the place of its tensors."""
        self._recorded = None

    def _steps(self, positions: Tensor) -> Iterator[Callable[[], None]]:
        """What does a step with the windows at each row of positions (steps, size)."""
        if not self._optimisation.recorded:
            for batch in gathered(self._examples.inputs, self._examples.sampler, positions):
                yield partial(self._learn, batch)
            return
        if self._recorded is None or self._drawn.shape != positions.shape[1:]:
            self._drawn = torch.empty_like(positions[0])
            self._recorded = Recorded(self._learn_drawn, self._examples.inputs.device)
        for drawn in positions:
            self._drawn.copy_(drawn)
            yield self._recorded

    def _learn_drawn(self) -> None:
        """A step with the windows whose positions were put into the buffer."""
        inputs, sampler = self._examples.inputs, self._examples.sampler
        self._learn(inputs.gather(sampler.series[self._drawn], sampler.rows[self._drawn]))

    def _learn(self, batch: Batch) -> None:
        """Moves the weights by one batch, and adds its loss to the total."""
        optimisation = self._optimisation
        forecast: Tensor = optimisation.network(batch)
        target, weight = (part[:, : forecast.shape[1]] for part in (batch.target, batch.weight))
        loss = self._objective(forecast, target, weight)
        optimisation.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        loss = self._ranks.as_one(loss.detach(), weight, self._parameters)
        nn.utils.clip_grad_norm_(self._parameters, optimisation.settings.clip, foreach=True)
        optimisation.optimiser.step()
        self._total += loss
