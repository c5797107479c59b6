"""deployments/prefect.yaml, by Prefect's own command, against what `nightcast deploy` registers."""

import os
import subprocess
import sys
from typing import Any

import pytest

from flows.deployment.deployments import deployments_of
from flows.deployment.register import register
from flows.deployment.server import server_client
from flows.deployment.work_pool import pool_type
from pages import ROOT

pytestmark = pytest.mark.slow

KINDS = ("retrain", "forecast", "monitor", "tune")
NAMES = [f"{kind}/{name}" for name in ("nyc-weather", "departures") for kind in KINDS]
SAME = ("entrypoint", "tags", "parameters", "work_pool_name", "work_queue_name", "job_variables", "paused")


def registered() -> dict[str, dict[str, Any]]:
    """What the server has of each deployment, as far as the two ways have to agree."""
    with server_client() as client:
        found = {name: client.read_deployment_by_name(name) for name in [*NAMES, "ad-hoc/nightcast"]}
    return {
        name: {key: getattr(one, key) for key in SAME}
        | {"tags": sorted(one.tags), "schedules": [(each.slug, each.active, each.schedule) for each in one.schedules]}
        for name, one in found.items()
    }


def test_both_ways_to_deploy_the_examples_register_the_same(prefect_server):
    """Law: names, entrypoints, crons and zones, parameters, queues and environments agree."""
    with server_client() as client:
        pool_type(client, "nightcast")
    subprocess.run(
        [sys.executable, "-m", "prefect", "deploy", "--prefect-file", "deployments/prefect.yaml", "--all"],
        cwd=ROOT,
        env=os.environ | {"PREFECT_API_URL": prefect_server, "PWD": str(ROOT)},
        check=True,
        timeout=300,
    )
    by_prefect = registered()
    with server_client() as client:
        register(client, deployments_of(sorted((ROOT / "examples").glob("*/pipeline.toml"))))
    by_us = registered()
    for name in NAMES:
        assert by_us[name] == by_prefect[name]
    form, chosen = by_prefect["ad-hoc/nightcast"], by_us["ad-hoc/nightcast"]
    assert form["parameters"]["files"].items() <= chosen["parameters"]["files"].items()
    assert form | {"parameters": {}} == chosen | {"parameters": {}}
