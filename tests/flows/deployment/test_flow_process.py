"""The process of a flow run, which `test_worker.py` sees at work."""

import os
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_it_is_prefects_engine_and_nothing_else(tmp_path):
    """Law: without a flow run it says what Prefect's engine says then, and no warning of how it was begun."""
    environment = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    ended = subprocess.run(
        [sys.executable, "-m", "flows.deployment.flow_process"],
        env=environment | {"PREFECT_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "Invalid flow run id" in ended.stderr
    assert "Warning" not in ended.stderr
