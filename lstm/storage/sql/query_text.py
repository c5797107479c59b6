"""A query as a person writes it: which of its colons bind a value, and where its one statement ends."""

import re
from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from lstm.errors import SourceError
from lstm.storage.sql.dialects.dialect import SqlDialect


def bound_query(query: str, dialect: SqlDialect, binds: Mapping[str, object]) -> sa.TextClause:
    """The one statement of a query, with the values that it binds.

    Colons in literals, quoted names and comments, and those of `::`, bind nothing; a semicolon at the end is left out.
    `:as_of` is an instant, see `bind_value` for what compares with it.
    Raises SourceError for a second statement and for a name without a value.
    """
    statement = sa.text(_escaped(query, dialect))
    names = list(statement.compile().params)
    unknown = [name for name in names if name not in binds]
    if "horizon_end" in unknown:
        raise SourceError("the query of the source binds :horizon_end, which needs `frequency` in the pipeline file")
    if {"shard", "shards"} & set(unknown):
        raise SourceError(
            "the query of the source binds :shard or :shards, which need `source.shards` in the pipeline file"
        )
    unbound = [name for name in ("shard", "shards") if name in binds and name not in names]
    if unbound:
        raise SourceError(
            f"the source is to be read in {binds['shards']} shards, and its query does not bind :{unbound[0]}, so that "
            "rows would come several times or never; say which rows are in part :shard of :shards, or leave "
            "source.shards out"
        )
    if unknown:
        raise SourceError(
            f"the query of the source has a parameter :{unknown[0]}, for which there is no value; only :as_of, "
            ":horizon_end, :shard and :shards have one. Where the colon is part of a text, write \\: instead"
        )
    # Without a type of SQLAlchemy's, which would make a stamp without a zone of an instant.
    plain = sa.types.NullType()
    return statement.bindparams(
        *(sa.bindparam(name, bind_value(name, binds[name], dialect), type_=plain) for name in names)
    )


def bind_value(name: str, value: object, dialect: SqlDialect) -> object:
    """What a database is given for `:as_of` or `:horizon_end`; dates and integers are themselves, instants UTC.

    PostgreSQL: a timestamptz. A column of dates or of stamps without a zone is taken as UTC beside it; where they are
    local, write `stamp <= :as_of at time zone 'Europe/Berlin'`. MariaDB and others: a stamp of UTC without a zone, as
    a TIMESTAMP column is read too; for local ones `stamp <= convert_tz(:as_of, '+00:00', 'Europe/Berlin')`.
    SQLite compares texts. `:as_of` has the form of its own functions, `2024-01-31 05:00:00`: it compares with such
    stamps and with dates, and with any other form by `datetime(stamp) <= :as_of`. `:horizon_end` has the form
    `2024-01-31T05:00:00Z`, which sorts after both forms of the same day, so that no covariate is lost by its spelling.
    """
    return dialect.bind_time(name, value) if isinstance(value, date) else value


def _escaped(query: str, dialect: SqlDialect) -> str:
    """The first statement, in which every colon that binds nothing has the backslash that SQLAlchemy asks for."""
    inert = re.compile("|".join(dialect.inert), re.DOTALL)
    bare = inert.sub(lambda match: " " * len(match.group()), query)
    statement, semicolon, rest = bare.partition(";")
    if rest.strip(" \t\r\n;"):
        raise SourceError("the query of the source holds two statements; a source is read with one")
    end = len(statement) if semicolon else len(query)
    inside = inert.sub(lambda match: match.group().replace(":", "\\:"), query[:end])
    return re.sub(r"(?<!\\)::", r"\\:\\:", inside)
