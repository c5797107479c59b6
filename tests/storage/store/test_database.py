"""The store database: where it is, its version, its locks, and what its errors may show."""

import logging
import multiprocessing
import sqlite3
import traceback
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, event, select, text

from lstm.config import Store
from lstm.errors import ConfigError, StoreError, StoreUnavailableError
from lstm.storage.sql.connections import SINK, connect, transaction
from lstm.storage.sql.dialects.sqlite import begin_explicitly
from lstm.storage.store import database
from lstm.storage.store.database import VERSION_TABLE, open_store, redacted, store_url, upgrade_store, write_transaction
from lstm.storage.store.schema import metadata, pipelines

HEAD = database.migrations().get_current_head()
SPAWN = multiprocessing.get_context("spawn")
PASSWORD, ENCODED = "p@ss/w:rd%41-not-real", "p%40ss%2Fw%3Ard%2541-not-real"


def test_without_a_url_the_store_is_sqlite_in_its_folder(tmp_path):
    """The folder is made; a relative path is seen from the pipeline file."""
    url = store_url(Store(), tmp_path)
    assert url == f"sqlite:///{tmp_path / 'store' / 'nightcast.db'}"
    open_store(url).dispose()
    assert (tmp_path / "store" / "nightcast.db").exists()
    assert store_url(Store(url="sqlite:///other/my.db"), tmp_path) == f"sqlite:///{tmp_path / 'other' / 'my.db'}"


def test_a_url_comes_from_the_environment_or_a_block_and_gets_its_driver(tmp_path, monkeypatch):
    """The pipeline file says only where it is; the password survives with its special characters."""
    monkeypatch.setenv("STORE_URL", f"postgresql://me:{ENCODED}@host:5432/night")
    assert store_url(Store(url="env:STORE_URL"), tmp_path) == f"postgresql+psycopg://me:{ENCODED}@host:5432/night"
    blocks = {"store": "mariadb://me@host/night"}
    assert store_url(Store(url="block:store"), tmp_path, blocks=blocks.__getitem__) == "mysql+pymysql://me@host/night"
    monkeypatch.delenv("STORE_URL")
    with pytest.raises(ConfigError, match="the environment variable STORE_URL is not set"):
        store_url(Store(url="env:STORE_URL"), tmp_path)


def test_a_store_folder_on_an_object_store_needs_a_database_of_its_own(tmp_path):
    """SQLite cannot lie there."""
    with pytest.raises(ConfigError, match=r"store.folder is s3://bucket/store.*name a database in store.url"):
        store_url(Store(folder="s3://bucket/store"), tmp_path)


def test_the_migrations_make_the_schema_that_the_code_uses(store):
    """Law: alembic finds no difference between the migrated database and `schema.metadata`."""
    with store.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []


def test_a_server_without_the_schema_is_refused_with_the_command_that_makes_it(database_url):
    """An embedded SQLite makes it by itself."""
    if database_url.startswith("sqlite"):
        open_store(database_url).dispose()
        return
    message = (
        rf"has no Nightcast tables yet, this Nightcast needs version {HEAD}; run: nightcast db upgrade PIPELINE.toml"
    )
    with pytest.raises(StoreError, match=message):
        open_store(database_url)
    assert upgrade_store(database_url) == HEAD
    open_store(database_url).dispose()


def test_a_newer_schema_is_refused_and_left_alone(store, database_url):
    """Both versions are named; an old Nightcast never touches what it does not know."""
    with transaction(store, write=True) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(StoreError, match=rf"version 9999.* {HEAD}"):
        open_store(database_url)
    with pytest.raises(StoreError, match=rf"version 9999, newer than version {HEAD} of this Nightcast"):
        upgrade_store(database_url)


def test_an_embedded_store_of_an_older_schema_is_backed_up_before_its_upgrade(tmp_path, monkeypatch):
    """The copy holds what was there; a fresh file needs none. Here a version 0000 comes before the first."""
    scripts = tmp_path / "migrations"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text((database._MIGRATIONS / "env.py").read_text())
    first = (database._MIGRATIONS / "versions" / "0001_registry.py").read_text()
    (scripts / "versions" / "0000.py").write_text(
        "revision = '0000'\ndown_revision = None\n\ndef upgrade():\n    pass\n"
    )
    monkeypatch.setattr(database, "_MIGRATIONS", scripts)
    path = tmp_path / "store.db"
    engine = open_store(f"sqlite:///{path}")
    with transaction(engine, write=True) as connection:
        connection.execute(text("CREATE TABLE mine (x INTEGER)"))
    engine.dispose()
    assert not list(tmp_path.glob("*.backup"))
    (scripts / "versions" / "0001.py").write_text(first.replace("down_revision = None", 'down_revision = "0000"'))
    open_store(f"sqlite:///{path}").dispose()
    with sqlite3.connect(tmp_path / "store.db.version-0000.backup") as copy:
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == {"mine", VERSION_TABLE}


