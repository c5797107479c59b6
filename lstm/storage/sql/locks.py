"""A lock of a name in a database, which one transaction holds until it ends, however it ends."""

import hashlib

from sqlalchemy import Connection, text

from lstm.storage.sql.connections import Faults
from lstm.storage.sql.dialects.known import dialect_of

WAIT_SECONDS = 60


def hold(connection: Connection, name: str, faults: Faults) -> None:
    """Waits until nobody else holds the name, and holds it as long as the transaction lives; with it the lock is gone.

    The next statement sees what the last holder left. MariaDB's locks are the session's, so its connection must be
    closed after the transaction. SQLite's `BEGIN IMMEDIATE` is such a lock already.
    Raises `faults.unavailable` where it is not given within a minute.
    """
    dialect, digest = dialect_of(connection), hashlib.sha256(f"{connection.engine.url.database} {name}".encode())
    if dialect.transaction_lock is not None:
        number = int.from_bytes(digest.digest()[:8], signed=True)
        connection.execute(text(dialect.transaction_lock), {"number": number})
    elif dialect.session_lock is not None:
        held = {"name": f"nightcast-{digest.hexdigest()[:32]}", "seconds": WAIT_SECONDS}
        if connection.scalar(text(dialect.session_lock[0]), held) != 1:
            raise faults.unavailable(f"another process has been writing into {name} for {WAIT_SECONDS} s")
