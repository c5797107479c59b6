"""Database URLs: the spellings that people use, and what of them may be shown."""

import re
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from lstm.errors import ConfigError
from lstm.storage.sql.dialects.known import DRIVERS, dialect_named


def parse_url(text: str) -> URL:
    """A database URL with its driver filled in.

    Raises ConfigError, without repeating the text, when it is no URL or when a password in it is not percent-encoded.
    """
    url = _parsed(text)
    if url is None:
        raise ConfigError(
            "a database URL cannot be read; it looks like postgresql://user:password@host:5432/database, with special "
            "characters of the password percent-encoded (@ is %40, / is %2F, : is %3A)"
        )
    return url.set(drivername=DRIVERS.get(url.drivername, url.drivername))


def _parsed(text: str) -> URL | None:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        return None
    # A password with a bare @ or / is cut short, and its rest taken for host and database.
    misread = not in_a_file(url) and "@" in f"{url.host}{url.database}{text.partition('?')[2]}"
    return None if misread else url


def in_a_file(url: URL) -> bool:
    """Whether a database has no server: it is a file, or in memory."""
    return dialect_named(url.get_backend_name()).in_a_file


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite database; None for one in memory, a `file:` name, or a server."""
    path = url.database or ""
    named = in_a_file(url) and path not in ("", ":memory:") and not path.startswith("file:")
    return Path(path) if named else None


def beside(text: str, folder: Path) -> str:
    """A database URL in which a relative SQLite file is seen from a folder; any other URL as it is."""
    url = parse_url(text)
    file = sqlite_file(url)
    if file is None or file.is_absolute():
        return text
    return url.set(database=str((folder / file).resolve())).render_as_string(hide_password=False)


def redacted(url: str | URL) -> str:
    """What may be shown of a URL: kind, host, port and database; no user, password or options."""
    parsed = _parsed(url) if isinstance(url, str) else url
    if parsed is None:
        return "(a database URL that cannot be read)"
    host = parsed.host or ""
    port = f":{parsed.port}" if parsed.port is not None else ""
    return f"{parsed.get_backend_name()}://{host}{port}/{parsed.database or ''}"


def without_secrets(text: str, url: URL) -> str:
    """A driver's message, without the password or any option of the URL, each character spelled plainly or by code."""
    options = [value for values in url.normalized_query.values() for value in values if len(value) > 3]
    for secret in (url.password, *options):
        if secret:
            text = re.sub("".join(map(_spellings, str(secret))), "***", text)
    return text


def _spellings(letter: str) -> str:
    """A pattern for a letter: itself, percent-encoded, or the plus that stands for a blank."""
    encoded = "".join(f"%{byte:02x}" for byte in letter.encode())
    plus = r"|\+" if letter == " " else ""
    return f"(?:{re.escape(letter)}|(?i:{encoded}){plus})"
