"""A real worker of Prefect's, started by `nightcast serve`, after an outage."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from faults.processes import until

pytestmark = pytest.mark.slow

DEADLINE = 420  # seconds; two busy cores take a minute a run
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@pytest.fixture
def outage(small: Path) -> Path:
    """A pipeline over a table that ends yesterday, and whose hourly forecast was due five minutes ago."""
    rng = np.random.default_rng(0)
    days = pd.date_range(end=datetime.now(UTC).date() - timedelta(days=1), periods=120).strftime("%Y-%m-%d")
    frames = [pd.DataFrame({"id": name, "day": days, "y": 10 + rng.normal(size=120)}) for name in ("a", "b")]
    pd.concat(frames).to_csv(small.parent / "observations.csv", index=False)
    minute = (datetime.now(UTC) - timedelta(minutes=5)).minute
    schedule = f'[schedule]\nretrain = "off"\nmonitor = "off"\nforecast = "{minute} * * * *"\nwork_pool = "outage"\n'
    small.write_text(small.read_text().replace('"small"', '"outage"') + schedule, encoding="utf-8")
    return small


@pytest.fixture
def shadow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the user's with packages of the names of ours."""
    folder = tmp_path_factory.mktemp("shadow")
    for name in ("flows", "tasks", "lstm"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f'raise ImportError("the user\'s own {name}")\n')
    return folder


@pytest.fixture
def late_runs(outage, shadow, client) -> Iterator[list[Any]]:
    """Two hourly forecasts that nobody ran and a retrain by hand, all at an end after a worker came."""
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    from flows.deployment.deployments import deployments_of
    from flows.deployment.register import register

    template = ProcessWorker.get_default_base_job_template()
    template["variables"]["properties"]["working_dir"]["default"] = str(shadow)
    client.create_work_pool(WorkPoolCreate(name="outage", type="process", base_job_template=template))
    register(client, deployments_of([outage]))
    deployment = client.read_deployment_by_name("forecast/outage")
    now = datetime.now(UTC)
    times = {"start_time": (now - timedelta(hours=2)).isoformat(), "end_time": now.isoformat(), "max_runs": 2}
    client.request("POST", "/deployments/{id}/schedule", path_params={"id": deployment.id}, json=times)
    client.create_flow_run_from_deployment(client.read_deployment_by_name("retrain/outage").id)
    server = {"PREFECT_API_URL": str(client.api_url)}
    worker = subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.cli", "serve", str(outage)],
        cwd=shadow,
        env=os.environ | server,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # as a script that starts it with `&` does
    )
    try:
        yield _ended(client, worker)
    finally:
        worker.terminate()
        try:
            assert worker.wait(timeout=60) == 0  # SIGTERM is how a machine stops it
        finally:
            worker.kill()


def _ended(client, worker: subprocess.Popen[bytes]) -> list[Any]:
    from prefect.client.schemas.filters import WorkPoolFilter, WorkPoolFilterName

    pool = WorkPoolFilter(name=WorkPoolFilterName(any_=["outage"]))

    def due() -> list[Any] | None:
        assert worker.poll() is None, "the worker ended"
        runs = client.read_flow_runs(work_pool_filter=pool)
        found = [run for run in runs if run.expected_start_time <= datetime.now(UTC)]
        return found if len(found) >= 3 and all(run.state_type.value in FINAL for run in found) else None

    return until(due, "the end of all three runs", DEADLINE)


def test_after_an_outage_only_the_newest_run_is_carried_out_and_one_at_a_time(late_runs, outage):
    """Law: stale runs are skipped in a state that says so and leave nothing; retrain and forecast never overlap.

    The worker was started in a folder with `flows`, `tasks` and `lstm` of its own, which is also the pool's working
    directory: ours ran all the same.
    """
    by_kind = {kind: [run for run in late_runs if run.name.startswith(kind)] for kind in ("forecast", "retrain")}
    forecasts = sorted(by_kind["forecast"], key=lambda run: run.expected_start_time)
    assert [run.state_name for run in forecasts[:-1]] == ["Skipped"]
    assert "was due already" in forecasts[0].state.message
    assert [run.state_type.value for run in forecasts] == ["COMPLETED"] * 2
    assert forecasts[-1].state_name == "Completed", forecasts[-1].state.message
    (retrain,) = by_kind["retrain"]
    assert retrain.state_name == "Completed", retrain.state.message
    started = sorted((run.start_time, run.end_time) for run in late_runs if run.state_name != "Skipped")
    assert len(started) == 2
    assert all(end <= begin for (_, end), (begin, _) in pairwise(started))
    kinds = sorted(path.name.split(".")[1] for path in (outage.parent / "store" / "runs").iterdir())
    assert kinds == ["forecast", "retrain"]