@pytest.mark.slow
def test_several_processes_may_open_a_fresh_embedded_store_at_once(tmp_path):
    """One makes the schema, the others wait for it."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    openers = [SPAWN.Process(target=open_store, args=(url,)) for _ in range(4)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert [opener.exitcode for opener in openers] == [0, 0, 0, 0]


def test_a_write_transaction_has_the_pipeline_to_itself(store):
    """A second one on the same pipeline is given nothing until the first has ended, and then sees what it left."""
    impatient = create_engine(store.url, **_impatient(store))
    if store.dialect.name == "sqlite":
        begin_explicitly(impatient)
    with write_transaction(store, "small") as connection:
        connection.execute(pipelines.update().values(champion_version=None, contract="{}"))
        with pytest.raises(StoreUnavailableError, match="is locked"), write_transaction(impatient, "small"):
            pass
    with write_transaction(impatient, "small") as connection:
        assert connection.scalar(select(pipelines.c.contract)) == "{}"
    impatient.dispose()


def _impatient(engine: Engine) -> dict[str, object]:
    if engine.dialect.name == "sqlite":
        return {"connect_args": {"timeout": 0}}
    if engine.dialect.name == "postgresql":
        return {"connect_args": {"options": "-c lock_timeout=100"}}
    return {"connect_args": {"init_command": "SET SESSION innodb_lock_wait_timeout = 1"}}


def test_a_transaction_that_fails_leaves_nothing(store):
    """SQLite's driver alone would commit a CREATE TABLE and what came before it."""

    def half_a_change() -> None:
        with write_transaction(store, "small") as connection:
            connection.execute(pipelines.update().values(contract="half"))
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        half_a_change()
    with transaction(store) as connection:
        assert connection.scalar(select(pipelines.c.contract)) is None


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg", "mysql", "mariadb", "postgresql+psycopg2"])
def test_a_refused_connection_names_the_place_and_nothing_of_the_password(driver, caplog):
    """Law: neither the raw nor the encoded password, nor a part, in message, traceback, chained errors or logs."""
    caplog.set_level(logging.DEBUG)
    url = f"{driver}://forecast:{ENCODED}@127.0.0.1:1/sales"
    with pytest.raises((StoreUnavailableError, ConfigError)) as caught:
        open_store(url)
    assert f"{driver.split('+')[0].replace('mariadb', 'mysql')}://127.0.0.1:1/sales" in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    linked: BaseException | None = caught.value
    seen: list[str] = []
    while linked is not None:
        seen += [str(linked), repr(linked)]
        linked = linked.__cause__ or linked.__context__
    for secret in (PASSWORD, ENCODED, "ss/w:rd", "ss%2Fw", "41-not-real"):
        assert secret not in shown + "".join(seen)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://forecast:{PASSWORD}@127.0.0.1:1/sales",
        "postgresql://f:p@s:s@h/d",
        "nonsense",
        "postgresql://f:a@b@h/d",
    ],
)
def test_a_url_whose_password_is_not_encoded_is_refused_without_repeating_it(url):
    """The rest of such a password would be taken for host and database, and shown as such."""
    with pytest.raises(ConfigError, match=r"percent-encoded \(@ is %40") as caught:
        open_store(url)
    assert "ss" not in str(caught.value).replace("password", "")
    assert redacted(url) == "(a database URL that cannot be read)"


def test_what_is_shown_of_a_url_is_its_place_only():
    """No user, no password, no options, which may hold a password too."""
    assert redacted(f"postgresql://me:{ENCODED}@host:5432/night?sslpassword=x") == "postgresql://host:5432/night"
    assert redacted("mariadb://me@host/night") == "mariadb://host/night"
    assert redacted("sqlite:////var/store.db") == "sqlite:////var/store.db"


def test_a_wrong_password_does_not_come_back_in_the_message(database_url):
    """MariaDB answers at once; PostgreSQL here trusts local users, so an unknown user is refused."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has no passwords")
    from sqlalchemy import make_url

    url = make_url(database_url).set(username="nobody-of-that-name", password=PASSWORD)
    with pytest.raises(StoreError) as caught:
        open_store(url.render_as_string(hide_password=False))
    assert "not-real" not in str(caught.value)
    assert f":{url.port}/{url.database}" in str(caught.value)


def test_a_lost_connection_is_replaced_before_it_is_used(store):
    """Fault: the database dropped the idle connection while training went on."""
    if store.dialect.name == "sqlite":
        pytest.skip("SQLite has no connection to lose")
    lost: list[object] = []

    @event.listens_for(store, "checkin")
    def _drop(connection, _record):
        if not lost:
            lost.append(connection)
            connection.close()

    with transaction(store) as connection:
        connection.execute(select(1))
    with write_transaction(store, "small") as connection:
        assert connection.scalar(select(pipelines.c.name)) == "small"
    assert lost


def test_an_unknown_kind_of_database_is_the_users_mistake():
    """So is a driver that is not installed; both say what to install."""
    with pytest.raises(ConfigError, match=r"delphi.*not known; use sqlite://"):
        connect("delphi://host/db", SINK)
    with pytest.raises(ConfigError, match=r"postgresql://host:1/d: the driver 'psycopg2' is not installed"):
        connect("postgresql+psycopg2://me:secret@host:1/d", SINK)


def test_a_missing_folder_of_an_sqlite_file_is_told(tmp_path: Path):
    """The message names the file."""
    with pytest.raises(StoreUnavailableError, match=r"missing/store.db cannot be reached or is locked: unable to open"):
        open_store(f"sqlite:///{tmp_path / 'missing' / 'store.db'}")


def test_a_file_that_is_no_database_is_refused_in_words(tmp_path):
    """Random bytes in the place of nightcast.db."""
    (tmp_path / "nightcast.db").write_bytes(b"not a database, but long enough to have a header of sorts" * 20)
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(f"sqlite:///{tmp_path / 'nightcast.db'}")


def test_a_folder_that_cannot_be_made_is_refused_in_words(tmp_path):
    """The store's folder is a file."""
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StoreError, match="cannot be made"):
        store_url(Store(folder="store/inner"), tmp_path)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_store_in_memory_is_refused(url, tmp_path):
    """It would keep nothing, and every night would look good."""
    with pytest.raises(ConfigError, match="keeps nothing"):
        store_url(Store(url=url), tmp_path)
