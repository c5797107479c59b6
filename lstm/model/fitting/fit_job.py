"""What every part of a fit needs, and the windows that it works on."""

from dataclasses import dataclass

import numpy as np

from lstm.config import Model, Training
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Windows, all_windows
from lstm.model.forecaster.card import MemberCard, ModelCard
from lstm.model.forecaster.choices import Shape
from lstm.model.forecaster.rebuilt import input_settings
from lstm.model.network.batch import Batch, without_extras
from lstm.model.network.inputs import Inputs
from lstm.model.network.window_memory import bytes_of_window, windows_within
from lstm.model.training.runtime import Deadline, Runtime
from lstm.references import Contract

VALIDATION_WINDOWS = 4_096
RIDGE_WINDOWS = 40_000
RIDGE_VALUES = 60_000_000
GATHER = 2_048
GATHER_BYTES = 1 << 28
VALIDATION_BYTES = 1 << 29
Positions = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class FitSettings:
    """What a model is to be, from the pipeline file. seasons: season lengths in steps, shortest first.

    minimum: lower bound of all forecasts, in the target's unit. tuned_through: see `ModelCard`.
    """

    model: Model
    training: Training
    seasons: tuple[int, ...]
    contract: Contract
    minimum: float | None
    tuned_through: str = ""


@dataclass(frozen=True)
class FitJob:
    """The data, the settings and the runtime of one fit: what its parts are handed. batch_size: windows a batch."""

    panel: Panel
    windows: Windows
    settings: FitSettings
    shape: Shape
    runtime: Runtime
    deadline: Deadline
    batch_size: int

    @property
    def model(self) -> Model:
        """The network that the pipeline file asks for."""
        return self.settings.model

    @property
    def training(self) -> Training:
        """How the pipeline file has it trained."""
        return self.settings.training

    def training_windows(self) -> Positions:
        """(series, rows) of the train split."""
        train = self.windows.of("train")
        return self.long_enough(train.series, train.row)

    def validation_windows(self) -> Positions:
        """(series, rows) of at most `VALIDATION_WINDOWS` of validation, evenly spread, that fit into memory."""
        windows = self.windows.of("validation")
        series, rows = self.long_enough(windows.series, windows.row)
        most = max(VALIDATION_WINDOWS // self.panel.targets.shape[1], 1)
        chosen = evenly(len(rows), windows_within(VALIDATION_BYTES, self._window_bytes(), most))
        return series[chosen], rows[chosen]

    def all_windows(self) -> Positions:
        """(series, rows) of every window whose horizon ends by the cutoff."""
        return self.long_enough(*all_windows(self.panel))

    def long_enough(self, series: np.ndarray, rows: np.ndarray) -> Positions:
        """The windows with `Shape.steps_needed` steps up to their cutoff; all of them where none has."""
        enough = rows - self.panel.indptr[series] + 1 >= self.shape.steps_needed
        return (series[enough], rows[enough]) if enough.any() else (series, rows)

    def inputs(self, card: ModelCard, member: MemberCard, *, served: bool = False) -> Inputs:
        """The panel as a member reads it, with the scaling of its evaluated or its served weights."""
        weights = member.served if served else member.evaluated
        return Inputs(self.panel, input_settings(self.panel, card, member, weights), self.runtime.device)

    def ridge_batches(self, inputs: Inputs, series: np.ndarray, rows: np.ndarray) -> list[Batch]:
        """At most `RIDGE_WINDOWS` windows of one target each, evenly spread, in batches that fit into memory."""
        targets = self.panel.targets.shape[1]
        values = 2 * targets * (inputs.settings.look_back + inputs.settings.horizon)
        chosen = evenly(len(rows), max(min(RIDGE_WINDOWS // targets, RIDGE_VALUES // values), 1))
        return self.linear_batches(inputs, series[chosen], rows[chosen])

    def linear_batches(self, inputs: Inputs, series: np.ndarray, rows: np.ndarray) -> list[Batch]:
        """Batches that fit into memory, without what a linear skip does not read: the look-back of covariates."""
        at_once = windows_within(GATHER_BYTES, inputs.window_bytes, GATHER)
        parts = (slice(begin, begin + at_once) for begin in range(0, len(rows), at_once))
        return [without_extras(inputs.gather_at(series[part], rows[part])) for part in parts]

    def _window_bytes(self) -> int:
        """Of the view that looks back farthest."""
        panel, longest = self.panel, max(view.look_back for view in self.shape.views)
        return bytes_of_window(
            panel.targets.shape[1],
            panel.past.shape[1],
            panel.future.shape[1],
            longest,
            panel.horizon,
            len(self.shape.known),
        )


def evenly(count: int, limit: int) -> np.ndarray:
    """At most `limit` positions out of `count`, evenly spread."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).astype(np.int64))
