"""Crash safety, the quick part of `make faults`: SIGKILL under a real worker, and before effects all along a night.

The machinery is in tests/faults: a process is held at an effect of its own, so that a kill hits where it shall.
"""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from faults.disturbed import CHECKPOINTS, Disturbed
from faults.ground import Ground, ground
from faults.holding import Holds, Point
from faults.left import Left, left
from faults.processes import kill
from faults.scene import Scene, environment, scene
from prefect.settings import PREFECT_API_URL

from pages import ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """The pipeline after its first night."""
    return ground(tmp_path_factory.mktemp("ground") / "base")


@pytest.fixture(scope="module")
def twin(base: Ground, tmp_path_factory: pytest.TempPathFactory) -> Left:
    """What an undisturbed second night leaves."""
    undisturbed = base.copy(tmp_path_factory.mktemp("undisturbed") / "twin")
    undisturbed.run()
    return left(undisturbed)


@pytest.fixture(scope="module")
def stage(prefect_server: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """The session's server, and a worker."""
    with scene(str(PREFECT_API_URL.value()), tmp_path_factory.mktemp("scene")) as made:
        yield made


def test_a_flow_run_killed_under_a_worker_goes_on_when_it_is_retried(base, twin, stage, tmp_path):
    """Law: SIGKILL in training and in the middle of publishing, each time `prefect flow-run retry`: as undisturbed.

    The run has no `as_of`: its scheduled start names it, also for the retries. No epoch is trained twice, and until the
    publication commits a reader sees last night's.
    """
    points = (Point("rename */checkpoints/*/member-0.safetensors", 3), Point("batch of rows", 3))
    folder = tmp_path / "holds"
    folder.mkdir()
    night = Disturbed(base.copy(tmp_path / "night"), left(base), twin, Holds(folder, points))
    run = stage.start_run(stage.deploy(night.ground), night.holds)
    stage.start_worker()
    for index, point in enumerate(points):
        kill(stage.reached(night.holds, index))
        assert stage.ended(run, index + 1).state.name == "Crashed"
        night.look(f"after the kill at {point}")
        stage.retry(run)
    ended = stage.ended(run, len(points) + 1)
    assert ended.state.name == "Completed", ended.state.message
    assert night.end() == []
    assert night.holds.written(CHECKPOINTS) == 7  # the start and three epochs, then three of the refit


def test_a_night_killed_before_any_of_its_effects_ends_alike_when_it_runs_again(tmp_path):
    """Law: files, statements, batches of rows and commits: whichever was next when SIGKILL came, nothing is missing.

    Every twentieth here, all of them by `make faults`.
    """
    arguments = [sys.executable, "-m", "faults.sweep", str(tmp_path / "sweep"), "--every", "20"]
    done = subprocess.run(arguments, env=environment(tmp_path, None), cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    swept = json.loads((tmp_path / "sweep" / "swept.json").read_text())
    assert len(swept) >= 3
    assert [kill for kill in swept if kill["problems"]] == []
