"""Databases of every kind, empty and of a random name."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

VARIABLES = {"postgresql": "NIGHTCAST_TEST_POSTGRESQL", "mariadb": "NIGHTCAST_TEST_MARIADB"}


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.slow),
        pytest.param("mariadb", marks=pytest.mark.slow),
    ]
)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of an empty database, which is dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server = _server(VARIABLES[request.param])
    name = f"nightcast_{secrets.token_hex(6)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        forced = " WITH (FORCE)" if request.param == "postgresql" else ""
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
