"""The form of a run by hand: what the Prefect UI asks for, and what the server refuses before there is a run."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, get_args

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from flows.ad_hoc import Kind
from flows.deployment.deployments import OURS, Deployment
from lstm.config import overridable
from lstm.errors import ConfigError

# Blank, a date, an ISO time, or the digits of an integer step; that there is such a day is found out in the run.
AS_OF = r"^(|\d{4}-\d\d-\d\d.*|\d+)$"


def ad_hoc_parameters(pipeline_files: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(default parameters, OpenAPI schema) of the deployment of `flows.ad_hoc.ad_hoc`.

    pipeline_files: by the pipeline name that the form offers. They are a default that the form does not show, since a
    choice is of names. Raises ConfigError without a pipeline.
    """
    if not pipeline_files:
        raise ConfigError("a form needs a pipeline to choose; name a pipeline file")
    names = sorted(pipeline_files)
    defaults = {"pipeline": names[0]} if len(names) == 1 else {}
    return defaults | {"files": dict(pipeline_files)}, {
        "title": "Parameters",
        "type": "object",
        "properties": {
            name: {"title": name, "position": place, **entry}
            for place, (name, entry) in enumerate(_entries(names).items())
        },
        "required": ["pipeline"],
        "definitions": {},
    }


def _entries(names: list[str]) -> dict[str, dict[str, Any]]:
    keys = overridable()
    return {
        "pipeline": {"type": "string", "enum": names, "description": "Which pipeline runs."},
        "kind": {
            "type": "string",
            "enum": list(get_args(Kind)),
            "default": "retrain",
            "description": "retrain: the nightly job. forecast: the champion forecasts, nothing is trained. monitor: "
            "published forecasts are compared with what came true. whatif: the current forecasts beside those with "
            "other future covariates, which are never published.",
        },
        "as_of": {
            "type": "string",
            "pattern": AS_OF,
            "description": "The moment that the run pretends it is: a date (2013-12-30), an ISO time "
            "(2013-12-30T05:00:00Z), or an integer step; now when left out.",
        },
        "overrides": {
            "type": "object",
            "default": {},
            # Not `properties`, of which the form would make a field each.
            "patternProperties": {f"^{re.escape(key)}$": _value_schema(field) for key, field in keys.items()},
            "propertyNames": {"enum": list(keys)},
            "description": 'Keys of the pipeline file that this run sets anew, such as {"training.max_epochs": 3}; '
            "never its name, its tables or where the forecasts go.",
        },
        "dry_run": {
            "type": "boolean",
            "default": False,
            "description": "Read, train, judge, forecast and report; publish, promote and deliver nothing.",
        },
        "whatif": {
            "type": "object",
            "additionalProperties": False,
            "properties": _assumptions(),
            "description": "For the kind whatif alone: what is assumed.",
        },
    }


def _assumptions() -> dict[str, dict[str, Any]]:
    """The parameters of `flows.whatif.whatif`, as fields of the form."""
    texts: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
    return {
        "set_future": texts
        | {"description": "What is different over the horizon: scheduled*=1.1, with = *= += or -=."},
        "where": texts | {"description": "For which series, by key columns: carrier=AA; for all when left out."},
        "future": {
            "type": "string",
            "description": "Path of a table of future covariates as they might be, where the worker sees it.",
        },
    }


def _value_schema(field: FieldInfo) -> dict[str, Any]:
    """What the server can check of a value: its type, bounds and choices; of a list of tables, that it is a list."""
    kind: Any = Annotated[field.annotation, field]
    schema = TypeAdapter[Any](kind).json_schema()
    return {"type": schema["type"]} if "$defs" in schema else schema


FLOW = "ad-hoc"


def form_of(work_pool: str, pipeline_files: Mapping[str, str]) -> Deployment:
    """The deployment of the form. pipeline_files: by pipeline name, where the workers find them."""
    parameters, schema = ad_hoc_parameters(pipeline_files)
    names = ", ".join(f"**{name}**" for name in sorted(pipeline_files))
    return Deployment(
        flow=FLOW,
        name=work_pool,
        entrypoint="flows.ad_hoc.ad_hoc",
        work_pool=work_pool,
        # Not a pipeline's queue: who tries something out does not keep the nightly run waiting.
        queue=FLOW,
        at_a_time=None,
        tags=(OURS, f"kind:{FLOW}"),
        parameters=parameters,
        description=f"A run by hand of {names}: as of any moment, with changed settings, or dry.\n",
        schema=schema,
    )
