"""The project's own files agree with each other."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import metadata
from pathlib import Path

import pytest

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


def test_every_direct_dependency_is_under_the_licence_that_the_page_says() -> None:
    """Law: none that forbids Apache-2.0 comes in unseen; the words are those of the installed packages' metadata."""
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").partition("## Licences")[2]
    rows = re.findall(r"^\| (MIT|BSD|Apache|PSF|LGPL|MPL).* \| (.+) \|$", text, re.MULTILINE)
    named = {normal(name): licence for licence, names in rows for name in names.split(", ")}
    assert set(named) == direct_dependencies()
    assert [name for name, licence in named.items() if licence not in metadata_licence(name)] == []


def metadata_licence(package: str) -> str:
    """What an installed package says of its licence: the expression, else the classifiers, else the field's text."""
    fields = metadata(package)
    classifiers = " ".join(line for line in fields.get_all("Classifier") or [] if "License ::" in line)
    words = fields.json.get("license_expression") or classifiers or fields.json.get("license") or ""
    return str(words).replace("Python Software Foundation", "PSF")


@pytest.mark.slow
def test_a_wheel_holds_every_file_of_the_packages_and_nothing_else(tmp_path: Path) -> None:
    """Law: templates, migrations, automations and py.typed are installed; tests, docs and deployments are not."""
    packages, files = ("flows", "lstm", "tasks"), ("pyproject.toml", "README.md", "LICENSE", "nightcast_command.py")
    for name in packages:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in files:
        shutil.copy(ROOT / name, tmp_path)
    expected = {file.relative_to(tmp_path).as_posix() for name in packages for file in (tmp_path / name).rglob("*.*")}
    expected.add("nightcast_command.py")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-build-isolation", "--no-deps", "-w", "dist", "."]
    subprocess.run(command, cwd=tmp_path, check=True)
    (wheel,) = (tmp_path / "dist").glob("nightcast-*.whl")
    contents = set(zipfile.ZipFile(wheel).namelist())
    metadata_folder = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info/"
    assert {name for name in contents if not name.startswith(metadata_folder)} == expected
    assert f"{metadata_folder}licenses/LICENSE" in contents
    assert {"flows/deployment/automations.yaml", "flows/py.typed", "lstm/py.typed", "tasks/py.typed"} <= contents


def test_every_setting_of_the_data_is_documented() -> None:
    """docs/how-to/data.md names each setting of [source], [source.future], [calendar] and [quality]."""
    text = (ROOT / "docs" / "how-to" / "data.md").read_text(encoding="utf-8")
    blocks, rest = re.findall(r"```toml(.*?)```", text, re.DOTALL), re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    code = " ".join([*blocks, *re.findall(r"`([^`]+)`", rest)])
    named = set(re.findall(r"[a-z_]+", code))
    settings = {name for model in (Source, FutureTable, Calendar, Quality) for name in model.model_fields}
    assert settings - named == set()
