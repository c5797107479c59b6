"""[model], [training] and [evaluation]: the network, how it is trained, and how it is judged."""

from typing import Annotated, Literal

from pydantic import Field

from lstm.config.settings import PositiveInt, Settings


class Model(Settings):
    """The network; what is left out follows from the data, and the model card says how."""

    kind: Literal["segmented", "textbook"] = Field(
        "segmented", description="`textbook`: one LSTM layer over single steps, MSE."
    )
    look_back: PositiveInt | None = Field(None, description="Steps read, ending at the cutoff.")
    segment: PositiveInt | None = Field(None, description="Steps a segment; the shortest season when left out.")
    hidden: PositiveInt | None = Field(None, description="Width of the LSTM; 64, or 50 for the textbook network.")
    layers: PositiveInt = 1
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.1
    normalisation: Literal["mean_std", "last_value"] | None = Field(
        None, description="How a window is brought to a common scale; tried on validation when left out."
    )
    members: PositiveInt = Field(1, description="Networks with different seeds whose quantiles are averaged.")


class Training(Settings):
    """How the network is trained. An epoch is one evaluation interval of `epoch_steps` batches."""

    seed: Annotated[int, Field(ge=0)] = 1
    learning_rate: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 3e-3
    weight_decay: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 1e-4
    clip: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = Field(1.0, description="Largest norm of a gradient.")
    batch_size: PositiveInt = 256
    epoch_steps: PositiveInt = Field(50, description="Batches between two evaluations.")
    max_epochs: PositiveInt = 40
    patience: PositiveInt = Field(6, description="Epochs without a better validation loss before training stops.")
    plateau_factor: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    plateau_patience: Annotated[int, Field(ge=0)] = 2
    deadline: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = Field(
        None, description="Seconds of training, all members together; then the best epoch so far is taken."
    )
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
