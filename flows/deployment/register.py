"""Registers deployments with the Prefect server; the same again changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any, Literal

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, DeploymentUpdate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags, FlowFilter, FlowFilterName
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.utilities.callables import parameter_schema

from flows.deployment.deployments import OURS, Deployment
from flows.deployment.form import form_of
from flows.deployment.schedules import schedules_of, upsert_schedules
from flows.deployment.work_pool import ensure_queue, job_variables, pool_type
from lstm.errors import DeploymentError


@dataclass(frozen=True)
class Registration:
    """A deployment that is on the server now. paused: somebody has paused it, so that it starts no run by itself."""

    deployment: Deployment
    what: Literal["new", "updated", "unchanged"]
    paused: bool = False


# A deployment, its schedules, and what the server has of that name.
Checked = tuple[Deployment, list[DeploymentScheduleCreate], DeploymentResponse | None]


def register(client: SyncPrefectClient, deployments: Sequence[Deployment]) -> list[Registration]:
    """Registers the deployments of pipelines and the form of each of their work pools; none where one is refused.

    Raises ConfigError for a cron that Prefect does not understand, DeploymentError for a deployment of the same name
    that is not ours.
    """
    ready = check(client, deployments)
    types = {pool: pool_type(client, pool) for pool in _pools(deployments)}
    for pool, queue, at_a_time in dict.fromkeys(
        (deployment.work_pool, deployment.queue, deployment.at_a_time) for deployment, *_ in ready
    ):
        ensure_queue(client, queue, pool, at_a_time)
    return [_register(client, *entry, job_variables(types[entry[0].work_pool])) for entry in ready]


def check(client: SyncPrefectClient, deployments: Sequence[Deployment]) -> list[Checked]:
    """What `register` would register, and raises what it would raise; changes nothing."""
    forms = [_form(client, pool, deployments) for pool in _pools(deployments)]
    return [(entry, schedules_of(entry), _on_server(client, entry)) for entry in (*deployments, *forms)]


def _pools(deployments: Iterable[Deployment]) -> list[str]:
    return list(dict.fromkeys(deployment.work_pool for deployment in deployments))


def _form(client: SyncPrefectClient, pool: str, deployments: Iterable[Deployment]) -> Deployment:
    """The form of a work pool, which offers the pipelines that were deployed to it before, too."""
    retrains = client.read_deployments(
        flow_filter=FlowFilter(name=FlowFilterName(any_=["retrain"])),
        deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[OURS])),
    )
    files = {
        earlier.name: str(earlier.parameters["pipeline"]) for earlier in retrains if earlier.work_pool_name == pool
    }
    for deployment in deployments:
        files.pop(deployment.name, None)  # it may have moved to another pool
    new = {entry.name: entry.parameters["pipeline"] for entry in deployments if entry.work_pool == pool}
    return form_of(pool, files | new)


def _on_server(client: SyncPrefectClient, deployment: Deployment) -> DeploymentResponse | None:
    try:
        present = client.read_deployment_by_name(deployment.full_name)
    except ObjectNotFound:
        return None
    if OURS not in present.tags:
        raise DeploymentError(
            f"the server has a deployment {deployment.full_name} that Nightcast has not made (it lacks the tag "
            f"{OURS!r}); rename it, or the pipeline"
        )
    return present


def _register(
    client: SyncPrefectClient,
    deployment: Deployment,
    schedules: list[DeploymentScheduleCreate],
    present: DeploymentResponse | None,
    variables: dict[str, Any],
) -> Registration:
    flow = _flow(deployment.entrypoint)
    fields = _fields(deployment, flow, variables)
    if present is None:
        flow_id = client.create_flow_from_name(flow.name)
        client.create_deployment(flow_id=flow_id, name=deployment.name, schedules=schedules, **fields)
        return Registration(deployment, "new", _paused(client, deployment, None))
    # Not `create_deployment`, which makes all schedules anew; nor an update without need: each takes back the runs that
    # are planned, and the scheduler plans them again, though not what was due in between.
    changed = {name: value for name, value in fields.items() if getattr(present, name) != value}
    if changed:
        client.update_deployment(present.id, DeploymentUpdate.model_validate(changed))
    rescheduled = upsert_schedules(client, present.id, deployment.flow, schedules, present.schedules)
    paused = _paused(client, deployment, present)
    return Registration(deployment, "updated" if changed or rescheduled else "unchanged", paused)


def _fields(deployment: Deployment, flow: "Flow[..., object]", variables: dict[str, Any]) -> dict[str, Any]:
    """What a deployment on the server is, without its schedules."""
    return {
        "version": version("nightcast"),
        "entrypoint": deployment.entrypoint,
        "description": deployment.description,
        "tags": list(deployment.tags),
        "parameters": deployment.parameters,
        "parameter_openapi_schema": deployment.schema or parameter_schema(flow).model_dump_for_openapi(),
        "enforce_parameter_schema": True,
        "work_pool_name": deployment.work_pool,
        "work_queue_name": deployment.queue,
        "job_variables": variables,
        "pull_steps": [],
    }


def _paused(client: SyncPrefectClient, deployment: Deployment, present: DeploymentResponse | None) -> bool:
    """Whether somebody has paused the schedule, its deployment, or where its runs wait for a worker."""
    if present is not None:
        ours = [schedule for schedule in present.schedules if schedule.slug == deployment.flow]
        if present.paused or not all(schedule.active for schedule in ours):
            return True
    queue = client.read_work_queue_by_name(deployment.queue, work_pool_name=deployment.work_pool)
    return queue.is_paused or client.read_work_pool(deployment.work_pool).is_paused


def _flow(entrypoint: str) -> "Flow[..., object]":
    module, _, name = entrypoint.rpartition(".")
    flow: Flow[..., object] = getattr(import_module(module), name)
    return flow
