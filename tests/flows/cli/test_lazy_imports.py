"""What answers at once imports nothing heavy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"alembic", "matplotlib", "pandas", "prefect", "pyarrow", "sqlalchemy", "torch"}
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


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"]], ids=" ".join)
def test_help_imports_nothing_that_works(arguments):
    """Law: whoever asks how a command is typed does not wait for the network, the tables or the server."""
    assert imported_by(*arguments) & HEAVY == set()


def test_check_imports_what_reads_and_no_more(tmp_path: Path):
    """Law: judging data needs neither a network, nor Prefect, nor a store database, nor pictures."""
    rows = "".join(f"2024-01-{day:02d},{day}\n" for day in range(1, 31))
    (tmp_path / "t.csv").write_text(f"day,y\n{rows}")
    (tmp_path / "p.toml").write_text(
        'name = "p"\nhorizon = 3\n[source]\npath = "t.csv"\ntime = "day"\ntargets = ["y"]\n'
    )
    found = imported_by("check", str(tmp_path / "p.toml"), "--as-of", "2024-01-31")
    assert found & HEAVY == {"pandas", "pyarrow", "sqlalchemy"}
