"""From a pipeline file to its settings, with every mistake in words."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from lstm.config.overrides import with_overrides
from lstm.config.pipeline import ROOT_NAME, Pipeline
from lstm.errors import ConfigError


def load_pipeline(pipeline_file: Path, overrides: Mapping[str, Any] | None = None) -> Pipeline:
    """Reads and checks a pipeline file; relative paths inside it stay as they are.

    overrides: values by dotted key, for this run only. Raises ConfigError that names the file, the key and what was
    expected; where the file itself is right, that names the override.
    """
    try:
        text = pipeline_file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"pipeline file {pipeline_file} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"pipeline file {pipeline_file} is not UTF-8 text: {error}") from error
    try:
        settings = tomllib.loads(text)
        pipeline = Pipeline.model_validate(settings)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"pipeline file {pipeline_file} is not valid TOML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"pipeline file {pipeline_file}:\n{explain(error)}") from error
    return _overridden(settings, overrides) if overrides else pipeline


def name_in(pipeline_file: Path) -> str:
    """The name that a pipeline file gives itself, as far as it can be read; else the file's own name."""
    try:
        name = tomllib.loads(pipeline_file.read_text(encoding="utf-8")).get("name")
    except (OSError, ValueError):
        name = None
    return name if isinstance(name, str) and ROOT_NAME.match(name) else pipeline_file.stem


def _overridden(settings: Mapping[str, Any], overrides: Mapping[str, Any]) -> Pipeline:
    try:
        return Pipeline.model_validate(with_overrides(settings, overrides))
    except ValidationError as error:
        raise ConfigError(f"overrides ({', '.join(overrides)}):\n{explain(error)}") from error


def explain(error: ValidationError) -> str:
    """Every mistake that settings were refused for, a line each: key, what was expected, and the value."""
    lines = []
    for item in error.errors(include_url=False):
        key = ".".join(str(part) for part in item["loc"]) or "the file as a whole"
        message = item["msg"].removeprefix("Value error, ")
        # A whole table is not repeated, nor what may hold a password: a URL, or the value of a key that is not known.
        shown = f", not {item['input']!r}" if _may_be_shown(item["type"], key, item["input"]) else ""
        lines.append(f"  {key}: {message}{shown}")
    return "\n".join(lines)


def _may_be_shown(kind: str, key: str, value: object) -> bool:
    if kind == "extra_forbidden" or "url" in key or (isinstance(value, str) and "://" in value):
        return False
    return value is None or isinstance(value, (int, float, str))
