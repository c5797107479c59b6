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
