"""Keys of a pipeline file set anew, with every comment and line of it kept."""

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lstm.config import Pipeline
from lstm.config.loading import explain
from lstm.errors import ConfigError
from lstm.storage.files.atomic import atomic_write

Changes = Mapping[str, Mapping[str, Any]]  # value by key, by table; None takes a key out


def with_changes(text: str, changes: Changes) -> str:
    """The text of a pipeline file with some keys set anew. Raises ConfigError where the settings do not go together."""
    try:
        import tomlkit
    except ModuleNotFoundError:
        raise ConfigError('to change a pipeline file needs tomlkit: pip install "nightcast[tuning]"') from None
    document = tomlkit.parse(text)
    for table, keys in changes.items():
        if table not in document:
            document[table] = tomlkit.table()
        entries: Any = document[table]
        for key, value in keys.items():
            if value is None:
                entries.pop(key, None)
            else:
                entries[key] = value
    changed = tomlkit.dumps(document)
    try:
        Pipeline.model_validate(tomllib.loads(changed))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        why = explain(error) if isinstance(error, ValidationError) else str(error)
        raise ConfigError(f"the changed pipeline file would be refused, so nothing was written:\n{why}") from error
    return changed


def write_changes(pipeline_file: Path, seen: bytes, changes: Changes) -> None:
    """Sets keys of a pipeline file anew, in one replacement of the file, which keeps its rights.

    seen: its content when it was read. Raises ConfigError where it has changed since.
    """

    def refuse_changed() -> None:
        if pipeline_file.read_bytes() != seen:
            raise ConfigError(
                f"{pipeline_file} has changed since it was read, so nothing was written; paste the lines by hand"
            )

    refuse_changed()
    content = with_changes(seen.decode("utf-8"), changes).encode("utf-8")
    with atomic_write(pipeline_file, refuse_changed) as part:
        part.write_bytes(content)
        shutil.copymode(pipeline_file, part)


def lines_of(changes: Changes) -> list[str]:
    """The lines to paste, table by table; a key that is to go stands in a comment."""
    lines: list[str] = []
    for table, keys in changes.items():
        lines += [*([""] if lines else []), f"[{table}]"]
        for key, value in keys.items():
            lines.append(f"{key} = {_toml(value)}" if value is not None else f"# take out: {key}")
    return lines


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
