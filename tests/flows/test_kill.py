"""A run that is killed goes on where it stopped, and ends as if nothing had happened."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from present import present

pytestmark = pytest.mark.slow

RUN = "small.retrain.20240430T000000Z"
EPOCH = re.compile(r"member-0 epoch (\d+):")


def start(pipeline: Path, server: str | None) -> subprocess.Popen[str]:
    """`nightcast run` in a process group of its own; without the URL of a server it starts an embedded one."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "PREFECT_HOME": str(pipeline.parent / "prefect")}
    if server is not None:
        environment["PREFECT_API_URL"] = server
    command = [sys.executable, "-m", "flows.cli", "run", str(pipeline), "--as-of", "2024-04-30"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)


def epochs(output: str) -> list[int]:
    return [int(number) for number in EPOCH.findall(output)]


def weights(pipeline: Path) -> str:
    path = pipeline.parent / "store" / "runs" / RUN / "model" / "weights.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_run_killed_in_training_repeats_nothing_and_ends_alike(small, prefect_server, tmp_path_factory):
    """Law: after SIGKILL in the middle of training, neither ingest nor windows nor finished epochs are repeated.

    The twin that nobody interrupts has nothing set up: it makes its own server, whose database is new.
    """
    small.write_text(small.read_text().replace("max_epochs = 2\nepoch_steps = 5", "max_epochs = 8\nepoch_steps = 60"))
    whole = tmp_path_factory.mktemp("whole") / small.name
    shutil.copytree(small.parent, whole.parent, dirs_exist_ok=True)

    killed = start(small, prefect_server)
    seen = ""
    for line in present(killed.stdout):
        seen += line
        if epochs(seen)[-1:] == [3]:
            break
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    manifests = small.parent / "store" / "runs" / RUN / "manifests"
    assert sorted(path.name for path in manifests.iterdir()) == ["ingest.json", "window.json"]
    before = {path.name: path.stat().st_mtime_ns for path in manifests.iterdir()}

    resumed = start(small, prefect_server)
    output, _ = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, output
    after = {path.name: path.stat().st_mtime_ns for path in manifests.iterdir()}
    assert {name: after[name] for name in before} == before
    assert epochs(output)[0] in (4, 5)  # the fourth epoch may have been finished when the signal came
    assert not set(epochs(output)) & {1, 2, 3}

    uninterrupted = start(whole, None)
    output, _ = uninterrupted.communicate(timeout=300)
    assert uninterrupted.returncode == 0, output
    assert epochs(output)[:3] == [1, 2, 3]
    assert weights(small) == weights(whole)
