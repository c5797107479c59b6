"""Whether a store will do is asked without changing it."""

import pytest
from databases import reading_of, user_of

from lstm.errors import StoreError, StoreUnavailableError
from lstm.storage.store.database import VERSION_TABLE, upgrade_store
from lstm.storage.store.readiness import check_store
from lstm.storage.store.schema import metadata


def test_a_store_of_the_right_version_will_do_and_one_that_is_missing_is_not_made(database_url, tmp_path):
    """A server's must be upgraded by a person; an SQLite file is brought up to date by the run."""
    if database_url.startswith("sqlite"):
        check_store(database_url, "forecasts")
        assert not list(tmp_path.iterdir())
    else:
        with pytest.raises(StoreError, match=r"has no Nightcast tables yet, .*nightcast db upgrade"):
            check_store(database_url, "forecasts")
    upgrade_store(database_url)
    check_store(database_url, "forecasts")


def test_a_server_that_is_away_is_told_as_such():
    with pytest.raises(StoreUnavailableError, match="cannot be reached"):
        check_store("postgresql://127.0.0.1:1/nightcast", "forecasts")


def test_a_right_that_the_store_s_user_lacks_is_named(database_url):
    """Fault: a user who may only read was found out when the run was begun, or by the publication."""
    upgrade_store(database_url)
    if database_url.startswith("sqlite"):
        pytest.skip("a file has no users")
    tables = [table.name for table in metadata.sorted_tables]
    granted = [f"GRANT SELECT, INSERT, UPDATE ON {name} TO" for name in (*tables, VERSION_TABLE)]
    with (
        user_of(database_url, *granted) as url,
        pytest.raises(StoreError, match=r"user \w+ may not DELETE in table \w+ .*GRANT DELETE ON"),
    ):
        check_store(url, "forecasts")
    full = [f"{grant.replace('UPDATE', 'UPDATE, DELETE')}" for grant in granted]
    with (
        user_of(database_url, reading_of(database_url), *full) as url,
        pytest.raises(StoreError, match=r"there is no table forecasts, and user \w+ may not make it"),
    ):
        check_store(url, "forecasts")
