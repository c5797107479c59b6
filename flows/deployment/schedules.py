"""The schedules of a deployment on the Prefect server, brought to what the file says without a new one in their place.

Prefect knows a run that it has planned by the id of its schedule. A schedule that is made anew plans the same hours
once more, so whatever was planned or late by then ran twice.
"""

from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import DeploymentSchedule
from prefect.client.schemas.schedules import CronSchedule

from flows.deployment.deployments import Deployment
from lstm.errors import ConfigError


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


def upsert_schedules(
    client: SyncPrefectClient,
    deployment_id: UUID,
    slug: str,
    desired: list[DeploymentScheduleCreate],
    present: list[DeploymentSchedule],
) -> bool:
    """Brings the schedules of a deployment to the desired ones, one at most; whether anything had to be changed.

    slug: by which ours is known; of several of that name, or that say the same, the first stays. Whether it is paused,
    and schedules that say something else and bear another name, are a person's and stay.
    """
    ours = [schedule for schedule in present if schedule.slug == slug or _says_the_same(schedule, desired)]
    kept, surplus = (ours[:1], ours[1:]) if desired else ([], ours)
    for schedule in surplus:
        client.delete_deployment_schedule(deployment_id, schedule.id)
    if not desired:
        return bool(surplus)
    if not kept:
        client.create_deployment_schedules(deployment_id, desired)
        return True
    if kept[0].slug != slug or not _says_the_same(kept[0], desired):
        client.update_deployment_schedule(deployment_id, kept[0].id, schedule=desired[0].schedule, slug=slug)
        return True
    return bool(surplus)


def _says_the_same(schedule: DeploymentSchedule, desired: list[DeploymentScheduleCreate]) -> bool:
    """Whether a schedule starts runs when a desired one does: the same cron by the clock of the same zone."""
    return any(_meaning(schedule) == _meaning(other) for other in desired)


def _meaning(schedule: DeploymentSchedule | DeploymentScheduleCreate) -> tuple[object, ...]:
    rule = schedule.schedule
    return (rule.cron, rule.timezone or "UTC", rule.day_or) if isinstance(rule, CronSchedule) else (rule,)
