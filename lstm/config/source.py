"""[source], [calendar] and [quality]: where the observations are, what they mean, and how good they must be."""

import re
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from lstm.config.settings import Columns, PositiveInt, Settings, Share
from lstm.config.table import Roles, Table

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOUR = r"([01]\d|2[0-3]):[0-5]\d"
DAY_OF_YEAR = r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
CLOSED = re.compile(rf"{'|'.join(WEEKDAYS)}|holidays|{DAY_OF_YEAR}|{HOUR}-({HOUR}|24:00)")


class FutureTable(Table):
    """[source.future]: future covariates in a table of their own, with the key and time columns of the source."""

    covers: Literal["horizon", "everything"] = Field(
        "horizon",
        description="`horizon`: the other table has the future, `[source]` has the past, and where both "
        "have a value that of `[source]` counts. `everything`: only this table has these "
        "columns, past and future.",
    )
    known_at: str | None = Field(
        None, description="Column that says when a row became known; a run reads only what was known at its `as_of`."
    )


class Source(Table):
    """Where the observations are, which column plays which role, and what becomes of rows that do not fit."""

    series: Columns = Field(
        (), description="Columns that tell the series apart, such as shop and item. None when the table is one series."
    )
    time: str = Field(description="Column of the times: dates, times or whole numbers.")
    time_parts: Columns = Field(
        (),
        description="Further columns of the time, joined to `time` by blanks in this order: a clock beside a date, or "
        "month, day and hour beside a year. `time_format` is that of the joined text, such as `%d/%m/%Y %H.%M.%S`.",
    )
    targets: Columns = Field(min_length=1, description="Number columns to forecast. Several are forecast together.")
    past_covariates: Columns = Field(
        (),
        description="Number columns that help to explain the targets and are known up to the present "
        "only, such as the weather as it was.",
    )
    future_covariates: Columns = Field(
        (),
        description="Number columns that are known ahead, such as prices. The table has to have them to "
        "the end of the horizon.",
    )
    static_covariates: Columns = Field((), description="Columns with one value for each series, such as its region.")
    known_at: str | None = Field(
        None,
        description="Column that says when a row became known. A run reads only what was known at its "
        "`as_of`; of several rows for the same series and time it takes the one that became "
        "known last.",
    )
    future: FutureTable | None = Field(None, description="Future covariates that lie in another table.")
    time_label: Literal["start", "end"] = Field(
        "start", description="Whether the time in a row is the start or the end of the period that the row is about."
    )
    duplicates: Literal["error", "last", "mean", "sum"] = Field(
        "error",
        description="What to do with several rows of one series and time: refuse the table, take the last"
        " one, their mean or their sum.",
    )
    gaps: Literal["missing", "zero", "error"] = Field(
        "missing",
        description="What it means when a series has no row for a time: the value is unknown (`missing`),"
        " it is 0 (`zero`), or the table is wrong and refused (`error`).",
    )
    future_gaps: Literal["error", "carry", "zero"] = Field(
        "error",
        description="What to do where a future covariate has no value within the horizon: refuse the "
        "table, carry the last value forward, or take 0.",
    )
    bad_rows: Literal["error", "set_aside"] = Field(
        "error",
        description="What to do with a row without series or time, or with a value that cannot be read: "
        "refuse the table, or leave the row out and count it (`set_aside`).",
    )
    empty_ids: Literal["error", "keep"] = Field(
        "error",
        description="What to do with a row whose key is empty in some of several columns, but not in all: as with any "
        "row without a series (`error`; see `bad_rows`), or take the empty part for an id of its own (`keep`), as of a "
        "country without provinces.",
    )
    off_grid: Literal["error", "floor", "nearest", "set_aside"] = Field(
        "error",
        description="What to do with a time that does not fit the frequency, such as 14:07 in hourly data: refuse the "
        "table, count the row for the step that the time lies in (`floor`) or for the nearest one (`nearest`), or "
        "leave it out (`set_aside`).",
    )
    far_times: Literal["error", "set_aside", "keep"] = Field(
        "error",
        description="What to do with a few times up to the present that are far from all others, such as a 1970-01-01 "
        "that stands for unknown or a slip of a year: refuse the table, leave their rows out and count them "
        "(`set_aside`), or take them as they are (`keep`).",
    )
    repeated_hour: Literal["error", "in_order"] = Field(
        "error",
        description="What to do with local times in the hour that occurs twice when clocks are set back "
        "in autumn: refuse the table, or trust that the rows of each series are in order.",
    )

    @model_validator(mode="after")
    def _one_role_a_column(self) -> Self:
        roles: dict[str, str] = {}
        named: dict[str, Columns] = {
            "series": self.series,
            "time": (self.time,),
            "time_parts": self.time_parts,
            "known_at": (self.known_at,) if self.known_at is not None else (),
            "targets": self.targets,
            "past_covariates": self.past_covariates,
            "future_covariates": self.future_covariates,
            "static_covariates": self.static_covariates,
        }
        for role, names in named.items():
            for name in names:
                if name in roles:
                    raise ValueError(f"column {name!r} is named twice: in {roles[name]} and in {role}")
                roles[name] = role
        if self.future is not None and not self.future_covariates:
            raise ValueError("source.future says where future covariates lie, but source.future_covariates names none")
        return self

    @property
    def roles(self) -> Roles:
        """Which columns of the source's own table are read, and as what."""
        elsewhere = self.future is not None and self.future.covers == "everything"
        numbers = (*self.targets, *self.past_covariates, *(() if elsewhere else self.future_covariates))
        return Roles(self.series, self.time, self.known_at, numbers, self.static_covariates, self.time_parts)

    @property
    def future_roles(self) -> Roles:
        """Which columns of the table `source.future` are read, and as what."""
        known_at = self.future.known_at if self.future is not None else None
        return Roles(self.series, self.time, known_at, self.future_covariates, (), self.time_parts)


