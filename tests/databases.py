"""Empty databases of the servers that the environment names."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine, make_url, text

VARIABLES = {"postgresql": "NIGHTCAST_TEST_POSTGRESQL", "mariadb": "NIGHTCAST_TEST_MARIADB"}


@contextmanager
def empty_database(kind: str) -> Iterator[str]:
    """URL of an empty database of a random name, which is dropped afterwards. Skips where there is no such server."""
    server = _server(VARIABLES[kind])
    name = f"nightcast_{secrets.token_hex(6)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        forced = " WITH (FORCE)" if kind == "postgresql" else ""
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name}{forced}"))
        admin.dispose()


def _server(variable: str) -> str:
    url = os.environ.get(variable)
    if url:
        return url
    reason = f"set {variable} to the URL of a server, such as .ci/run does"
    if os.environ.get("NIGHTCAST_REQUIRE_DATABASES") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def user_of(url: str, *grants: str) -> Iterator[str]:
    """URL of a server's database for a user of its own, who has what was granted and is dropped afterwards."""
    name, admin = f"u{secrets.token_hex(6)}", create_engine(url)
    is_postgresql = url.startswith("postgresql")
    login = f"CREATE ROLE {name} LOGIN PASSWORD 'x'" if is_postgresql else f"CREATE USER {name} IDENTIFIED BY 'x'"
    with admin.begin() as connection:
        for statement in (login, *(f"{grant} {name}" for grant in grants)):
            connection.execute(text(statement))
    try:
        yield make_url(url).set(username=name, password="x").render_as_string(hide_password=False)
    finally:
        with admin.begin() as connection:
            for statement in ([f"DROP OWNED BY {name}"] if is_postgresql else []) + [f"DROP USER {name}"]:
                connection.execute(text(statement))
        admin.dispose()


def reading_of(url: str) -> str:
    """The grant by which a user of a server's database may read all its tables."""
    everything = "ALL TABLES IN SCHEMA public" if url.startswith("postgresql") else f"{make_url(url).database}.*"
    return f"GRANT SELECT ON {everything} TO"
