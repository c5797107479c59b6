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
NIGHTLY = ("name", "source", "store", "sinks", "monitor", "schedule")
TABLE_KEYS = (*PLACES, "encoding", "separator", "columns", "skip_lines", "comment", *SHORT.values())


def frame_pipeline(arguments: Mapping[str, Any]) -> Pipeline:
    """The settings of a pipeline whose source is a frame.

    arguments: of `lstm.fit`: columns by role, and any other key of [source] or of the pipeline file by its own name.
    Raises ConfigError that names an unknown argument, with near names, or the key whose value does not fit.
    """
    settings: dict[str, Any] = {"name": NAME}
    source: dict[str, Any] = {"path": "the frame"}
    for name, value in arguments.items():
        key = SHORT.get(name, name)
        if name in SOURCE_ARGUMENTS:
            source[key] = (value,) if key in COLUMNS and isinstance(value, str) else value
        elif name in PIPELINE_ARGUMENTS:
            settings[name] = value
        else:
            raise ConfigError(_unknown(name), value=name)
    try:
        return Pipeline.model_validate(settings | {"source": source})
    except ValidationError as error:
        raise ConfigError(f"the settings of the frame:\n{explain(error)}") from error


SOURCE_ARGUMENTS = (*SHORT, *(key for key in Source.model_fields if key not in TABLE_KEYS))
PIPELINE_ARGUMENTS = tuple(key for key in Pipeline.model_fields if key not in NIGHTLY)


def _unknown(name: str) -> str:
    if name in (*NIGHTLY, *TABLE_KEYS):
        return f"fit has no argument {name!r}: it belongs to a pipeline file, which `nightcast run` reads"
    near = get_close_matches(name, (*SOURCE_ARGUMENTS, *PIPELINE_ARGUMENTS), 3, 0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "it takes the keys of a pipeline file and of its [source]"
    return f"fit has no argument {name!r}; {hint}"
