"""A Ray cluster that others have begun: two nodes made on this machine, of which one is killed."""

from pathlib import Path

import pytest

import worked
from ray_jobs import job_of
from tasks.ray_executor import open_ray

# A node that is dead is missed after two seconds in place of twenty.
QUICK = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 500, "health_check_failure_threshold": 4}


@pytest.mark.slow
def test_a_node_that_is_killed_costs_nothing(tmp_path, monkeypatch):
    """Two nodes made on this machine; that which works on an item is killed, and the item is done on the other."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("PYTHONPATH", str(Path(worked.__file__).parent))
    nodes = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "_system_config": QUICK})
    try:
        second = nodes.add_node(num_cpus=1)
        monkeypatch.setenv("RAY_ADDRESS", nodes.address)
        with open_ray(job_of(tmp_path, address="env:RAY_ADDRESS")) as executor:
            home = worked.KillsNode(lambda: nodes.remove_node(second, allow_graceful=False), second.node_id)
            assert executor.map(worked.until_a_node_is_lost, None, range(2), home) == [0, 1]
            assert home.killed
    finally:
        nodes.shutdown()
