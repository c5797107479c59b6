"""Whether a store will do is asked without changing it."""

import pytest

from lstm.errors import StoreError, StoreUnavailableError
from lstm.storage.store.database import upgrade_store
from lstm.storage.store.readiness import check_store


def test_a_store_of_the_right_version_will_do_and_one_that_is_missing_is_not_made(database_url, tmp_path):
    """A server's must be upgraded by a person; an SQLite file is brought up to date by the run."""
    if database_url.startswith("sqlite"):
        check_store(database_url)
        assert not list(tmp_path.iterdir())
    else:
        with pytest.raises(StoreError, match=r"has no Nightcast tables yet, .*nightcast db upgrade"):
            check_store(database_url)
    upgrade_store(database_url)
    check_store(database_url)


def test_a_server_that_is_away_is_told_as_such():
    with pytest.raises(StoreUnavailableError, match="cannot be reached"):
        check_store("postgresql://127.0.0.1:1/nightcast")
