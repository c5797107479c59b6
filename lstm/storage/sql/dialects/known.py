"""Which dialect a connection speaks: the one place that lists the databases that Nightcast writes to."""

from sqlalchemy import Connection, Dialect, Engine, Inspector

from lstm.storage.sql.dialects.dialect import SqlDialect
from lstm.storage.sql.dialects.mariadb import MARIADB, MYSQL
from lstm.storage.sql.dialects.postgresql import POSTGRESQL
from lstm.storage.sql.dialects.sqlite import SQLITE

KNOWN = {dialect.name: dialect for dialect in (SQLITE, POSTGRESQL, MARIADB)}
DRIVERS = {scheme: driver for dialect in KNOWN.values() for scheme, driver in dialect.drivers.items()}


def dialect_named(name: str) -> SqlDialect:
    """The dialect of SQLAlchemy's name for a kind of database."""
    return KNOWN.get(name) or SqlDialect(name)


def dialect_of(connection: Connection | Engine | Inspector | Dialect) -> SqlDialect:
    """The dialect of a connection. MySQL is known from MariaDB once the engine has connected."""
    dialect = connection if isinstance(connection, Dialect) else connection.dialect
    if dialect.name == "mysql" and not getattr(dialect, "is_mariadb", False):
        return MYSQL
    return dialect_named(dialect.name)
