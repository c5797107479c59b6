"""[schedule]: when the runs of a pipeline begin by themselves, and when one comes too late to be of use."""

from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from cronsim import CronSim, CronSimError
from pydantic import Field, ValidationInfo, field_validator

from lstm.config.settings import Duration, Settings, duration_of

ScheduledKind = Literal["retrain", "forecast", "monitor", "tune"]
SCHEDULED_KINDS: tuple[ScheduledKind, ...] = get_args(ScheduledKind)
OFF = "off"


class Schedule(Settings):
    """When runs begin by themselves: crons of five fields, by the clock of `time_zone`; `off` for by hand only."""

    retrain: str | None = Field(
        None,
        description="When the nightly job runs: train, judge, forecast, publish. When left out, at a minute from "
        "04:15 to 04:44 that follows from the pipeline's name, so that many pipelines do not begin together.",
    )
    forecast: str | None = Field(
        None,
        description="When the champion forecasts again. When left out, each hour at a minute from 10 to 39 that "
        "follows from the name; from 06:10 to 06:39 where `frequency` is a day or longer.",
    )
    monitor: str | None = Field(
        None,
        description="When published forecasts are compared with what came true. When left out, at a minute from "
        "06:40 to 06:59 that follows from the name.",
    )
    tune: str | None = Field(
        None,
        description="When settings are tuned, such as `0 1 * * 0` (Sundays at one). When left out, by hand only.",
    )
    skip_after: Duration | None = Field(
        None,
        description="Skip a run that starts this much later than planned: `90min`, `6h`, `2D`. A run is "
        "skipped in any case when the next of its schedule is due already.",
    )
    work_pool: str = Field(
        "nightcast",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}$",
        description="Prefect work pool whose workers run this pipeline. It is made, for processes, where "
        "there is none of this name.",
    )

    @field_validator(*SCHEDULED_KINDS)
    @classmethod
    def _cron_is_understood(cls, cron: str | None, info: ValidationInfo) -> str | None:
        if cron is None or cron == OFF:
            return cron
        try:
            if len(cron.split()) != 5:
                raise CronSimError("a cron has five fields: minute, hour, day of month, month, day of week")
            CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC))
        except CronSimError as error:
            raise ValueError(
                f'{str(error)[:1].lower()}{str(error)[1:]}; write one such as "15 4 * * *" (04:15 each day), or "off" '
                f"for no {info.field_name} by itself"
            ) from None
        return cron

    @property
    def most_late(self) -> timedelta | None:
        """How late a run may start (`skip_after`); None where that was left out."""
        return duration_of(self.skip_after) if self.skip_after is not None else None
