"""The templates of deployments/work-pools: a real server accepts them, and they render to what the worker needs."""

import asyncio
import json
from typing import Any

import pytest
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import PrefectHTTPStatusError
from present import present

from flows.deployment.deployments import deployments_of
from flows.deployment.register import register
from flows.deployment.server import server_client
from flows.deployment.work_pool import AT_A_TIME, ENVIRONMENT, limit_advice
from pages import ROOT

FOLDER = ROOT / "deployments" / "work-pools"
TYPES = ("process", "docker", "kubernetes")
FILE = 'name = "{name}"\nhorizon = 7\n[source]\npath = "t.csv"\ntime = "day"\ntargets = ["y"]\n'


def template(kind: str) -> dict[str, Any]:
    return dict(json.loads((FOLDER / f"{kind}.json").read_text(encoding="utf-8")))


@pytest.fixture
def pools(prefect_server) -> dict[str, str]:
    """A pool of each type on the server, by its template."""
    from prefect.client.schemas.actions import WorkPoolCreate

    with server_client() as client:
        for kind in TYPES:
            wanted = WorkPoolCreate(name=f"templates-{kind}", type=kind, base_job_template=template(kind))
            client.create_work_pool(wanted, overwrite=True)
    return {kind: f"templates-{kind}" for kind in TYPES}


def rendered(kind: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The job as Prefect's own code fills it in, whatever package the worker is of."""
    from prefect.workers.base import BaseJobConfiguration

    class Whole(BaseJobConfiguration, extra="allow"):
        """Keeps what a base worker does not know."""

    job: Whole = asyncio.run(Whole.from_template_and_values(template(kind), variables))
    return job.model_dump(mode="json")


@pytest.mark.parametrize("kind", TYPES)
def test_a_deployment_to_each_type_of_pool_is_accepted(kind, pools, tmp_path):
    """The server checks job variables by the pool's template: ours pass all three."""
    file = tmp_path / "pipeline.toml"
    file.write_text(FILE.format(name=f"in-{kind}"), encoding="utf-8")
    with server_client() as client:
        register(client, deployments_of([file], work_pool=pools[kind]))
        found = client.read_deployment_by_name(f"retrain/in-{kind}")
    assert found.work_pool_name == pools[kind]
    assert ("working_dir" in found.job_variables) is (kind == "process")


def test_the_server_checks_the_values_of_a_template(pools):
    """Law: a template has a type for each variable, so that nonsense is refused when it is deployed."""
    with server_client() as client:
        flow = client.create_flow_from_name("retrain")
        for kind, wrong in (("docker", {"volumes": "a:b"}), ("kubernetes", {"finished_job_ttl": "long"})):
            with pytest.raises(PrefectHTTPStatusError, match=r"volumes|finished_job_ttl"):
                client.create_deployment(
                    flow_id=flow, name=f"wrong-{kind}", work_pool_name=pools[kind], job_variables=wrong
                )


def test_a_pool_that_was_there_keeps_its_limit_and_one_without_is_told_of(tmp_path, client):
    """Law: a pool that Nightcast makes has a limit; somebody else's may run other flows, so it is advised."""
    file = tmp_path / "pipeline.toml"
    file.write_text(FILE.format(name="crowded"), encoding="utf-8")
    client.create_work_pool(WorkPoolCreate(name="theirs", type="process"))
    client.create_work_pool(WorkPoolCreate(name="chosen", type="process", concurrency_limit=9))
    for pool in ("theirs", "chosen", "ours"):
        register(client, deployments_of([file], work_pool=pool))
    limits = [client.read_work_pool(pool).concurrency_limit for pool in ("theirs", "chosen", "ours")]
    assert limits == [None, 9, AT_A_TIME]
    assert "prefect work-pool set-concurrency-limit 'theirs' 4" in present(limit_advice(client, "theirs"))
    assert [limit_advice(client, pool) for pool in ("chosen", "ours")] == [None, None]


@pytest.mark.parametrize("kind", TYPES)
def test_every_variable_is_used_described_and_filled_in(kind):
    """Law: no variable without an effect, none without a description, and no `{{ }}` is left over."""
    content = template(kind)
    body = json.dumps(content["job_configuration"])
    for name, variable in content["variables"]["properties"].items():
        assert f"{{{{ {name} }}}}" in body, name
        assert variable["description"].endswith("."), name
    job = rendered(kind, {"env": {"WAREHOUSE_URL": "there"}})
    assert "{{" not in json.dumps(job)
    assert job["env"] == ENVIRONMENT | {"WAREHOUSE_URL": "there"}


def test_containers_run_as_nobody_in_particular_and_find_the_pipelines():
    """Not root, no capabilities, and a volume at the place that the image prepares for it."""
    docker = rendered("docker", {})
    assert docker["container_create_kwargs"]["user"] == "10001:10001"
    assert docker["container_create_kwargs"]["cap_drop"] == ["ALL"]
    assert docker["volumes"] == ["nightcast_pipelines:/pipelines"]
    pod = rendered("kubernetes", {"gpus": "1"})["job_manifest"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert container["volumeMounts"] == [{"name": "pipelines", "mountPath": "/pipelines"}]
    assert container["resources"]["limits"] == {"memory": "8Gi", "nvidia.com/gpu": "1"}


@pytest.mark.parametrize(
    ("kind", "package", "configuration"),
    [
        ("docker", "prefect_docker.worker", "DockerWorkerJobConfiguration"),
        ("kubernetes", "prefect_kubernetes.worker", "KubernetesWorkerJobConfiguration"),
    ],
)
def test_the_worker_of_the_type_takes_the_job(kind, package, configuration):
    """With the packages of these workers, which the development environment does not have: by their own code."""
    worker = pytest.importorskip(package)
    job = asyncio.run(getattr(worker, configuration).from_template_and_values(template(kind), {}))
    assert job.env == ENVIRONMENT
