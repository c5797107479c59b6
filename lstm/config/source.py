"""[source], [calendar] and [quality]: where the observations are, what they mean, and how good they must be."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lstm.config.settings import Columns, PositiveInt, Settings, Share
from lstm.config.table import Roles, Table


class FutureTable(Table):
    """[source.future]: future covariates in a table of their own, with the key and time columns of the source."""

    covers: Literal["horizon", "everything"] = Field(
        "horizon",
        description="`horizon`: the source has their past, and wins where both have a value. `everything`: only this "
        "table has them, past and future.",
    )
    known_at: str | None = Field(None, description="Column that says since when a row was known.")


class Source(Table):
    """Where the observations are, which column plays which role, and what becomes of rows that do not fit."""

    series: Columns = Field((), description="Key columns of a series; none when the table is one series.")
    time: str = Field(description="Column of the time stamps, or of integer steps.")
    targets: Columns = Field(min_length=1, description="What is forecast; several are forecast together.")
    past_covariates: Columns = Field((), description="Known up to the cutoff only.")
    future_covariates: Columns = Field((), description="Known ahead, to the end of the horizon.")
    static_covariates: Columns = Field((), description="One value a series.")
    known_at: str | None = Field(
        None, description="Column that says since when a row was known; of several versions the last one known counts."
    )
    future: FutureTable | None = Field(None, description="Future covariates that lie in another table.")
    time_label: Literal["start", "end"] = Field("start", description="Which end of its period a stamp names.")
    duplicates: Literal["error", "last", "mean", "sum"] = Field(
        "error", description="What to do with several rows of one series and time."
    )
    gaps: Literal["missing", "zero", "error"] = Field("missing", description="What an absent row means.")
    future_gaps: Literal["error", "carry", "zero"] = Field(
        "error", description="A future covariate that is missing in the horizon: refused, carried forward, or 0."
    )
    bad_rows: Literal["error", "set_aside"] = Field(
        "error", description="A row without a key or time, or with a value that cannot be read: refused, or left out."
    )
    off_grid: Literal["error", "floor", "set_aside"] = Field(
        "error", description="A time off the grid: refused, counted for the step that contains it, or left out."
    )
    repeated_hour: Literal["error", "in_order"] = Field(
        "error",
        description="Local stamps of the hour that clocks repeat in autumn: refused, or told by the order of rows.",
    )

    @model_validator(mode="after")
    def _one_role_a_column(self) -> Self:
        seen: dict[str, str] = {}
        named: dict[str, Columns] = {
            "series": self.series,
            "time": (self.time,),
            "known_at": (self.known_at,) if self.known_at is not None else (),
            "targets": self.targets,
            "past_covariates": self.past_covariates,
            "future_covariates": self.future_covariates,
            "static_covariates": self.static_covariates,
        }
        for role, names in named.items():
            for name in names:
                if name in seen:
                    raise ValueError(f"column {name!r} is named twice: in {seen[name]} and in {role}")
                seen[name] = role
        if self.future is not None and not self.future_covariates:
            raise ValueError("source.future is there for future_covariates, and none is named")
        return self

    @property
    def roles(self) -> Roles:
        """The columns of the source itself."""
        elsewhere = self.future is not None and self.future.covers == "everything"
        numbers = (*self.targets, *self.past_covariates, *(() if elsewhere else self.future_covariates))
        return Roles(self.series, self.time, self.known_at, numbers, self.static_covariates)

    @property
    def future_roles(self) -> Roles:
        """The columns of `source.future`."""
        known_at = self.future.known_at if self.future is not None else None
        return Roles(self.series, self.time, known_at, self.future_covariates)


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
        "baseline", description="A series with fewer steps than half of the shortest look-back."
    )
    exclude: tuple[str, ...] = Field((), description="Series to leave out; key columns joined by `/`.")
    max_failed_share: Share = Field(0.2, description="Publish nothing when more than this share of series fails.")
    max_bad_share: Share = Field(0.05, description="Refuse the table when more than this share of rows is set aside.")
    freshness: PositiveInt | None = Field(
        None,
        description="Steps that the newest observation may lie before the cutoff; found when left out.",
    )
    late_end: Literal["error", "degrade"] = Field(
        "error", description="A table that ends earlier than that: refused, or forecast all the same and said so."
    )
    expected_for: Annotated[int, Field(ge=0)] = Field(
        30, description="Days for which a series that ended, or vanished from the table, is still forecast."
    )
