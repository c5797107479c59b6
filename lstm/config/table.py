"""A table: where it is, how it is written, and which column plays which role."""

from dataclasses import dataclass
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from lstm.config.secrets import refuse_password
from lstm.config.settings import Columns, PositiveInt, Settings


@dataclass(frozen=True)
class Roles:
    """Which columns of a table are read, and as what. numbers: targets, past and future covariates, in that order.

    time_parts: columns that are joined to `time` when the table is read, and are no columns of their own afterwards.
    """

    series: Columns
    time: str
    known_at: str | None
    numbers: Columns
    static: Columns = ()
    time_parts: Columns = ()

    @property
    def times(self) -> Columns:
        """The time column, then `known_at` where there is one."""
        return (self.time,) if self.known_at is None else (self.time, self.known_at)

    @property
    def columns(self) -> Columns:
        """Every column that rows have once they are read, each once."""
        return (*self.series, *self.times, *self.numbers, *self.static)

    @property
    def read(self) -> Columns:
        """Every column that is read from the table, each once."""
        return (*self.columns, *self.time_parts)


class Table(Settings):
    """A file or a table of a database. How a CSV is written is found from the file where keys are left out."""

    path: str | None = Field(
        None,
        description="File of CSV (it may be compressed), JSON lines or Parquet. A pattern such as `sales-*.csv` "
        "reads several as one table.",
    )
    url: str | None = Field(
        None, description="Database to read from. `env:NAME` or `block:NAME` where the URL has a password."
    )
    table: str | None = Field(
        None,
        description="Table or view to read from the database that `url` names, `schema.table` where it has a "
        "schema. Give `query` instead for a part of it.",
    )
    query: str | None = Field(
        None,
        description="Query in place of a table. It may use `:as_of`, the moment of the run, and "
        "`:horizon_end`, the last time that is forecast.",
    )
    shards: PositiveInt | None = Field(
        None,
        description="How many parts a query is read in, one after the other in one transaction. The query says which "
        "rows are in part `:shard` of `:shards`, counted from 0, such as `where abs(id) % :shards = :shard`.",
    )
    encoding: str | None = Field(
        None,
        description="Encoding of a CSV, such as `cp1252`. When left out: as the first bytes of the file "
        "say, else UTF-8.",
    )
    separator: str | None = Field(
        None,
        min_length=1,
        max_length=1,
        description="What separates the columns of a CSV. Found from the file when left out.",
    )
    decimal: Literal[".", ","] = Field(".", description="Decimal mark of the numbers in a CSV.")
    thousands: Literal[".", ",", " ", "'", "_"] | None = Field(
        None,
        description="Thousands mark of the numbers in a CSV. A space also means the narrow and the no-break space.",
    )
    missing: tuple[str, ...] = Field(
        (),
        description="Words and numbers that stand for a missing value in number columns, beside the usual ones such as "
        '`NA`, `.`, `?` and `n/a`: `["-200", "k.W."]`. A number means its value, however it is written. Only the cell '
        "is missing; the rest of its row counts.",
    )
    columns: Columns = Field((), description="Names of all columns of a CSV that has no header line, in their order.")
    skip_lines: int = Field(
        0, ge=0, le=1_000_000, strict=True, description="How many lines of a CSV to skip before its header."
    )
    comment: str | None = Field(
        None, min_length=1, max_length=8, description="Lines of a CSV that begin with this text are left out."
    )
    time_format: str | None = Field(
        None,
        description="How times are written that are text, as for `strptime`: `%d.%m.%Y %H:%M`; `%q` is a "
        "quarter. For numbers: `excel`, `unix` or `unix_ms`. When left out, ISO 8601 is read,"
        " and any form that can be read in one way only.",
    )

    @field_validator("url")
    @classmethod
    def _no_password(cls, url: str | None) -> str | None:
        return refuse_password(url)

    @field_validator("missing", mode="before")
    @classmethod
    def _codes_are_texts(cls, missing: object) -> object:
        codes = missing if isinstance(missing, (list, tuple)) else ()
        if any(isinstance(code, str) and not code.strip() for code in codes):
            raise ValueError("a code for a missing value is empty; an empty cell is missing anyway, leave the code out")
        numbers = [isinstance(code, (int, float)) and not isinstance(code, bool) for code in codes]
        return tuple(str(code) if number else code for code, number in zip(codes, numbers, strict=True)) or missing

    @field_validator("separator")
    @classmethod
    def _separator_is_one_byte(cls, separator: str | None) -> str | None:
        if separator is not None and (not separator.isascii() or separator in '"\0\r\n'):
            raise ValueError("a separator is one ASCII character, such as ; or a tab, but not a quote or a line end")
        return separator

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path (a file) or url (a database)")
        if self.url is not None and (self.table is None) == (self.query is None):
            raise ValueError("a url needs either table or query")
        if self.path is not None and (self.table is not None or self.query is not None):
            raise ValueError("table and query belong to url, not to path")
        if self.shards is not None and self.query is None:
            raise ValueError(
                "shards are parts of a query; give one that says which rows are in part :shard of :shards, "
                "or leave shards out"
            )
        if self.thousands == self.decimal:
            raise ValueError(f"thousands and decimal are both {self.decimal!r}; give two different marks")
        if self.separator is not None and self.separator in (self.thousands, self.decimal) and self.separator != ",":
            raise ValueError(
                f"separator is {self.separator!r}, and so is a mark of the numbers; give another separator"
            )
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("columns names one column twice")
        return self
