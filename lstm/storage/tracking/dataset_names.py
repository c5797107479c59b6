"""Tables, files and folders as OpenLineage's specification names them: a namespace, and a name within it.

The source is the page "Naming" of the specification. It has no entry for SQLite: a database is its file there.
"""

import re
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.engine import URL

from lstm.storage.sql.url import in_a_file, parse_url

DEFAULT_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}
SCHEMES = {"postgresql": "postgres", "mysql": "mysql", "mariadb": "mysql"}
WILDCARD = re.compile(r"[*?\[]")


class DatasetName(NamedTuple):
    """`postgres://host:5432` and `database.schema.table`."""

    namespace: str
    name: str


def table_name(url: str, table: str) -> DatasetName:
    """The name of a table of a database; table: `schema.table` where it has a schema. No user or password is in it."""
    parsed = parse_url(url)
    backend = parsed.get_backend_name()
    plain = table.replace('"', "").replace("`", "")
    if in_a_file(parsed):
        return DatasetName(f"sqlite://{parsed.database or ''}", plain)
    namespace = f"{SCHEMES.get(backend, backend)}://{_authority(parsed, backend)}"
    if backend == "postgresql" and "." not in plain:
        plain = f"public.{plain}"
    parts = plain.split(".")
    in_database = parts[-1:] if backend in ("mysql", "mariadb") and parts[:-1] == [parsed.database] else parts
    return DatasetName(namespace, ".".join([parsed.database or "", *in_database]))


def _authority(url: URL, backend: str) -> str:
    port = url.port or DEFAULT_PORTS.get(backend)
    return f"{url.host or 'localhost'}:{port}" if port is not None else url.host or "localhost"


def place_name(place: str, folder: Path) -> DatasetName:
    """The name of a file or folder, a path seen from `folder` or a URL such as `s3://…`.

    A pattern of several files is the folder that holds them all.
    """
    parts = place.split("/")
    literal = next((index for index, part in enumerate(parts) if WILDCARD.search(part)), len(parts))
    plain = "/".join(parts[:literal]) or "."
    scheme, separator, rest = plain.partition("://")
    if not separator:
        return DatasetName("file", str((folder / plain).resolve()))
    bucket, _, key = rest.partition("/")
    return DatasetName(f"{scheme}://{bucket}", key or "/")
