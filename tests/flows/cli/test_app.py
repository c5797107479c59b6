"""The command: help with examples, exit codes, one clear message and no traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.app import app

COMMANDS = [
    ["init"], ["run"], ["forecast"], ["monitor"], ["check"], ["prune"], ["models", "list"], ["models", "show"],
    ["models", "promote"], ["models", "rollback"], ["models", "champion"], ["db", "upgrade"],
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(command):
    """Law: `--help` shows how the command is typed."""
    shown = CliRunner().invoke(app, [*command, "--help"])
    assert shown.exit_code == 0
    assert f"nightcast {' '.join(command)}" in " ".join(shown.output.split())
    assert "Example" in shown.output


def nightcast(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=120,
    )


def test_a_missing_pipeline_file_is_the_users_mistake():
    """Exit code 2, the file's name, and no traceback."""
    ended = nightcast("check", "nowhere.toml")
    assert ended.returncode == 2
    assert "pipeline file nowhere.toml cannot be read" in " ".join(ended.stderr.split())
    assert "Traceback" not in ended.stderr


def test_check_reads_and_judges_without_writing(tmp_path):
    """The data are read as of a day; nothing is left beside the file."""
    days = [f"2024-01-{day:02d}" for day in range(1, 31)]
    (tmp_path / "t.csv").write_text("day,y\n" + "".join(f"{day},{i}\n" for i, day in enumerate(days)))
    (tmp_path / "p.toml").write_text(
        'name = "p"\nhorizon = 3\n[source]\npath = "t.csv"\ntime = "day"\ntargets = ["y"]\n'
    )
    ended = nightcast("check", "p.toml", "--as-of", "2024-01-31", folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "The data can be used." in ended.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.toml", "t.csv"]


def test_check_says_what_is_wrong_with_the_data(tmp_path):
    """An empty export: exit code 1 and the file's name."""
    (tmp_path / "t.csv").write_text("")
    (tmp_path / "p.toml").write_text(
        'name = "p"\nhorizon = 3\n[source]\npath = "t.csv"\ntime = "day"\ntargets = ["y"]\n'
    )
    ended = nightcast("check", "p.toml", folder=tmp_path)
    assert ended.returncode == 1
    assert "t.csv" in ended.stderr
    assert "empty" in ended.stderr
    assert "Traceback" not in ended.stderr
