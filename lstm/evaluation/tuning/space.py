"""The space of settings that are tried, by rule from the data and the automatic choices; see `Tuning.ranges`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lstm.config import Between, Model, Training, Tuning
from lstm.config.tuning import AUTOMATIC, WHOLE, table_of
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Windows
from lstm.model.fitting.yardstick import positive_targets
from lstm.model.forecaster.choices import HIDDEN, LONGEST_LOOK_BACK, choose_shape

# A key of [model] or [training] and its value; None leaves it out, for the rule that follows from the data.
Values = dict[str, Any]

DIGITS = 2  # of a number that is drawn: more say nothing, and are hard to read in a file
LOOK_BACKS = (0.5, 2.0, 3.0)  # times that of one automatic network
LOOK_BACKS_IN_TRAINING = 2  # at least, of the median series
SEGMENTS = (0.5, 2.0)


class Draws(Protocol):
    """What draws a value of a range, such as a trial of Optuna."""

    def suggest_categorical(self, name: str, choices: tuple[Any, ...]) -> Any:
        """One of the choices."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool) -> float:
        """A number between two, both included."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool) -> int:
        """A whole number between two, both included."""


@dataclass(frozen=True)
class Dimension:
    """What is tried of a key: some values, or every number between two."""

    name: str
    tried: Between | tuple[Any, ...]

    def holds(self, value: object) -> bool:
        """Whether a value can be drawn."""
        if not isinstance(self.tried, Between):
            return value in self.tried
        return isinstance(value, int | float) and self.tried.low <= value <= self.tried.high

    def drawn(self, draws: Draws) -> Any:
        """A value, numbers with two digits."""
        if not isinstance(self.tried, Between):
            return draws.suggest_categorical(self.name, self.tried)
        low, high, log = self.tried.low, self.tried.high, self.tried.log
        if self.name in WHOLE:
            return draws.suggest_int(self.name, int(low), int(high), log=log)
        return min(max(float(f"{draws.suggest_float(self.name, low, high, log=log):.{DIGITS}g}"), low), high)


def space_of(panel: Panel, windows: Windows, model: Model, tuning: Tuning, seasons: tuple[int, ...]) -> list[Dimension]:
    """What is tried, by key: what the file's ranges say, else what follows from the data. Empty ranges are left out.

    panel, windows: that trials read.
    """
    by_rule = _by_rule(panel, windows, model, seasons)
    ranges: dict[str, Between | tuple[Any, ...]] = dict(by_rule)
    for name, tried in tuning.ranges.items():
        ranges[name] = tried if isinstance(tried, Between) else tuple(map(_or_none, tried))
    return [Dimension(name, tried) for name, tried in ranges.items() if tried != ()]


def _or_none(value: bool | int | float | str) -> object:
    return None if value == AUTOMATIC else value


def longest_look_back(space: list[Dimension], automatic: int) -> int:
    """Steps of the longest look-back that is tried. automatic: that of a network without the key."""
    tried = next((part.tried for part in space if part.name == "look_back"), (None,))
    if isinstance(tried, Between):
        return int(tried.high)
    return max(automatic if steps is None else steps for steps in tried)


def _by_rule(
    panel: Panel, windows: Windows, model: Model, seasons: tuple[int, ...]
) -> dict[str, Between | tuple[Any, ...]]:
    # Where the rule would choose the same for one network and for several, its own choice is tried by leaving the key
    # out: a look-back that is named holds for all networks of a model, which else read differently far.
    automatic = Model(kind=model.kind, members=1)
    (view,) = choose_shape(panel, windows, automatic, seasons).views
    history = int(np.median(windows.splits.train_end - panel.start + 1))
    most = min(history // LOOK_BACKS_IN_TRAINING, LONGEST_LOOK_BACK)
    ranges: dict[str, Between | tuple[Any, ...]] = {
        "look_back": (None, *(steps for steps in _multiples(view.look_back, LOOK_BACKS) if steps <= most)),
        "hidden": (HIDDEN // 4, HIDDEN // 2, HIDDEN, 2 * HIDDEN),
        "layers": (1, 2),
        "dropout": Between(low=0.0, high=0.4),
        "learning_rate": Between(low=3e-4, high=1e-2, log=True),
        "weight_decay": Between(low=1e-5, high=1e-1, log=True),
    }
    if model.kind == "segmented":
        ranges["segment"] = (None, *_multiples(view.segment, SEGMENTS))
    if model.kind != "textbook":
        ranges |= {"attention": (False, True), "bidirectional": (False, True), "loss": (None, "huber")}
        if positive_targets(panel).all():
            ranges["transform"] = (None, "log", "identity")
    return ranges


def _multiples(size: int, times: tuple[float, ...]) -> tuple[int, ...]:
    """Whole multiples of a length, rising, each once."""
    return tuple(sorted({max(round(size * factor), 1) for factor in times}))


def present(model: Model, training: Training, names: list[str]) -> Values:
    """What the pipeline file says of some keys; its defaults where it says nothing."""
    settings: Mapping[str, Any] = {**training.model_dump(), **model.model_dump()}
    values = {name: settings[name] for name in names}
    if "hidden" in values and values["hidden"] is None and model.kind != "textbook":
        values["hidden"] = HIDDEN
    return values


def with_values(model: Model, training: Training, values: Values) -> tuple[Model, Training]:
    """The settings with some keys set anew. Raises pydantic's ValidationError for what does not go together."""
    changed: dict[str, dict[str, Any]] = {"model": model.model_dump(), "training": training.model_dump()}
    for name, value in values.items():
        changed[table_of(name)][name] = value
    return Model.model_validate(changed["model"]), Training.model_validate(changed["training"])
