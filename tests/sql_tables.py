"""Tables of a database, filled by SQL, asked, and read as a source."""

from sqlalchemy import create_engine, text

from lstm.config import Source
from lstm.storage.sources.databases.sql import read_database

ROLES = {"url": "env:ANY", "series": ["id"], "time": "ds", "targets": ["y"]}


def fill(url, *statements):
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def ask(url, query):
    """The rows that a query answers, as tuples."""
    engine = create_engine(url)
    with engine.connect() as connection:
        answer = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return answer


def read(url, *, binds=None, **changes):
    """The rows of a source, with the columns id, ds and y unless something else is said."""
    settings = Source.model_validate(ROLES | changes)
    return read_database(settings, settings.roles, url, binds or {}, settings.bad_rows)


def rows(table):
    """Tuples of Python values; stamps without a zone as they are, instants in UTC."""
    return [tuple(row.values()) for row in table.table.to_pylist()]


def kind(url):
    return url.split(":")[0].split("+")[0]
