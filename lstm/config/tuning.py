"""[tuning]: how long settings of [model] and [training] are looked for, among which, and what they were chosen by."""

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic.dataclasses import dataclass

from lstm.config.settings import Duration, PositiveInt, Settings
from lstm.config.training import Model, Training

Tunable = Literal[
    "look_back", "segment", "hidden", "layers", "bidirectional", "attention", "dropout", "loss", "transform",
    "normalisation", "channels", "members", "learning_rate", "weight_decay", "batch_size",
]  # fmt: skip
TUNABLE: tuple[Tunable, ...] = get_args(Tunable)
WHOLE = frozenset({"look_back", "segment", "hidden", "layers", "members", "batch_size"})
NUMBERS = WHOLE | {"dropout", "learning_rate", "weight_decay"}
AUTOMATIC = "automatic"  # in a list of values: the key is left out


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Between:
    """Every number from `low` to `high`; with `log`, each power of ten has the same chance."""

    low: Annotated[float, Field(allow_inf_nan=False)]
    high: Annotated[float, Field(allow_inf_nan=False)]
    log: bool = False

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.low < self.high or (self.log and self.low <= 0.0):
            raise ValueError("low lies below high, and above 0 with log = true")
        return self


Values = tuple[bool | int | float | str, ...]


class Tuning(Settings):
    """What `nightcast tune` tries, and what tuned settings have read."""

    trials: PositiveInt = Field(40, description="How many settings are tried, the file's own among them.")
    budget: Duration = Field(
        "30min",
        description="How long is tried, such as `30min` or `2h`; training and judging the best one come on top.",
    )
    through: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="The newest time that the choice of the settings in this file has read; `nightcast tune --write` "
        "writes it. No model of these settings is judged on an origin before it. Take it out when the settings that "
        "were tuned are taken out.",
    )
    ranges: dict[Tunable, Between | Values] = Field(
        {},
        description="What is tried of a key of `[model]` or `[training]` in place of what follows from the data: a "
        'list of values, where `"automatic"` leaves the key out, or `{ low = 1e-4, high = 1e-2, log = true }`. With an '
        "empty list it is not tuned.",
    )

    @field_validator("ranges")
    @classmethod
    def _every_value_can_be_set(cls, ranges: dict[Tunable, Between | Values]) -> dict[Tunable, Between | Values]:
        for name, values in ranges.items():
            for value in (values.low, values.high) if isinstance(values, Between) else values:
                _refuse_wrong(name, value, between=isinstance(values, Between))
        return ranges


def table_of(name: str) -> str:
    """The table of the pipeline file that a tunable key is in: `model` or `training`."""
    return "model" if name in Model.model_fields else "training"


def _refuse_wrong(name: str, value: Any, *, between: bool) -> None:
    if value == AUTOMATIC:
        return
    if between and name not in NUMBERS:
        raise ValueError(f"{name} is no number; give a list of values in place of low and high")
    settings = Model if table_of(name) == "model" else Training
    try:
        settings.model_validate({name: int(value) if between and name in WHOLE else value})
    except ValidationError as error:
        raise ValueError(f"{name}: {value!r} cannot be set: {error.errors()[0]['msg'].lower()}") from None
