"""Registers the deployments of pipeline files with the Prefect server; the same again changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version

from prefect import Flow
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate, WorkPoolCreate
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.schedules import CronSchedule
from prefect.exceptions import ObjectNotFound
from prefect.utilities.callables import parameter_schema
from prefect.workers.process import ProcessWorker

from flows.deployments import ENVIRONMENT, OURS, Planned
from lstm.errors import ConfigError, DeploymentError

AT_A_TIME = 1


@dataclass(frozen=True)
class Registered:
    """What became of a planned deployment."""

    planned: Planned
    what: str  # new, updated


def register(client: SyncPrefectClient, plans: Sequence[Planned]) -> list[Registered]:
    """Registers all, or none where one is refused.

    Raises ConfigError for a cron that Prefect does not understand, DeploymentError for a deployment of the same name
    that is not ours.
    """
    ready = [(plan, schedules_of(plan), _known(client, plan)) for plan in plans]
    for name in dict.fromkeys(plan.pipeline.schedule.work_pool for plan in plans):
        _ensure_pool(client, name)
    for name, pool in dict.fromkeys((plan.queue, plan.pipeline.schedule.work_pool) for plan in plans):
        _ensure_queue(client, name, pool)
    return [_register(client, *one) for one in ready]


def schedules_of(plan: Planned) -> list[DeploymentScheduleCreate]:
    """The schedule as Prefect takes it; none where the kind is off. Raises ConfigError for what Prefect refuses."""
    if plan.cron is None:
        return []
    try:
        schedule = CronSchedule(cron=plan.cron, timezone=plan.pipeline.time_zone)
    except ValueError as error:
        raise ConfigError(
            f"{plan.pipeline.name}: schedule.{plan.kind}: Prefect refuses {plan.cron!r}: {error}"
        ) from error
    return [DeploymentScheduleCreate(schedule=schedule, slug=plan.kind)]


def _known(client: SyncPrefectClient, plan: Planned) -> DeploymentResponse | None:
    try:
        known = client.read_deployment_by_name(plan.full_name)
    except ObjectNotFound:
        return None
    if OURS not in known.tags:
        raise DeploymentError(
            f"the server has a deployment {plan.full_name} that Nightcast has not made (it lacks the tag {OURS!r}); "
            "rename it, or the pipeline"
        )
    return known


def _ensure_pool(client: SyncPrefectClient, name: str) -> None:
    """Leaves a pool that is there as it is, whatever its type."""
    try:
        client.read_work_pool(name)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=name, type="process", base_job_template=template))


def _ensure_queue(client: SyncPrefectClient, name: str, pool: str) -> None:
    """Leaves a limit that someone has set as it is."""
    try:
        queue = client.read_work_queue_by_name(name, work_pool_name=pool)
    except ObjectNotFound:
        why = f"Runs of the pipeline {name}, one at a time."
        client.create_work_queue(name, description=why, concurrency_limit=AT_A_TIME, work_pool_name=pool)
        return
    if queue.concurrency_limit is None:
        client.update_work_queue(queue.id, concurrency_limit=AT_A_TIME)


def _register(
    client: SyncPrefectClient,
    plan: Planned,
    schedules: list[DeploymentScheduleCreate],
    known: DeploymentResponse | None,
) -> Registered:
    flow = _flow(plan.entrypoint)
    paused = {one.slug for one in known.schedules if not one.active} if known is not None else set()
    client.create_deployment(
        flow_id=client.create_flow_from_name(flow.name),
        name=plan.name,
        version=version("nightcast"),
        entrypoint=plan.entrypoint,
        description=plan.description,
        tags=plan.tags,
        parameters=plan.parameters,
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        # Who has paused a schedule by hand finds it paused.
        schedules=[one.model_copy(update={"active": one.slug not in paused}) for one in schedules],
        work_pool_name=plan.pipeline.schedule.work_pool,
        work_queue_name=plan.queue,
        job_variables={"env": ENVIRONMENT},
        pull_steps=[],
    )
    return Registered(plan, "updated" if known is not None else "new")


def _flow(entrypoint: str) -> "Flow[..., object]":
    module, _, name = entrypoint.rpartition(".")
    flow: Flow[..., object] = getattr(import_module(module), name)
    return flow
