"""[model], [training], [evaluation] and [compute]: the network, how it is trained and judged, by how many processes."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lstm.config.settings import PositiveInt, Settings


class Model(Settings):
    """The network. What is left out follows from the data; the report says what was chosen, and why."""

    kind: Literal["segmented", "stepwise", "textbook"] = Field(
        "segmented",
        description="`segmented`: a linear forecast, corrected by an LSTM that reads several steps at "
        "once. `stepwise`: the same, where the LSTM reads step by step. `textbook`: a plain "
        "LSTM that forecasts one step at a time.",
    )
    look_back: PositiveInt | None = Field(
        None,
        description="How many steps before the horizon the network reads. When left out, the members read"
        " one, two and three times a length that follows from season and horizon.",
    )
    segment: PositiveInt | None = Field(
        None, description="How many steps the LSTM takes at once. About a third of the look-back when left out."
    )
    hidden: PositiveInt | None = Field(
        None, description="Number of units of the LSTM. When left out, 64, or 50 for `textbook`."
    )
    layers: PositiveInt = Field(1, description="Number of LSTM layers.")
    bidirectional: bool = Field(False, description="Let the LSTM read the look-back forwards and backwards.")
    attention: bool = Field(
        False, description="Let the network weigh what it read in all segments, not only its state at the end."
    )
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.0, description="Share of the network's inner values that training blanks at random, against overfitting."
    )
    loss: Literal["quantile", "huber", "squared"] | None = Field(
        None,
        description="What training makes small. When left out, `quantile`, or `squared` for `textbook`. "
        "With `huber` or `squared` the network forecasts one number, and the quantiles follow"
        " from its errors on the validation part.",
    )
    transform: Literal["log", "identity"] | None = Field(
        None,
        description="`log`: learn the logarithms of the targets, which must be positive. `identity`: "
        "learn them as they are. When left out, what does better on the validation part.",
    )
    normalisation: Literal["mean_std", "last_value"] | None = Field(
        None,
        description="How the values of a window are scaled: by their mean and standard deviation, or by "
        "the last value. When left out, what does better on the validation part.",
    )
    channels: Literal["joint", "shared"] | None = Field(
        None,
        description="With several targets: `joint` forecasts them together, `shared` one at a time with "
        "the same weights. When left out, what does better on the validation part.",
    )
    members: PositiveInt | None = Field(
        None,
        description="How many networks are trained; the forecast is their average. When left out, 3, or 1"
        " for `textbook`.",
    )

    @model_validator(mode="after")
    def _textbook_is_plain(self) -> Self:
        if self.kind == "textbook" and self.loss == "quantile":
            raise ValueError(
                'kind = "textbook" forecasts one number, which has no quantile loss; leave loss out, or set it to '
                '"squared" or "huber"'
            )
        ignored = ("bidirectional", "attention", "normalisation", "channels")
        surplus = [name for name in ignored if getattr(self, name)]
        if self.kind == "textbook" and surplus:
            raise ValueError(
                f'kind = "textbook" has no {" and no ".join(surplus)}; leave it out, or choose another kind'
            )
        return self


class Training(Settings):
    """How the network is trained. An epoch is `epoch_steps` batches, not a pass over all windows."""

    seed: Annotated[int, Field(ge=0)] = Field(
        1, description="Seed of everything random in training; the same seed gives the same model."
    )
    learning_rate: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(
        3e-3, description="Learning rate of the optimiser. It rises to this in the first epochs."
    )
    weight_decay: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = Field(
        1e-4, description="How strongly the optimiser draws weights towards zero, against overfitting."
    )
    clip: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(
        1.0, description="Longer gradients are cut to this length."
    )
    batch_size: PositiveInt | None = Field(
        None,
        description="How many windows are in a batch. When left out, 256; on a GPU 1024, and there an epoch has a "
        "quarter of `epoch_steps`, at twice the `learning_rate`.",
    )
    epoch_steps: PositiveInt = Field(
        50, description="How many batches make an epoch. After each epoch the validation loss is taken."
    )
    max_epochs: PositiveInt = Field(40, description="Training stops after this many epochs at the latest.")
    patience: PositiveInt = Field(
        6, description="Training stops when the validation loss has not become better for this many epochs."
    )
    plateau_factor: Annotated[float, Field(gt=0.0, lt=1.0)] = Field(
        0.5, description="What the learning rate is multiplied by when the validation loss no longer falls."
    )
    plateau_patience: Annotated[int, Field(ge=0)] = Field(
        2, description="How many epochs without a better validation loss to wait before the learning rate is lowered."
    )
    most_steps: PositiveInt = Field(
        20_000_000,
        description="How many steps of history a training reads at most. Of a larger table it draws whole series by "
        "the seed, so that time and memory of a training have an end; all series are forecast and judged.",
    )
    deadline: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(
        # The nightly job begins at a quarter past four, and at six people want forecasts.
        5_400.0,
        description="How many seconds of work training may take, for all networks of a model together. When they are "
        "over, the best weights so far are taken. A run that was interrupted and goes on has what it left of them.",
    )
    warm_start: bool = Field(False, description="Begin at the weights of the champion where they fit, not afresh.")
    refit: bool = Field(
        True,
        description="After training, train once more on all data, the newest too, for as many epochs as "
        "were best. These weights make the forecasts.",
    )
    threads: PositiveInt | None = Field(
        None,
        description="How many threads torch may use in each process, 1 when left out. It may change the last bits of "
        "a model; `compute.workers` does not.",
    )
    ranks: PositiveInt = Field(
        1,
        description="How many processes train one network together, each on its part of every batch: for one network "
        "that is large. The networks of a model are then trained one after the other. It changes the last bits of a "
        "model, as `threads` does.",
    )

    @model_validator(mode="after")
    def _every_rank_has_windows(self) -> Self:
        if self.batch_size is not None and self.ranks > self.batch_size:
            raise ValueError(
                f"ranks = {self.ranks} cannot share batches of {self.batch_size} windows; lower ranks, or raise "
                "batch_size"
            )
        return self


class Evaluation(Settings):
    """The backtest: how models are tried on the newest part of the past."""

    origins: PositiveInt | None = Field(
        None,
        description="How many origins the backtest has: earlier moments that it forecasts from. When left"
        " out, as many as the history is long enough for.",
    )
    stride: PositiveInt | None = Field(
        None,
        description="How many steps lie between two origins of the backtest. When left out, the shorter "
        "of season and horizon.",
    )
    baselines: tuple[Literal["auto_ets", "theta"], ...] = Field(
        (),
        description="More methods to compare with, beside naive, seasonal naive and seasonal average. They come "
        "from the package statsforecast (`pip install nightcast[statsforecast]`), and are fitted anew for every "
        "series, target and backtest origin: AutoETS took about half a second each, Theta a hundredth.",
    )


class Compute(Settings):
    """Where the work of a run is done, and by how many processes. The results are the same to the bit."""

    engine: Literal["process", "ray"] = Field(
        "process",
        description="`process`: by processes of this machine. `ray`: by tasks of a Ray cluster "
        "(`pip install nightcast[ray]`), in runs of Prefect.",
    )
    workers: PositiveInt | None = Field(
        None,
        description="How many processes train the networks of a model, and forecast the backtest of large tables, at "
        "the same time. When left out, one a core. With 1, all is done in the process of the run.",
    )
    address: str | None = Field(
        None,
        description="With Ray: where the cluster is, such as `env:RAY_ADDRESS`. When left out, one is begun on this "
        "machine and ends with the run.",
    )

    @model_validator(mode="after")
    def _only_ray_has_an_address(self) -> Self:
        if self.engine == "process" and self.address:
            raise ValueError('address means something with engine = "ray" only; add that, or leave it out')
        return self
