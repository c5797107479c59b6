"""`nightcast serve` asks for one work pool, of processes."""

from pathlib import Path

import pytest
from prefect.client.schemas.actions import WorkPoolCreate

from flows.deployment.deployments import deployments_of
from flows.deployment.serve import serving_pool
from lstm.errors import ConfigError, DeploymentError

FILE = """
name = "{name}"
horizon = 7
source = {{ path = "observations.csv", time = "day", targets = ["y"] }}
schedule = {{ work_pool = "{name}-pool" }}
"""


def write(folder: Path, name: str) -> Path:
    """A pipeline file with a work pool of its own."""
    path = folder / f"{name}.toml"
    path.write_text(FILE.format(name=name), encoding="utf-8")
    return path


def test_serve_needs_one_pool_of_processes(tmp_path, client):
    """A worker has one pool, and serve's runs are processes of this machine."""
    files = [write(tmp_path, "east"), write(tmp_path, "west")]
    with pytest.raises(ConfigError, match=r"several work pools \(east-pool, west-pool\)"):
        serving_pool(client, deployments_of(files))
    client.create_work_pool(WorkPoolCreate(name="west-pool", type="docker"))
    with pytest.raises(DeploymentError, match="west-pool is of type docker"):
        serving_pool(client, deployments_of(files[1:]))
    assert serving_pool(client, deployments_of(files[:1])) == "east-pool"
