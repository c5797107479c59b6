"""From the arguments of `lstm.fit` to the settings that a pipeline file would hold."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from lstm.config import Pipeline, Source
from lstm.config.loading import explain
from lstm.config.overrides import PLACES
from lstm.errors import ConfigError

NAME = "frame"
# Arguments that are shorter than their key in [source].
SHORT = {
    "target": "targets",
    "past": "past_covariates",
    "future": "future_covariates",
    "static": "static_covariates",
}
COLUMNS = ("series", "targets", "past_covariates", "future_covariates", "static_covariates")
# What says where a night writes and when it begins; a frame has nothing of it.
NIGHTLY = ("name", "source", "store", "sinks", "monitor", "schedule", "tuning")
TABLE_KEYS = (*PLACES, "encoding", "separator", "columns", "skip_lines", "comment", *SHORT.values())


def frame_pipeline(arguments: Mapping[str, Any]) -> Pipeline:
    """The settings of a pipeline whose source is a frame.

    arguments: of `lstm.fit`: columns by role, and any other key of [source] or of the pipeline file by its own name.
    Raises ConfigError that names an unknown argument, with near names, or the key whose value does not fit.
    """
    settings: dict[str, Any] = {"name": NAME}
    source: dict[str, Any] = {"path": "the frame"}
    for name, argument in arguments.items():
        key, value = SHORT.get(name, name), _plain(argument)
        if key in COLUMNS and name in SOURCE_ARGUMENTS:
            source.update({} if value is None else {key: (value,) if isinstance(value, (str, int)) else value})
        elif name in SOURCE_ARGUMENTS:
            source[key] = value
        elif name in PIPELINE_ARGUMENTS:
            settings[name] = value
        else:
            raise ConfigError(_unknown(name), value=name)
    try:
        return Pipeline.model_validate(settings | {"source": source})
    except ValidationError as error:
        raise ConfigError(f"the settings of the frame:\n{explain(error)}") from error


def _plain(value: Any) -> Any:
    """Numbers and arrays of numpy, pandas and pyarrow as Python's, also within a table of settings."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.tolist() if hasattr(value, "tolist") else value


SOURCE_ARGUMENTS = (*SHORT, *(key for key in Source.model_fields if key not in (*TABLE_KEYS, *SHORT)))
PIPELINE_ARGUMENTS = tuple(key for key in Pipeline.model_fields if key not in NIGHTLY)
# How every setting is written, by its name; those of a table within it: look_back is model={"look_back": …}.
_WRITTEN = {
    key: f'{table}={{"{key}": …}}'
    for table in PIPELINE_ARGUMENTS
    for key in getattr(Pipeline.model_fields[table].annotation, "model_fields", ())
} | {name: name for name in (*SOURCE_ARGUMENTS, *PIPELINE_ARGUMENTS)}


def _unknown(name: str) -> str:
    long = {key: short for short, key in SHORT.items()}
    if name in long:
        return f"fit has no argument {name!r}; it is called {long[name]!r} here"
    if name in (*NIGHTLY, *TABLE_KEYS):
        return f"fit has no argument {name!r}: it belongs to a pipeline file, which `nightcast run` reads"
    near = [name] if name in _WRITTEN else get_close_matches(name, _WRITTEN, 3, 0.55)
    hint = (
        f"did you mean {', '.join(_WRITTEN[key] for key in near)}?"
        if near
        else "it takes the keys of a pipeline file and of its [source]"
    )
    return f"fit has no argument {name!r}; {hint}"
