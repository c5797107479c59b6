"""The pipeline file as frozen settings: the single description of a job."""

import math
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from lstm.errors import ConfigError

Share = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
# Strict: `true` is no number.
PositiveInt = Annotated[int, Field(ge=1, le=1_000_000_000, strict=True)]
Columns = tuple[str, ...]

ROOT_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")


class Settings(BaseModel):
    """Frozen, and refuses keys that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Settings):
    """Where the observations are, and which column plays which role."""

    path: str | None = Field(None, description="CSV (also gzipped) or Parquet; a glob reads several files.")
    url: str | None = Field(None, description="SQLAlchemy URL, or `env:NAME` / `block:NAME` that holds one.")
    table: str | None = Field(None, description="Table to read, `schema.table` where it has a schema.")
    query: str | None = Field(None, description="Query to read; may bind `:as_of` and `:horizon_end`.")
    series: Columns = Field((), description="Key columns of a series; none when the table is one series.")
    time: str = Field(description="Column of the time stamps, or of integer steps.")
    targets: Columns = Field(min_length=1, description="What is forecast; several are forecast together.")
    past_covariates: Columns = Field((), description="Known up to the cutoff only.")
    future_covariates: Columns = Field((), description="Known ahead, to the end of the horizon.")
    static_covariates: Columns = Field((), description="One value a series.")
    time_label: Literal["start", "end"] = Field("start", description="Which end of its period a stamp names.")
    time_format: str | None = Field(None, description="strptime format of text stamps, where ISO 8601 is not meant.")
    separator: str | None = Field(
        None, min_length=1, max_length=1, description="Column separator of a CSV; found when left out."
    )
    decimal: Literal[".", ","] = Field(".", description="Decimal mark of a CSV.")
    encoding: str = Field("utf-8", description="Encoding of a CSV.")
    duplicates: Literal["error", "last", "mean", "sum"] = Field(
        "error", description="What to do with several rows of one series and time."
    )
    gaps: Literal["missing", "zero", "error"] = Field("missing", description="What an absent row means.")

    @model_validator(mode="after")
    def _one_place_and_one_role_a_column(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path (a file) or url (a database)")
        if self.url is not None and (self.table is None) == (self.query is None):
            raise ValueError("a url needs either table or query")
        if self.path is not None and (self.table is not None or self.query is not None):
            raise ValueError("table and query belong to url, not to path")
        seen: dict[str, str] = {}
        for role, names in self.roles().items():
            for name in names:
                if name in seen:
                    raise ValueError(f"column {name!r} is named twice: in {seen[name]} and in {role}")
                seen[name] = role
        return self

    def roles(self) -> dict[str, Columns]:
        """Column names by role, in the order of the pipeline file."""
        return {
            "series": self.series,
            "time": (self.time,),
            "targets": self.targets,
            "past_covariates": self.past_covariates,
            "future_covariates": self.future_covariates,
            "static_covariates": self.static_covariates,
        }

    def columns(self) -> Columns:
        """Every column that is read, each once."""
        return tuple(name for names in self.roles().values() for name in names)


class Calendar(Settings):
    """Future covariates that need no column: they follow from the date."""

    features: bool = Field(
        True, description="Sine and cosine of hour, weekday and day of year, as the frequency allows."
    )
    holidays: str | None = Field(
        None, description="Country code, with subdivision as in `US-NY`, of the holidays library."
    )


class Quality(Settings):
    """When the observations are too bad, and what becomes of single series."""

    short_series: Literal["baseline", "error", "exclude"] = Field(
        "baseline", description="A series with fewer than look_back + horizon steps."
    )
    exclude: tuple[str, ...] = Field((), description="Series to leave out; key columns joined by `/`.")
    max_failed_share: Share = Field(0.2, description="Publish nothing when more than this share of series fails.")
    freshness: PositiveInt | None = Field(
        None,
        description="Steps that the newest observation may lie before the cutoff; found when left out.",
    )
    expected_for: Annotated[int, Field(ge=0)] = Field(
        30, description="Days for which a series that vanished from the table is still expected."
    )


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


SMALLER_IS_BETTER = ("mae", "rmse", "smape", "mase", "wql")


class Gate(Settings):
    """A rule that a challenger must pass. Exactly one threshold; which ones fit depends on the metric."""

    name: str = Field(min_length=1)
    metric: Literal["mae", "rmse", "smape", "mase", "wql", "coverage", "points"]
    against: Literal["best_baseline", "champion"] | None = None
    better_by: Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)] | None = Field(
        None, description="Share by which the challenger must be better than `against`."
    )
    not_worse_by: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] | None = Field(
        None, description="Share by which the challenger may be worse than `against`."
    )
    within: Annotated[float, Field(gt=0.0, lt=1.0, allow_inf_nan=False)] | None = Field(
        None, description="Largest distance of the coverage from its nominal value."
    )
    at_least: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] | None = None
    at_most: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] | None = None
    enabled: bool = True

    @model_validator(mode="after")
    def _one_threshold_that_fits(self) -> Self:
        thresholds = ("better_by", "not_worse_by", "within", "at_least", "at_most")
        given = [name for name in thresholds if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"gate {self.name!r} needs exactly one of {', '.join(thresholds)}, not {given or 'none'}")
        relative = given[0] in ("better_by", "not_worse_by")
        if relative != (self.against is not None):
            raise ValueError(
                f"gate {self.name!r}: better_by and not_worse_by compare, so they go with `against`; the others without"
            )
        if relative and self.metric not in SMALLER_IS_BETTER:
            raise ValueError(f"gate {self.name!r}: {given[0]} needs an error metric ({', '.join(SMALLER_IS_BETTER)})")
        if given[0] == "within" and self.metric != "coverage":
            raise ValueError(f"gate {self.name!r}: within is for the metric coverage")
        return self


DEFAULT_GATES = (
    Gate(name="beats the baselines", metric="mase", against="best_baseline", better_by=0.02),
    Gate(name="not worse than the champion", metric="mase", against="champion", not_worse_by=0.0),
    Gate(name="coverage", metric="coverage", within=0.15),
    Gate(name="enough scored points", metric="points", at_least=20),
)


class Store(Settings):
    """Where runs, models and forecasts are kept."""

    folder: str = Field("store", description="Run folders; a path relative to the pipeline file, or an fsspec URL.")
    url: str | None = Field(
        None, description="Store database: `env:NAME`, `block:NAME` or a URL; SQLite in the folder when left out."
    )
    forecasts_table: str = Field(
        "forecasts", description="Name of the ledger table.", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,50}$"
    )
    keep_runs: PositiveInt = 14


class Sink(Settings):
    """A place outside the store that gets the forecasts of every run."""

    name: str = Field(min_length=1)
    path: str | None = Field(None, description="CSV or Parquet file, written whole.")
    url: str | None = Field(None, description="Database: a URL, `env:NAME` or `block:NAME`.")
    table: str | None = Field(
        None, description="Table that is upserted by series key, target and time; `schema.table` where needed."
    )

    @model_validator(mode="after")
    def _a_file_or_a_table(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError(f"sink {self.name!r}: give either path (a file) or url and table (a database)")
        if (self.url is None) != (self.table is None):
            raise ValueError(f"sink {self.name!r}: url and table go together")
        if self.path is not None and not self.path.endswith((".csv", ".csv.gz", ".parquet")):
            raise ValueError(f"sink {self.name!r}: path must end in .csv, .csv.gz or .parquet")
        return self


class Pipeline(Settings):
    """A whole pipeline file."""

    name: str = Field(description="Lower-case letters, digits and dashes.")
    horizon: PositiveInt = Field(le=100_000, description="Steps that are forecast.")
    frequency: str | None = Field(
        None, description="Pandas alias such as `h`, `D`, `W-MON`, `MS`, or `1` for integer steps."
    )
    time_zone: str = Field("UTC", description="Zone of days, of naive stamps and of `--as-of` dates.")
    quantile_levels: tuple[float, ...] = (0.1, 0.5, 0.9)
    seasons: tuple[PositiveInt, ...] | None = Field(
        None, description="Season lengths in steps, shortest first; by frequency when left out."
    )
    minimum: float | None = Field(
        None, strict=True, allow_inf_nan=False, description="Lower bound of all targets, which forecasts respect."
    )
    source: Source
    calendar: Calendar = Calendar()
    quality: Quality = Quality()
    model: Model = Model()
    training: Training = Training()
    evaluation: Evaluation = Evaluation()
    gates: tuple[Gate, ...] = ()
    store: Store = Store()
    sinks: tuple[Sink, ...] = ()

    @field_validator("name")
    @classmethod
    def _name_is_a_slug(cls, name: str) -> str:
        if not ROOT_NAME.match(name):
            raise ValueError("lower-case letters, digits and dashes, at most 63 of them")
        return name

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError("no zone of the IANA database, such as UTC or America/New_York") from None
        return name

    @field_validator("quantile_levels")
    @classmethod
    def _levels_in_order_with_the_median(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if not levels or any(not math.isfinite(level) or not 0.0 < level < 1.0 for level in levels):
            raise ValueError("quantile levels lie strictly between 0 and 1")
        if list(levels) != sorted(set(levels)):
            raise ValueError("quantile levels rise and do not repeat")
        if 0.5 not in levels:
            raise ValueError("0.5 must be among the quantile levels: it is the forecast itself")
        return levels

    @field_validator("seasons")
    @classmethod
    def _seasons_rise(cls, seasons: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if seasons is not None and (not seasons or list(seasons) != sorted(set(seasons))):
            raise ValueError("seasons rise and do not repeat, shortest first")
        return seasons

    @model_validator(mode="after")
    def _names_are_free(self) -> Self:
        names = [gate.name for gate in self.gates]
        if len(set(names)) != len(names):
            raise ValueError("two gates have the same name")
        sinks = [sink.name for sink in self.sinks]
        if len(set(sinks)) != len(sinks):
            raise ValueError("two sinks have the same name")
        return self

    def active_gates(self) -> tuple[Gate, ...]:
        """The default gates, each replaced by an entry of the same name, then the others; disabled ones left out."""
        own = {gate.name: gate for gate in self.gates}
        defaults = [own.pop(gate.name, gate) for gate in DEFAULT_GATES]
        return tuple(gate for gate in (*defaults, *own.values()) if gate.enabled)


def level_name(level: float) -> str:
    """Column name of a quantile level: 0.1 -> `q10`, 0.025 -> `q02_5`."""
    percent, _, rest = f"{round(level * 100, 6):09.6f}".partition(".")
    rest = rest.rstrip("0")
    return f"q{percent}_{rest}" if rest else f"q{percent}"


def load_pipeline(path: Path) -> Pipeline:
    """Reads and checks a pipeline file; relative paths inside it stay as they are (see `resolve`).

    Raises ConfigError that names the file, the key and what was expected.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"pipeline file {path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"pipeline file {path} is not UTF-8 text: {error}") from error
    try:
        return Pipeline.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"pipeline file {path} is not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"pipeline file {path}:\n{_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"]) or "the file as a whole"
        message = item["msg"].removeprefix("Value error, ")
        # A whole table is not repeated, nor what may hold a password: a URL, or the value of a key that is not known.
        shown = f", not {item['input']!r}" if _may_be_shown(item["type"], key, item["input"]) else ""
        lines.append(f"  {key}: {message}{shown}")
    return "\n".join(lines)


def _may_be_shown(kind: str, key: str, value: object) -> bool:
    if kind == "extra_forbidden" or "url" in key or (isinstance(value, str) and "://" in value):
        return False
    return isinstance(value, (int, float, str))


def secret(reference: str, *, blocks: Any = None) -> str:
    """What `env:NAME` or `block:NAME` refers to; any other text is answered as it is.

    blocks: answers the value of a named secret block; `lstm` itself knows no Prefect, so a flow hands it in.
    Raises ConfigError when the variable or block is missing.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name)
        if not value:
            raise ConfigError(
                f"{reference}: the environment variable {name} is not set; export it with the value meant here"
            )
        return value
    if kind == "block":
        if blocks is None:
            raise ConfigError(f"{reference}: secret blocks can only be read inside a Prefect flow")
        return str(blocks(name))
    return reference
