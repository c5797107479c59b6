"""A package of the user's own that has the name of one of ours is named, not imported in place of ours unsaid."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from pages import ROOT

COMMAND = [str(Path(sys.executable).parent / "nightcast"), "--help"]


@pytest.fixture(params=["flows", "tasks", "lstm"])
def name(request: pytest.FixtureRequest) -> str:
    """Each of our packages."""
    return str(request.param)


@pytest.fixture
def file(tmp_path: Path, name: str) -> Path:
    """A module of that name in a folder of the user's, which would fail if it were imported."""
    (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong one was imported')\n", encoding="utf-8")
    return tmp_path / f"{name}.py"


def process_of(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a command in a folder came to."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")} | environment
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=variables, check=False, timeout=120)


def test_the_installed_command_begins_where_the_project_says():
    """An environment that is older than the entry point is brought up to date by `make .venv`."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    installed = {entry.name: entry.value for entry in entry_points(group="console_scripts") if entry.name in scripts}
    assert installed == scripts


def test_the_command_names_what_hides_a_package_and_what_to_do(file: Path, name: str):
    """A folder on PYTHONPATH comes before ours: a mistake of the user's, in one line without a traceback."""
    process = process_of(COMMAND, ROOT, PYTHONPATH=str(file.parent))
    assert (process.returncode, process.stdout) == (2, "")
    assert process.stderr == (
        f"{file} hides a part of Nightcast: Python imports it in place of {ROOT / name}, which has the same name. "
        f"Rename it, or take {file.parent} out of PYTHONPATH.\n"
    )


def test_a_folder_of_that_name_is_named_too(tmp_path: Path):
    """A package hides ours as a module does."""
    (tmp_path / "lstm").mkdir()
    (tmp_path / "lstm" / "__init__.py").touch()
    process = process_of(COMMAND, tmp_path, PYTHONPATH=".")
    assert process.returncode == 2
    assert process.stderr.startswith(f"{tmp_path / 'lstm'} hides a part of Nightcast")


def test_the_command_does_not_look_into_the_current_folder(file: Path):
    """Without PYTHONPATH ours are found, whatever lies beside the pipeline file."""
    process = process_of(COMMAND, file.parent)
    assert process.returncode == 0, process.stderr
    assert "Nightly forecasts" in process.stdout


@pytest.mark.parametrize("name", ["tasks", "lstm"], indirect=True)
@pytest.mark.parametrize("program", [("-m", "flows.cli", "--help"), ("-c", "import flows.retrain")])
def test_a_process_that_imports_the_flows_is_told_as_well(file: Path, name: str, program: tuple[str, ...]):
    """`python -m` looks into the current folder first, and so does Prefect in a worker. `flows` hides even this."""
    process = process_of([sys.executable, *program], file.parent)
    assert process.returncode == 1
    assert f"{file} hides a part of Nightcast: Python imports it in place of {ROOT / name}" in process.stderr
    assert "use the command `nightcast`, which does not look into the current folder" in process.stderr
    assert "the wrong one was imported" not in process.stderr
