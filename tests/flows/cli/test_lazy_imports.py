"""What answers at once imports nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"alembic", "matplotlib", "numpy", "pandas", "prefect", "pyarrow", "pydantic", "sqlalchemy", "torch"}
SHOW = """
import json, sys
from flows.cli import main
try:
    main()
finally:
    print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def imported_by(*arguments: str) -> set[str]:
    """Top-level packages in the process of a command that ends well."""
    command = [sys.executable, "-c", SHOW, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    return set(json.loads(ended.stderr.splitlines()[-1]))


# Typer reads the types of a command's options with pydantic.
@pytest.mark.parametrize(("arguments", "typers"), [(["--help"], set()), (["run", "--help"], {"pydantic"})], ids=str)
def test_help_imports_nothing_that_works(arguments, typers):
    """Law: who asks how a command is typed does not wait for the network, tables, the server, or the settings."""
    assert imported_by(*arguments) & HEAVY == typers


def test_check_imports_what_reads_and_no_more(tmp_path: Path):
    """Law: judging data and asking the store needs neither a network, nor Prefect, nor pictures."""
    rows = "".join(f"2024-01-{day:02d},{day}\n" for day in range(1, 31))
    (tmp_path / "t.csv").write_text(f"day,y\n{rows}")
    (tmp_path / "p.toml").write_text(
        'name = "p"\nhorizon = 3\n[source]\npath = "t.csv"\ntime = "day"\ntargets = ["y"]\n'
    )
    packages = imported_by("check", str(tmp_path / "p.toml"), "--as-of", "2024-01-31")
    assert packages & HEAVY == {"alembic", "numpy", "pandas", "pyarrow", "pydantic", "sqlalchemy"}
