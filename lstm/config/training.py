"""[model], [training] and [evaluation]: the network, how it is trained, and how it is judged."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lstm.config.settings import PositiveInt, Settings


class Model(Settings):
    """The network; what is left out follows from the data, and the model card says how."""

    kind: Literal["segmented", "stepwise", "textbook"] = Field(
        "segmented",
        description="`stepwise`: the same network over single steps. `textbook`: one LSTM layer over single steps, one "
        "step ahead at a time, MSE.",
    )
    look_back: PositiveInt | None = Field(
        None, description="Steps read, ending at the cutoff; when left out, one to three of the longest season."
    )
    segment: PositiveInt | None = Field(
        None, description="Steps a segment; about a third of the look-back when left out."
    )
    hidden: PositiveInt | None = Field(None, description="Width of the LSTM; 64, or 50 for the textbook network.")
    layers: PositiveInt = Field(1, description="Layers of the LSTM.")
    bidirectional: bool = Field(False, description="The LSTM reads the look-back in both directions.")
    attention: bool = Field(False, description="Attention pools the states of all segments beside the last one.")
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0, description="Share of what layers after the first and the head read that training drops."
    )
    loss: Literal["quantile", "huber", "squared"] | None = Field(
        None,
        description="`quantile`, or `squared` for the textbook network. With the others the network forecasts one "
        "number, and the quantiles come from its errors on validation.",
    )
    transform: Literal["log", "identity"] | None = Field(
        None, description="Before everything else; `log` needs positive targets. Tried on validation when left out."
    )
    normalisation: Literal["mean_std", "last_value"] | None = Field(
        None, description="How a window is brought to a common scale; tried on validation when left out."
    )
    channels: Literal["joint", "shared"] | None = Field(
        None,
        description="Several targets: `joint` forecasts them together, `shared` one by one with the same weights. "
        "Tried on validation when left out.",
    )
    members: PositiveInt | None = Field(
        None, description="Networks whose quantiles are averaged, with different look-backs and seeds; 3."
    )

    @model_validator(mode="after")
    def _textbook_is_plain(self) -> Self:
        if self.kind == "textbook" and self.loss == "quantile":
            raise ValueError(
                'kind = "textbook" forecasts one number, which has no quantile loss; leave loss out, or set it to '
                '"squared" or "huber"'
            )
        ignored = ("bidirectional", "attention", "normalisation", "channels")
        given = [name for name in ignored if getattr(self, name)]
        if self.kind == "textbook" and given:
            raise ValueError(f'kind = "textbook" has no {" and no ".join(given)}; leave it out, or choose another kind')
        return self


class Training(Settings):
    """How the network is trained. An epoch is one evaluation interval of `epoch_steps` batches."""

    seed: Annotated[int, Field(ge=0)] = Field(1, description="Of weights, batches and dropout.")
    learning_rate: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(
        3e-3, description="Of the optimiser, after the first epochs, in which it rises."
    )
    weight_decay: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = Field(
        1e-4, description="Of the optimiser; draws weights to zero."
    )
    clip: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(1.0, description="Largest norm of a gradient.")
    batch_size: PositiveInt = Field(256, description="Windows a batch.")
    epoch_steps: PositiveInt = Field(50, description="Batches between two evaluations.")
    max_epochs: PositiveInt = Field(40, description="Epochs after which training stops in any case.")
    patience: PositiveInt = Field(6, description="Epochs without a better validation loss before training stops.")
    plateau_factor: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        0.5, description="What the learning rate is multiplied by when the validation loss no longer falls."
    )
    plateau_patience: Annotated[int, Field(ge=0)] = Field(
        2, description="Epochs without a better validation loss before that."
    )
    deadline: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(
        # The nightly job begins at a quarter past four, and at six people want forecasts.
        5_400.0,
        description="Seconds of training, all members together, over all processes that took part; then the best epoch "
        "so far is taken.",
    )
    warm_start: bool = Field(False, description="Begin from the champion's weights where these fit.")
    refit: bool = Field(
        True, description="Train the served weights on everything, for the steps that early stopping chose."
    )
    threads: PositiveInt | None = Field(None, description="Threads of torch; the cores of the machine when left out.")


class Evaluation(Settings):
    """Rolling origins of the backtest, counted back from the cutoff."""

    origins: PositiveInt | None = Field(
        None, description="Held-out origins; found from the length of the history when left out."
    )
    stride: PositiveInt | None = Field(
        None, description="Steps between two origins; the shorter of season and horizon when left out."
    )
    baselines: tuple[Literal["auto_ets", "theta"], ...] = Field(
        (),
        description="Methods of statsforecast in the contest, beside naive, seasonal naive and seasonal average; "
        "fitted anew for every series, target and origin. Needs the extra `statsforecast`.",
    )
