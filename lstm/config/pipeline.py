"""A whole pipeline file."""

import math
import re
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from lstm.config.gates import ALWAYS_THERE, DEFAULT_GATES, Gate, Serving
from lstm.config.monitor import Monitor
from lstm.config.outputs import AFTER_LEVELS, BEFORE_LEVELS, Explain, Sink, Store, Tracking
from lstm.config.schedule import Schedule
from lstm.config.settings import PositiveInt, Settings
from lstm.config.source import Calendar, Quality, Source
from lstm.config.training import Compute, Evaluation, Model, Training
from lstm.config.tuning import Tuning
from lstm.contestants import BASELINE_PREFIX, is_baseline

# A limit of its own in a field's `Field` would give way to that of PositiveInt.
Horizon = Annotated[int, Field(ge=1, le=100_000, strict=True)]
ROOT_NAME = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")


class Pipeline(Settings):
    """What is forecast, from what, how, and where it goes."""

    name: str = Field(
        description="Pipeline name, under which runs, models and forecasts are kept: lower-case letters, digits and "
        "dashes, at most 63."
    )
    horizon: Horizon = Field(
        description="How many steps ahead are forecast; a step is one `frequency`, such as an hour or a day."
    )
    frequency: str | None = Field(
        None,
        description="How far two rows of a series are apart, as pandas writes it: `15min`, `h`, `D`, "
        "`W-MON`, `MS` (months), or `1` where times are whole numbers. Found from the table "
        "when left out.",
    )
    time_zone: str = Field(
        "UTC",
        description="Where a day begins. Also the zone of times without an offset, of `--as-of` dates, "
        "and of the schedules.",
    )
    quantile_levels: tuple[float, ...] = Field(
        (0.1, 0.5, 0.9),
        description="Which quantiles are forecast, as numbers between 0 and 1 that rise. 0.5, the "
        "forecast itself, has to be among them.",
    )
    seasons: tuple[PositiveInt, ...] | None = Field(
        None,
        description="After how many steps the data repeat themselves, shortest first, such as `[24, 168]`"
        " for hours. When left out, as the frequency suggests.",
    )
    minimum: float | None = Field(
        None,
        strict=True,
        allow_inf_nan=False,
        description="The least that a target can be; no forecast lies below it. `0` for quantities that "
        "cannot be negative. When left out, a series that never was negative is not forecast below 0; give a number "
        "below 0 where one may become so.",
    )
    source: Source = Field(description="Where the observations are.")
    calendar: Calendar = Field(Calendar(), description="Covariates that follow from the date.")
    quality: Quality = Field(Quality(), description="When the observations are too bad to go on.")
    model: Model = Field(Model(), description="The network.")
    training: Training = Field(Training(), description="How it is trained.")
    tuning: Tuning = Field(Tuning(), description="What `nightcast tune` tries, and what tuned settings have read.")
    evaluation: Evaluation = Field(Evaluation(), description="The backtest: how models are tried on the past.")
    compute: Compute = Field(Compute(), description="By how many processes the work is done.")
    gates: tuple[Gate, ...] = Field(
        (), description="The rules that a challenger must pass to become champion, beside the default ones."
    )
    serving: Serving = Field(Serving(), description="When a baseline serves single series in place of the model.")
    store: Store = Field(Store(), description="Where runs, models and forecasts are kept.")
    sinks: tuple[Sink, ...] = Field((), description="Where else the forecasts go.")
    tracking: Tracking = Field(Tracking(), description="Who else is told of finished runs.")
    explain: Explain = Field(Explain(), description="What is said of why the forecasts are what they are.")
    monitor: Monitor = Field(Monitor(), description="When forecasts that came true count as worse than promised.")
    schedule: Schedule = Field(Schedule(), description="When runs begin by themselves.")

    @field_validator("name")
    @classmethod
    def _name_is_a_slug(cls, name: str) -> str:
        if not ROOT_NAME.match(name):
            raise ValueError("a pipeline name has lower-case letters, digits and dashes only, at most 63 of them")
        return name

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError("a time zone is a name of the IANA database, such as UTC or America/New_York") from None
        return name

    @field_validator("quantile_levels")
    @classmethod
    def _levels_in_order_with_the_median(cls, levels: tuple[float, ...]) -> tuple[float, ...]:
        if not levels or any(not math.isfinite(level) or not 0.0 < level < 1.0 for level in levels):
            raise ValueError("quantile levels lie strictly between 0 and 1")
        if list(levels) != sorted(set(levels)):
            raise ValueError("write the quantile levels from low to high, each once")
        if 0.5 not in levels:
            raise ValueError("0.5 must be among the quantile levels: it is the forecast itself")
        return levels

    @field_validator("seasons")
    @classmethod
    def _seasons_rise(cls, seasons: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if seasons is not None and (not seasons or list(seasons) != sorted(set(seasons))):
            raise ValueError("write the seasons from short to long, each once")
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

    @model_validator(mode="after")
    def _gates_name_what_there_is(self) -> Self:
        scopes = ("all", "target", *self.source.series, *self.source.static_covariates)
        rivals = [f"{BASELINE_PREFIX}{name}" for name in (*ALWAYS_THERE, *self.evaluation.baselines)]
        for gate in self.gates:
            if gate.scope not in scopes:
                raise ValueError(f"gate {gate.name!r}: scope {gate.scope!r} is none of {', '.join(scopes)}")
            if gate.interval is not None and not set(gate.interval) <= set(self.quantile_levels):
                raise ValueError(f"gate {gate.name!r}: interval names levels that are not among quantile_levels")
            if gate.against is not None and is_baseline(gate.against) and gate.against not in rivals:
                raise ValueError(
                    f"gate {gate.name!r}: nothing called {gate.against} is compared with; name one of "
                    f"{', '.join(rivals)}, or add it to evaluation.baselines where statsforecast has it"
                )
        return self

    @model_validator(mode="after")
    def _sinks_name_our_columns(self) -> Self:
        levels = [level_name(level) for level in self.quantile_levels]
        for sink in self.sinks:
            names = sink.names((*self.source.series, *BEFORE_LEVELS, *levels, *AFTER_LEVELS))
            absent = [key for key in self.source.series if key not in names]
            if absent:
                raise ValueError(f"sink {sink.name!r}: columns.{absent[0]} cannot be left out, it is a series key")
            if "target" not in names and len(self.source.targets) > 1:
                raise ValueError(f"sink {sink.name!r}: columns.target cannot be left out with several targets")
        return self

    @model_validator(mode="after")
    def _ranks_are_processes_of_one_machine(self) -> Self:
        if self.training.ranks > 1 and self.compute.engine != "process":
            raise ValueError(
                f"training.ranks = {self.training.ranks} works on one machine, and not with compute.engine = "
                f'"{self.compute.engine}"; leave one of them out'
            )
        return self

    def active_gates(self) -> tuple[Gate, ...]:
        """The default gates, each replaced by an entry of the same name, then the others; disabled ones left out."""
        by_name = {gate.name: gate for gate in self.gates}
        defaults = [by_name.pop(gate.name, gate) for gate in DEFAULT_GATES]
        return tuple(gate for gate in (*defaults, *by_name.values()) if gate.enabled)


def level_name(level: float) -> str:
    """Column name of a quantile level: 0.1 -> `q10`, 0.025 -> `q02_5`."""
    percent, _, rest = f"{round(level * 100, 6):09.6f}".partition(".")
    rest = rest.rstrip("0")
    return f"q{percent}_{rest}" if rest else f"q{percent}"
