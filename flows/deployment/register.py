"""Registers deployments with the Prefect server; the same again changes nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags, FlowFilter, FlowFilterName
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.utilities.callables import parameter_schema

from flows.deployment.deployments import OURS, Deployment
from flows.deployment.form import form_of
from flows.deployment.work_pool import ensure_queue, job_variables, pool_type
from lstm.errors import ConfigError, DeploymentError


@dataclass(frozen=True)
class Registration:
    """A deployment that is on the server now. what: new, or updated."""

    deployment: Deployment
    what: str


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


def schedules_of(deployment: Deployment) -> list[DeploymentScheduleCreate]:
    """The schedule as Prefect takes it; none without a cron. Raises ConfigError for what Prefect refuses."""
    if deployment.cron is None:
        return []
    try:
        schedule = CronSchedule(cron=deployment.cron, timezone=deployment.time_zone)
    except ValueError as error:
        raise ConfigError(
            f"{deployment.name}: schedule.{deployment.flow}: Prefect does not understand {deployment.cron!r}: {error}"
        ) from error
    return [DeploymentScheduleCreate(schedule=schedule, slug=deployment.flow)]


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
    paused = {schedule.slug for schedule in present.schedules if not schedule.active} if present is not None else set()
    client.create_deployment(
        flow_id=client.create_flow_from_name(flow.name),
        name=deployment.name,
        version=version("nightcast"),
        entrypoint=deployment.entrypoint,
        description=deployment.description,
        tags=list(deployment.tags),
        parameters=deployment.parameters,
        parameter_openapi_schema=deployment.schema or parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        # Who has paused a schedule by hand finds it paused.
        schedules=[schedule.model_copy(update={"active": schedule.slug not in paused}) for schedule in schedules],
        work_pool_name=deployment.work_pool,
        work_queue_name=deployment.queue,
        job_variables=variables,
        pull_steps=[],
    )
    return Registration(deployment, "updated" if present is not None else "new")


def _flow(entrypoint: str) -> "Flow[..., object]":
    module, _, name = entrypoint.rpartition(".")
    flow: Flow[..., object] = getattr(import_module(module), name)
    return flow
