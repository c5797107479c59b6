"""The reference is complete and current: what the code can do stands in it, found by other ways than its writer's."""

import inspect as python
import re
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args

import pyarrow as pa
import pytest
from pydantic import BaseModel
from sqlalchemy import inspect
from typer.testing import CliRunner

from docs.generator.pages import generated_pages
from flows.cli.app import app
from lstm import errors
from lstm.config import DEFAULT_GATES, Pipeline
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.store.database import open_store
from pages import ROOT

FOLDER = ROOT / "docs" / "reference"


@pytest.mark.parametrize("path", generated_pages(), ids=lambda path: path.name)
def test_a_generated_page_is_what_the_code_says_now(path: Path) -> None:
    """Law: who changes a setting, a command, a table or an error runs `make docs`."""
    assert path.read_text(encoding="utf-8") == generated_pages()[path], f"{path.name} is old; run: make docs"


def sections(name: str) -> dict[str, str]:
    """A page's text by the heading above it."""
    parts = re.split(r"^## (.+)$", (FOLDER / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def models(model: type[BaseModel], name: str = "top level") -> Iterator[tuple[str, type[BaseModel]]]:
    """Every model below a model, by the dotted name of its table."""
    yield name, model
    for key, field in model.model_fields.items():
        for inner in _models_in(field.annotation):
            yield from models(inner, f"{name}.{key}".removeprefix("top level."))


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    inner = get_args(annotation) if not isinstance(annotation, UnionType) else annotation.__args__
    return [model for part in inner for model in _models_in(part)]


@pytest.mark.parametrize(
    ("table", "model"), list(models(Pipeline)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_key_of_the_pipeline_file_is_explained(table: str, model: type[BaseModel]) -> None:
    """Each field of each model has a description, and a row with it in its table's section."""
    section, missing = sections("pipeline-file.md")[table], []
    for name, field in model.model_fields.items():
        about = " ".join((field.description or "").split())
        row = next((line for line in section.splitlines() if line.startswith(f"| `{name}` |")), "")
        if not about or (not _models_in(field.annotation) and about.replace("|", "\\|") not in row):
            missing.append(name)
    assert missing == []


def test_every_default_gate_is_listed() -> None:
    """By its name, in the section of the gates."""
    assert [
        gate.name for gate in DEFAULT_GATES if f"| {gate.name} |" not in sections("pipeline-file.md")["gates"]
    ] == []


def help_of(*words: str) -> str:
    return CliRunner().invoke(app, [*words, "--help"], terminal_width=200).output


def commands() -> list[str]:
    """Every command, as the help lists them."""

    def listed(*words: str) -> list[str]:
        box = help_of(*words).partition("Commands")[2]
        return re.findall(r"^\W*│ ([a-z][a-z-]*) ", box, re.MULTILINE)

    top = listed()
    groups = [name for name in top if listed(name)]
    return [name for name in top if name not in groups] + [
        f"{group} {name}" for group in groups for name in listed(group)
    ]


def test_every_command_and_option_has_its_place() -> None:
    """What `nightcast --help` and `nightcast COMMAND --help` name is in the page of commands."""
    page, found = sections("commands.md"), commands()
    assert {f"nightcast {name}" for name in found} == set(page)
    assert {"run", "backfill", "models rollback", "db upgrade"} <= set(found)
    options = {(name, option) for name in found for option in re.findall(r"│[ *]*(--[a-z-]+)", help_of(*name.split()))}
    assert ("backfill", "--every") in options
    hidden = {(name, option) for name, option in options if f"`{option}`" not in page[f"nightcast {name}"]}
    assert hidden == {(name, "--help") for name in found}


def test_every_table_and_column_of_a_real_store_is_described(tmp_path: Path) -> None:
    """A new store with a ledger: each table has its section, each column its row with a meaning."""
    engine = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    rows = [("store", pa.string()), ("target", pa.string()), ("cutoff", pa.date32()), ("time", pa.date32())]
    rows += [("step", pa.int32()), *((name, pa.float64()) for name in ("forecast", "q10", "q50", "q90"))]
    rows += [("method", pa.string()), ("reason", pa.string()), ("model_version", pa.int32())]
    Ledger(engine).prepare(pa.schema(rows))
    inspector, page = inspect(engine), sections("store.md")
    tables = inspector.get_table_names()
    assert {*tables, *inspector.get_view_names(), "forecasts_realised"} == set(page)
    columns = {(table, column["name"]) for table in tables for column in inspector.get_columns(table)}
    row = re.compile(r"^\| `(\w+)` \|.*\| \S.* \|$", re.MULTILINE)
    described = {(table, name) for table, text in page.items() for name in row.findall(text)}
    assert columns - described == {("nightcast_version", "version_num")}


def test_every_error_is_listed_with_its_exit_code_and_none_hides_elsewhere() -> None:
    """Law: `lstm.errors` has all errors, so the page has."""
    kinds = [kind for _, kind in python.getmembers(errors, python.isclass) if issubclass(kind, errors.ForecastError)]
    names = "|".join(kind.__name__ for kind in kinds)
    files = [path for package in ("lstm", "tasks", "flows") for path in (ROOT / package).rglob("*.py")]
    homes = {path for path in files if re.search(rf"^class \w+\(({names})\)", path.read_text(encoding="utf-8"), re.M)}
    assert homes == {ROOT / "lstm" / "errors.py"}
    rows = sections("errors.md")["Kinds"].splitlines()
    for kind in kinds:
        row = next((line for line in rows if line.startswith(f"| `{kind.__name__}` |")), "")
        assert " ".join(str(python.getdoc(kind)).split()) in row, f"{kind.__name__} is not in the page"
        assert f"| {kind.exit_code} | {'yes' if kind.transient else ''}" in row


def test_the_page_on_gates_names_every_default_gate() -> None:
    """It explains in its own words; a gate that is added there is not forgotten here."""
    page = (ROOT / "docs" / "explanation" / "gates.md").read_text(encoding="utf-8")
    assert [gate.name for gate in DEFAULT_GATES if gate.name not in page] == []
