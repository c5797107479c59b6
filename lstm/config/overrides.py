"""Overrides: single keys of a pipeline file, set for one run by their dotted names such as `training.max_epochs`."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lstm.config.pipeline import Pipeline
from lstm.errors import ConfigError

PLACES = ("path", "url", "table", "query")
# What one run may not change, and why; a name stands for the keys below it too.
REFUSED = {
    "name": "it says whose run this is",
    "store": "it says where runs, models and forecasts are kept",
    "sinks": "they say where the forecasts go",
    "tracking": "it says who is told of runs",
    "schedule": "the deployments are made of it",
    "tuning": "it says what `nightcast tune` tries, and what the settings of the file were chosen by",
    **dict.fromkeys(
        (*(f"source.{key}" for key in PLACES), *(f"source.future.{key}" for key in PLACES)),
        "it says what is read, which may be a secret's name",
    ),
    **dict.fromkeys(
        ("horizon", "frequency", "time_zone", "quantile_levels"),
        "it is part of what every forecast of this pipeline has in common",
    ),
    **dict.fromkeys(
        ("source.series", "source.time", "source.time_parts", "source.targets"),
        "it is part of what every forecast of this pipeline has in common",
    ),
}
CLOSE_NAMES = 3


def overridable() -> dict[str, FieldInfo]:
    """Every dotted key that a run may set, in the order of the pipeline file's reference."""
    return {key: field for key, field in _leaves(Pipeline, "") if refusal(key) is None}


def refusal(key: str) -> str | None:
    """Why a key cannot be set for one run; None where it can, or does not exist."""
    return next((why for name, why in REFUSED.items() if key == name or key.startswith(f"{name}.")), None)


def _leaves(model: type[BaseModel], prefix: str) -> Iterable[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        table = _table_of(field.annotation)
        if table is None:
            yield f"{prefix}{name}", field
        else:
            yield from _leaves(table, f"{prefix}{name}.")


def _table_of(annotation: Any) -> type[BaseModel] | None:
    """The settings that a field holds as a table of its own; None for a value or a list."""
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel) and get_args(annotation)[1:] != (Ellipsis,):
            return kind
    return None


def with_overrides(settings: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The tables of a pipeline file with some keys set anew. Raises ConfigError for a key that cannot be set."""
    changed: dict[str, Any] = dict(settings)
    for key, value in overrides.items():
        _check_key(key)
        table = changed
        *tables, last = key.split(".")
        for name in tables:
            table[name] = dict(table.get(name) or {})
            table = table[name]
        table[last] = value
    return changed


def _check_key(key: str) -> None:
    why = refusal(key)
    if why is not None:
        raise ConfigError(f"override {key}: a run cannot change it: {why}; change the pipeline file instead")
    keys = overridable()
    if key in keys:
        return
    below = [name for name in keys if name.startswith(f"{key}.")]
    if below:
        raise ConfigError(f"override {key}: this is a whole table; set a key of it, such as {', '.join(below[:3])}")
    near = difflib.get_close_matches(key, keys, n=CLOSE_NAMES, cutoff=0.5)
    near = near or [name for name in keys if name.rpartition(".")[2] == key.rpartition(".")[2]]
    hint = f"; did you mean {', '.join(near)}?" if near else "; docs/reference lists the keys of a pipeline file"
    raise ConfigError(f"override {key}: a pipeline file has no such key{hint}")


def parse_settings(assignments: Iterable[str]) -> dict[str, Any]:
    """Overrides by dotted key from `key=value` texts; a value is read as TOML, and as text where it is none.

    Raises ConfigError for a text without `=` and for a key that is given twice.
    """
    overrides: dict[str, Any] = {}
    for text in assignments:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not key:
            raise ConfigError(f"--set {text!r} is not understood; give key=value, such as training.max_epochs=3")
        if key in overrides:
            raise ConfigError(f"--set {key} is given twice")
        overrides[key] = _value(value)
    return overrides


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
