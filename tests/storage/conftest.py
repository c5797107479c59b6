"""A store database of each kind."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from lstm.storage.store.database import open_store, upgrade_store


@pytest.fixture
def store(database_url: str) -> Iterator[Engine]:
    """A fresh store database of the newest schema."""
    upgrade_store(database_url)
    engine = open_store(database_url)
    yield engine
    engine.dispose()