class Calendar(Settings):
    """Future covariates that need no column: they follow from the date."""

    features: bool = Field(
        True,
        description="Give the network the hour, the weekday and the time of the year, as far as the "
        "frequency makes sense of them.",
    )
    holidays: str | None = Field(
        None,
        description="Country whose public holidays the network gets, such as `DE`, or with its region, "
        "`US-NY`: a code of the `holidays` package.",
    )
    closed: Columns = Field(
        (),
        description='When nothing is ever counted: weekdays (`"Sun"`), `"holidays"` of the region above, days of the '
        'year (`"12-24"`), and for steps shorter than a day hours by the local clock (`"20:00-07:00"`). Such steps get '
        "no forecast, are not scored, and are neither late nor missing.",
    )
    closed_forecast: Literal["none", "zero"] = Field(
        "none", description="What is published for closed steps: no row (`none`), or a forecast of 0 (`zero`)."
    )

    @field_validator("closed")
    @classmethod
    def _closed_is_understood(cls, closed: Columns) -> Columns:
        for entry in closed:
            if not CLOSED.fullmatch(entry):
                raise ValueError(
                    f"closed: {entry!r} is none of {', '.join(WEEKDAYS)}, holidays, a day of the year such as 12-24, "
                    "or hours such as 20:00-07:00"
                )
        return closed

    @model_validator(mode="after")
    def _closed_holidays_are_known(self) -> Self:
        if "holidays" in self.closed and self.holidays is None:
            raise ValueError('closed names "holidays", but calendar.holidays does not say of which region')
        return self

    @field_validator("holidays")
    @classmethod
    def _known_to_the_library(cls, region: str | None) -> str | None:
        if region is not None:
            import holidays  # half a second of imports that most pipelines do not need

            country, _, subdivision = region.partition("-")
            try:
                holidays.country_holidays(country, subdiv=subdivision or None)
            except NotImplementedError as error:
                raise ValueError(
                    f"{region!r} is not known to the holidays library ({error}); give a country code, with a "
                    "subdivision as in 'US-NY'"
                ) from None
        return region


class Quality(Settings):
    """When the observations are too bad, and what becomes of single series."""

    short_series: Literal["baseline", "error", "exclude"] = Field(
        "baseline",
        description="What to do with a series that is too short for the network (fewer steps than half of"
        " the shortest look-back): forecast it by a baseline, refuse the table, or leave the "
        "series out.",
    )
    exclude: tuple[str, ...] = Field(
        (),
        description="Series to leave out. Write the values of the key columns with `/` between them, such as `JFK/B6`.",
    )
    max_failed_share: Share = Field(
        0.2, description="Publish nothing when more than this share of the series could not be forecast."
    )
    max_bad_share: Share = Field(
        0.05,
        description="Largest share of the rows that may be left out because a value in them cannot be read. "
        "With more the whole table is refused.",
    )
    freshness: PositiveInt | None = Field(
        None,
        description="By how many steps the newest row may be older than the newest time that a run could "
        "read. When left out, two horizons, or the longest season where that is more.",
    )
    late_end: Literal["error", "degrade"] = Field(
        "error",
        description="What to do with a table that ends earlier than `freshness` allows: refuse it, or "
        "forecast all the same and call the run degraded.",
    )
    unit_change: Literal["error", "degrade"] = Field(
        "error",
        description="What to do where the newest values of many series lie at another level than all before, as after "
        "a change of unit: refuse the table, or forecast all the same and call the run degraded.",
    )
    max_jumped_share: Share = Field(
        0.3,
        description="Share of the series that may jump to another level together before that counts as a change of "
        "unit. A single series among several never does; it is a warning.",
    )
    expected_for: Annotated[int, Field(ge=0)] = Field(
        30,
        description="For how many days a series is still forecast after its last row, or after it "
        "vanished from the table.",
    )
