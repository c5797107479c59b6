"""The page of the pipeline file: every key of every table, what it takes, its default and what it means."""

from typing import Any

from docs.generator.keys import Schema, takes, toml
from docs.generator.markdown import code, sentence, table
from lstm.config import DEFAULT_GATES, Gate, Pipeline

INTRODUCTION = """
# The pipeline file

A pipeline file is [TOML](https://toml.io). `nightcast init` writes one, `nightcast check` reads it, and a key that is
unknown, missing or out of its bounds is refused with its name before anything else happens. Relative paths are seen
from the file's folder. Only `name`, `horizon`, and of `[source]` the place, `time` and `targets` have to be given; an
empty default means that what is left out is found from the data, switched off, or not needed, as its line says. The
words are those of the [glossary](../glossary.md).

A URL is a SQLAlchemy URL without a password, or says where one is: `env:NAME` reads an environment variable,
`block:NAME` a Prefect Secret block.
"""
HEADER = ("key", "takes", "default", "meaning")
GUIDES = {
    "[source]": "[bringing your table](../how-to/data.md)",
    "[source.future]": "[covariates that lie elsewhere](../how-to/data.md#covariates-that-lie-elsewhere)",
    "[quality]": "[policies](../how-to/data.md#policies)",
    "[model]": "[the network](../design.md#the-network)",
    "[training]": "[training on a GPU](../how-to/gpu.md)",
    "[tuning]": "[tuning the network](../how-to/tune.md)",
    "[evaluation]": "[who is compared, and who serves](../design.md#who-is-compared-and-who-serves)",
    "[[gates]]": "[what lets a model through](../explanation/gates.md)",
    "[store]": "[SQLite](../how-to/sqlite.md), [PostgreSQL](../how-to/postgresql.md), [MariaDB](../how-to/mariadb.md)",
    "[[sinks]]": "[sinks](../how-to/sinks.md)",
    "[monitor]": "[forecasts against actuals](../how-to/monitor.md)",
    "[schedule]": "[schedules](../how-to/deploy.md)",
}


def tables(schema: Schema | None = None, name: str = "") -> dict[str, Schema]:
    """The schema of each table of the file by its heading, in the file's order; the top level is ``."""
    whole = Pipeline.model_json_schema()
    schemas = {name: schema or whole}
    for key, field in (schema or whole)["properties"].items():
        inner = _model(field)
        if inner is not None:
            dotted = f"{name.strip('[]')}.{key}".lstrip(".")
            heading = f"[[{dotted}]]" if field.get("type") == "array" else f"[{dotted}]"
            schemas |= tables(whole["$defs"][inner], heading)
    return schemas


def _model(field: Schema) -> str | None:
    """Name of the model that a field holds, or holds a list of; None for a plain value."""
    places = [field, field.get("items", {}), *field.get("anyOf", [])]
    names = [place["$ref"].rpartition("/")[2] for place in places if "$ref" in place]
    return names[0] if names else None


def page() -> str:
    """The page."""
    parts = [INTRODUCTION.strip()]
    for heading, schema in tables().items():
        parts += [f"## {heading.strip('[]') or 'top level'}", _introduction(heading, schema), _keys(schema)]
        if heading == "[[gates]]":
            parts += ["### Gates that always hold", _default_gates()]
    return "\n\n".join(part for part in parts if part)


def _introduction(heading: str, schema: Schema) -> str:
    written = f"Written as `{heading}`" if heading else "Before the first table"
    repeated = ", once an entry" if heading.startswith("[[") else ""
    text = sentence(schema.get("description")).removeprefix(f"{heading}: ")
    guide = f" More: {GUIDES[heading]}." if heading in GUIDES else ""
    return f"{written}{repeated}. {text[:1].upper()}{text[1:]}{guide}"


def _keys(schema: Schema) -> str:
    required = schema.get("required", [])
    rows = [
        (
            code(name),
            takes(field),
            "**required**" if name in required else code(toml(field.get("default"))),
            str(field["description"]),
        )
        for name, field in schema["properties"].items()
        if _model(field) is None
    ]
    return table(HEADER, rows)


def _default_gates() -> str:
    rows = [(gate.name, _rule(gate)) for gate in DEFAULT_GATES]
    text = "An entry of the same name replaces one; its name with `enabled = false` switches it off."
    return f"{text}\n\n{table(('name', 'entry'), rows)}"


def _rule(gate: Gate) -> str:
    settings: dict[str, Any] = gate.model_dump(exclude={"name"}, exclude_defaults=True)
    return ", ".join(code(f"{key} = {toml(value)}") for key, value in settings.items())
