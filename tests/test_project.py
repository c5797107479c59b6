"""The project's own files agree with each other."""

import re
import tomllib

from lstm.config import Calendar, FutureTable, Quality, Source
from pages import ROOT

PIN = re.compile(r"^[A-Za-z0-9_.-]+==[A-Za-z0-9.!]+$")


def direct_dependencies() -> set[str]:
    """Names in pyproject.toml, extras included, without Nightcast itself."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[\[<>=!~; ]", requirement)[0] for group in groups for requirement in group}
    return {normal(name) for name in names} - {"nightcast"}


def normal(name: str) -> str:
    """A package name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_constraints_pin_every_direct_dependency_and_nothing_loosely() -> None:
    """One exact version a line, each package once, in order; no local versions, which only some machines have."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not PIN.match(line)] == []
    names = [normal(line.partition("==")[0]) for line in lines]
    assert len(set(names)) == len(names)
    assert direct_dependencies() - set(names) == set()
    assert "torch==2.13.0" in lines


def test_every_direct_dependency_is_explained() -> None:
    """docs/dependencies.md has a row for each."""
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    explained = {normal(cell) for row in rows if row[0] != "package" and row[0] != "extra" for cell in row[:2]}
    assert direct_dependencies() - explained == set()


def test_every_setting_of_the_data_is_documented() -> None:
    """docs/how-to/data.md names each setting of [source], [source.future], [calendar] and [quality]."""
    text = (ROOT / "docs" / "how-to" / "data.md").read_text(encoding="utf-8")
    blocks, rest = re.findall(r"```toml(.*?)```", text, re.DOTALL), re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    code = " ".join([*blocks, *re.findall(r"`([^`]+)`", rest)])
    named = set(re.findall(r"[a-z_]+", code))
    settings = {name for model in (Source, FutureTable, Calendar, Quality) for name in model.model_fields}
    assert settings - named == set()
