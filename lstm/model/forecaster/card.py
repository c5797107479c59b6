"""The model card, `model.json`: what a model is made of, enough to load it without running code."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from lstm.model.forecaster.choices import Choice
from lstm.references import Contract

FORMAT = 2


class CardPart(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StandardiserCard(CardPart):
    """Mean and std by channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


class WeightsCard(CardPart):
    """One set of weights of a member: its tensors' prefix and what its scaling and weights have read.

    trained_through: a time as text (`Frequency.text`). steps: batches trained.
    """

    prefix: str
    steps: int
    trained_through: str
    past: StandardiserCard
    future: StandardiserCard
    static: StandardiserCard


class MemberCard(CardPart):
    """One network. `served` differs from `evaluated` when the model was refitted on everything."""

    kind: Literal["segmented", "stepwise", "textbook"]
    seed: int
    normalisation: Literal["mean_std", "last_value", "series"]
    look_back: int
    segment: int
    hidden: int
    layers: int
    bidirectional: bool
    attention: bool
    dropout: float
    penalty: float | None
    best_epoch: int
    validation_loss: float
    stopped: Literal["early", "limit", "deadline"]
    evaluated: WeightsCard
    served: WeightsCard


class ImputationCard(CardPart):
    """How the gaps of a target are filled; see `Imputation`."""

    season: int = 0
    carried: int = 0


class ModelCard(CardPart):
    """All that `model.json` says of a trained model: its contract, inputs, members and calibration.

    calibration, served_calibration: (H, Q, C) offsets in units of the first member's window scale, added to each
    quantile of the evaluated and of the served weights. logs, channels, known, aligned: see `InputSettings`.
    imputations: by target; none in cards of models that always carry the last value forward. static_categories: of each
    static covariate the texts that it was trained with, see `Panel`; no entry in cards of before. levels: quantile
    levels that the networks forecast; none when they forecast one number. steps_needed: see `Shape`. trained_through,
    served_through: see ModelRef. tuned_through: newest target time that the choice of its settings has read; empty
    where they were not tuned. refit, warm_start: what was done.
    """

    format: int = FORMAT
    contract: Contract
    past_names: tuple[str, ...]
    future_names: tuple[str, ...]
    static_names: tuple[str, ...]
    static_categories: tuple[tuple[str, ...], ...] = ()
    known: tuple[int, ...]
    aligned: tuple[tuple[int, int], ...]
    logs: tuple[bool, ...]
    imputations: tuple[ImputationCard, ...] = ()
    channels: Literal["joint", "shared"]
    loss: Literal["quantile", "huber", "squared"]
    levels: tuple[float, ...]
    steps_needed: int
    minimum: float | None
    members: tuple[MemberCard, ...]
    calibration: tuple[tuple[tuple[float, ...], ...], ...]
    served_calibration: tuple[tuple[tuple[float, ...], ...], ...]
    trained_through: str
    served_through: str
    tuned_through: str = ""
    refit: str
    warm_start: str
    choices: tuple[Choice, ...]
    panel: str
    windows: str
    threads: int
    ranks: int = 1
    device: str
    versions: dict[str, str]

    @property
    def cut_short(self) -> str:
        """What the training deadline has cost, such as `the best epoch until then, no refit`; empty where nothing."""
        parts = ["the best epoch until then"] if any(member.stopped == "deadline" for member in self.members) else []
        parts += [f"{choice.value} networks" for choice in self.choices if choice.name == "members"]
        parts += ["no refit"] if self.refit.startswith("given up") and "deadline" in self.refit else []
        return ", ".join(parts)

    @property
    def places(self) -> list[int]:
        """Where the contract's quantiles are among those that networks forecast; 0 where they forecast one number."""
        return [self.levels.index(level) for level in self.contract.quantile_levels] if self.levels else [0]
