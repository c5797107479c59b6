"""The effects of a process, told one by one just before they happen: files, statements, commits and batches of rows."""

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pyarrow.csv as pa_csv
from sqlalchemy import Engine, event

from lstm.storage.sources.databases import postgresql_copy as copy_source
from lstm.storage.sql import bulk

Tell = Callable[[str], None]

RENAMED, REMOVED, SQL, COMMIT, ROWS, READ = "rename", "remove", "sql", "commit", "batch of rows", "chunk read"
BEGUN = "begun"  # the process itself, before it has imported anything of Prefect's or ours
BATCH_ROWS = 10
CHUNK_BYTES = 2_000


def tell_effects(tell: Tell) -> None:
    """From now on tells `rename PATH`, `remove PATH`, `sql STATEMENT`, `commit`, `batch of rows` and `chunk read`.

    Batches and chunks are small, so that a small table has several.
    """
    sys.addaudithook(lambda name, arguments: _file_effect(name, arguments, tell))
    event.listen(Engine, "before_cursor_execute", lambda *arguments: tell(f"{SQL} {' '.join(arguments[2].split())}"))
    event.listen(Engine, "commit", lambda _: tell(COMMIT))
    bulk.BATCH_ROWS, copy_source.CHUNK_BYTES = BATCH_ROWS, CHUNK_BYTES
    bulk._tuples = _told(tell, ROWS, bulk._tuples)
    writer = SimpleNamespace(WriteOptions=pa_csv.WriteOptions, write_csv=_told(tell, ROWS, pa_csv.write_csv))
    vars(bulk)["pa_csv"] = writer
    copy_source._parsed = _told(tell, READ, copy_source._parsed)


def _file_effect(name: str, arguments: tuple[Any, ...], tell: Tell) -> None:
    if name == "os.rename":
        tell(f"{RENAMED} {arguments[1]}")
    elif name == "os.remove":
        tell(f"{REMOVED} {arguments[0]}")


def _told(tell: Tell, what: str, act: Callable[..., Any]) -> Any:
    def observed(*arguments: Any, **named: Any) -> Any:
        tell(what)
        return act(*arguments, **named)

    return observed
