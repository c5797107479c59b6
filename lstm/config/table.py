"""A table: where it is, how it is written, and which column plays which role."""

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from lstm.config.secrets import refuse_password
from lstm.config.settings import Columns, Settings


@dataclass(frozen=True)
class Roles:
    """Which columns of a table are read, and as what. numbers: targets, past and future covariates, in that order."""

    series: Columns
    time: str
    known_at: str | None
    numbers: Columns
    static: Columns = ()

    @property
    def times(self) -> Columns:
        """The time column, then `known_at` where there is one."""
        return (self.time,) if self.known_at is None else (self.time, self.known_at)

    @property
    def columns(self) -> Columns:
        """Every column that is read, each once."""
        return (*self.series, *self.times, *self.numbers, *self.static)


class Table(Settings):
    """A file or a table of a database. What is left out of a CSV's dialect is told by its bytes, and reported."""

    path: str | None = Field(None, description="CSV (also compressed) or Parquet; a glob reads several files.")
    url: str | None = Field(None, description="SQLAlchemy URL, or `env:NAME` / `block:NAME` that holds one.")
    table: str | None = Field(None, description="Table to read, `schema.table` where it has a schema.")
    query: str | None = Field(None, description="Query to read; may bind `:as_of` and `:horizon_end`.")
    encoding: str | None = Field(None, description="Encoding of a CSV; by its byte-order mark, else UTF-8.")
    separator: str | None = Field(
        None, min_length=1, max_length=1, description="Column separator of a CSV; found when left out."
    )
    decimal: Literal[".", ","] = Field(".", description="Decimal mark of a CSV.")
    thousands: Literal[".", ",", " ", "'", "_"] | None = Field(
        None, description="Thousands mark of a CSV; a space means narrow and no-break spaces too."
    )
    columns: Columns = Field((), description="Names of all columns of a CSV that has no header line, in their order.")
    skip_lines: int = Field(0, ge=0, le=1_000_000, strict=True, description="Lines of a CSV before its header.")
    comment: str | None = Field(
        None, min_length=1, max_length=8, description="Lines of a CSV that begin with this are left out."
    )
    time_format: str | None = Field(
        None,
        description="strptime format of text stamps (`%q` is a quarter), or `excel`, `unix`, `unix_ms`; ISO 8601 and "
        "forms that can be read in one way only are found when left out.",
    )

    @field_validator("url")
    @classmethod
    def _no_password(cls, url: str | None) -> str | None:
        return refuse_password(url)

    @field_validator("separator")
    @classmethod
    def _separator_is_one_byte(cls, separator: str | None) -> str | None:
        if separator is not None and (not separator.isascii() or separator in '"\0\r\n'):
            raise ValueError("a separator is one ASCII character, such as ; or a tab, and no quote or line end")
        return separator

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path (a file) or url (a database)")
        if self.url is not None and (self.table is None) == (self.query is None):
            raise ValueError("a url needs either table or query")
        if self.path is not None and (self.table is not None or self.query is not None):
            raise ValueError("table and query belong to url, not to path")
        if self.thousands == self.decimal:
            raise ValueError(f"thousands and decimal are both {self.decimal!r}; they differ")
        if self.separator is not None and self.separator in (self.thousands, self.decimal) and self.separator != ",":
            raise ValueError(f"separator and another mark are both {self.separator!r}; they differ")
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("columns names one column twice")
        return self
