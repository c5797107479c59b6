"""Workers of a Ray cluster do what those of this machine do: real clusters, that speak to nobody without a token."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tunings import tuning_job

import worked
from lstm.compute.executor import InOrder
from lstm.config import Model
from lstm.errors import ConfigError, DataError, WorkerLostError
from lstm.model.fitting import members
from lstm.steps.job import open_processes
from lstm.steps.tuning.search import search
from ray_jobs import job_of
from tasks import ray_executor
from tasks.ray_executor import open_executor, open_ray
from trainings import chaos, train


def test_without_prefect_there_is_no_ray(tmp_path):
    with pytest.raises(ConfigError, match=r'compute.engine = "ray" works in a run of Prefect only'):
        open_processes(job_of(tmp_path))


def test_without_the_extra_its_name_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_executor, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install .nightcast\[ray\]"), open_executor(job_of(tmp_path)):
        pass


def test_a_run_that_trains_nothing_needs_no_cluster(tmp_path, monkeypatch):
    """A champion forecasts also while the cluster is away."""
    monkeypatch.setattr(ray_executor, "find_spec", lambda name: None)
    job = job_of(tmp_path)
    forecast = job.model_copy(update={"key": job.key.model_copy(update={"kind": "forecast"})})
    with open_executor(forecast) as executor:
        assert isinstance(executor, InOrder)


def test_an_address_is_refused_for_processes(tmp_path):
    with pytest.raises(ValueError, match=r'address means something with engine = "ray" only'):
        job_of(tmp_path, engine="process", address="env:RAY_ADDRESS")


def test_a_cluster_that_would_answer_to_everybody_is_not_begun(tmp_path, monkeypatch):
    """Where something else has imported Ray before, without tokens."""
    monkeypatch.setitem(sys.modules, "ray", sys)
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)
    with pytest.raises(ConfigError, match="would answer to everybody"), open_ray(job_of(tmp_path)):
        pass


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A cluster of our own with two workers, which find the modules of tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(worked.__file__).parent))
        with open_ray(job_of(tmp_path_factory.mktemp("home"), workers=2)) as executor:
            yield executor


@pytest.mark.slow
def test_results_errors_and_calls_are_those_of_one_process(cluster, tmp_path):
    numbers = {"numbers": np.arange(1000.0)}
    assert cluster.map(worked.total, numbers, [3, 1, 5]) == InOrder().map(worked.total, numbers, [3, 1, 5])
    home = worked.Home()
    assert cluster.map(worked.told_home, None, range(5), home) == [0, 2, 4, 6, 8]
    assert sorted(home.heard) == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match="a value is wrong") as refusal:
        cluster.map(worked.refused, None, range(3))
    assert (refusal.value.series, refusal.value.line) == ("a", 7)
    assert cluster.map(worked.killed_once, tmp_path, range(3)) == [0, 1, 2]


@pytest.mark.slow
def test_work_that_kills_every_worker_ends_the_map(cluster):
    with pytest.raises(WorkerLostError, match="WorkerCrashedError"):
        cluster.map(worked.killed, None, range(2))


@pytest.mark.slow
def test_a_model_is_that_of_one_process_to_the_bit(cluster, monkeypatch):
    monkeypatch.setattr(members, "STEPS_WORTH_A_PROCESS", 0)
    model = Model(members=3, dropout=0.2, look_back=4, transform="identity", normalisation="mean_std")
    options: dict[str, Any] = {"model": model, "training": {"max_epochs": 2, "epoch_steps": 5}, "seasons": (1,)}
    here = train(chaos(1), **options, clock=worked.stands_still)
    there = train(chaos(1), **options, clock=worked.stands_still, executor=cluster)
    assert there.forecaster.to_bytes() == here.forecaster.to_bytes()
    assert there.history == here.history


@pytest.mark.slow
def test_trials_of_a_tuning_are_those_of_one_process(cluster, tmp_path):
    """Law: who trains a trial does not matter to its score; the database is written where the search was begun."""
    jobs = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        jobs.append(tuning_job(tmp_path / name)[0])
    here, there = search(jobs[0]), search(jobs[1].model_copy(update={"executor": cluster}))
    assert there.trials[:2] == here.trials[:2]
    assert len(there.scored) == 3


@pytest.mark.slow
def test_a_task_that_fits_on_no_node_ends_with_a_word(cluster, monkeypatch):
    monkeypatch.setattr(ray_executor, "SECONDS_WITHOUT_ROOM", 0.0)
    monkeypatch.setattr(ray_executor, "CPUS", 64)
    with pytest.raises(WorkerLostError, match=r"no node of the Ray cluster has had room .* 64 CPU"):
        ray_executor.RayExecutor(2).map(worked.told_home, None, range(2), worked.Home())


@pytest.mark.slow
def test_versions_are_asked_of_nodes_that_have_no_room(cluster):
    """All cores are taken, perhaps for hours: the question wants none, and does not wait for one."""
    import ray

    others = [ray.remote(num_cpus=1)(worked.pauses).remote() for _ in range(2)]
    try:
        cluster.compare_versions()
        assert not ray.wait(others, timeout=0)[0]
    finally:
        for other in others:
            ray.cancel(other, force=True)


@pytest.mark.slow
def test_our_cluster_refuses_whoever_has_no_token(cluster):
    import ray

    address = ray.get_runtime_context().gcs_address
    code = f"import ray; ray.init(address={address!r}); print(ray.cluster_resources())"
    clean = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    stranger = subprocess.run(
        [sys.executable, "-c", code], env=clean, capture_output=True, text=True, timeout=300, check=False
    )
    assert stranger.returncode != 0
    assert "CPU" not in stranger.stdout
