"""A key of the pipeline file in words, from the JSON schema of its model: what it takes, and its default in TOML."""

import json
from typing import Any

Schema = dict[str, Any]
_WORDS = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false"}
_BOUNDS = (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"), ("exclusiveMaximum", "<"))
_UNBOUNDED = 1_000_000_000  # what PositiveInt forbids is no limit that a person meets


def takes(field: Schema) -> str:
    """What may be written: `whole number ≥ 1`, `` `"error"` or `"last"` ``, `list of texts`."""
    if "anyOf" in field:
        return " or ".join(takes(option) for option in field["anyOf"] if option.get("type") != "null")
    if "enum" in field or "const" in field:
        return _one_of(field.get("enum") or [field["const"]])
    kind = field.get("type", "")
    if kind == "array":
        return _list(field)
    if kind == "object":
        return "table of texts" if field.get("additionalProperties", {}).get("type") == "string" else "table"
    return f"{_WORDS[kind]}{_bounds(field)}"


def _one_of(values: list[Any]) -> str:
    *first, last = [f"`{toml(value)}`" for value in values]
    return f"{', '.join(first)} or {last}" if first else last


def _list(field: Schema) -> str:
    if "prefixItems" in field:
        return f"list of {len(field['prefixItems'])} {_plural(field['prefixItems'][0])}"
    least = " (at least one)" if field.get("minItems") else ""
    return f"list of {_plural(field['items'])}{least}"


def _plural(item: Schema) -> str:
    if "enum" in item:
        return takes(item)
    return f"{_WORDS[item['type']]}s{_bounds(item)}"


def _bounds(field: Schema) -> str:
    bounds = [f"{sign} {_number(field[name])}" for name, sign in _BOUNDS if name in field and field[name] != _UNBOUNDED]
    if field.get("maxLength") == 1:
        bounds.append("of one character")
    return f" {', '.join(bounds)}" if bounds else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:g}"


def toml(value: Any) -> str:
    """A value as it is written in a pipeline file; empty for None, which TOML does not have."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + " }" if value else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(toml(inner) for inner in value)}]"
    if isinstance(value, float):
        return f"{value:g}"
    return json.dumps(value, ensure_ascii=False)
