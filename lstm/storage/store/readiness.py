"""Whether a store database can be used, asked without changing anything."""

import os

from lstm.errors import StoreError
from lstm.storage.sql.connections import STORE, connect
from lstm.storage.sql.dialects.known import dialect_of
from lstm.storage.sql.url import parse_url, sqlite_file
from lstm.storage.store.database import migrations, other_version, version_of


def check_store(url: str) -> None:
    """Raises what `open_store` would raise, and changes nothing: an SQLite file is neither made nor brought up to date.

    Raises StoreError for a file or a folder that cannot be written.
    """
    file = sqlite_file(parse_url(url))
    place = next((place for place in (file, *file.resolve().parents) if place.exists()), file) if file else None
    if place is not None and not os.access(place, os.W_OK):
        raise StoreError(f"the store database cannot be written in {place}; mend its permissions, or name another")
    if file is not None and not file.exists():
        return
    engine = connect(url, STORE)
    try:
        version, newest = version_of(engine), migrations().get_current_head()
        known = {script.revision for script in migrations().walk_revisions()}
        if version != newest and (not dialect_of(engine).in_a_file or version not in (None, *known)):
            raise other_version(url, version, newest)
    finally:
        engine.dispose()
