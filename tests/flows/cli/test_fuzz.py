"""Tables and pipeline files that are changed by chance: read, or refused in words, and nothing else."""

import os
import subprocess
import sys

import pytest

from pages import ROOT


@pytest.mark.slow
def test_changed_tables_and_pipeline_files_end_in_no_traceback_and_no_signal(tmp_path):
    """Law: what `init` says `check` says; some of them are run. The process itself ends by its own word."""
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "fuzz", "--start", "1000", "--cases", "72", "--keep", str(tmp_path / "faults")]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " run" in ended.stdout
    assert " refused" in ended.stdout
