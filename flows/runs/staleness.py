"""Skips a scheduled run that starts too late to be of use, so that no outage is followed by a stampede."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.context import FlowRunContext
from prefect.states import Completed

from flows.deployment.deployments import Deployment
from flows.runs.naming import name_of
from flows.schedule import cron_of, is_start, next_start
from lstm.config import SCHEDULED_KINDS, Pipeline, ScheduledKind, load_pipeline
from lstm.references import Outcome
from lstm.steps.job import Job

MOST_RUNS = 200  # as many as the server answers at once, and more than it plans ahead of a schedule


def too_late(job: Job, as_of: str | None) -> State[Outcome] | None:
    """The state in which a stale run ends at once, None for a run that goes on.

    Only a run that the schedule has made, that starts for the first time and was given no `as_of` can be stale: who
    starts or retries one by hand means it, and what was interrupted goes on where it stopped.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context is not None else None
    if run is None or not run.auto_scheduled or run.run_count > 1 or as_of is not None:
        return None
    kind = next((kind for kind in SCHEDULED_KINDS if kind == job.key.kind), None)
    if kind is None or run.expected_start_time is None:
        return None
    why = why_late(job.pipeline, kind, planned=run.expected_start_time, now=datetime.now(UTC))
    if why is None:
        return None
    sentence = _sentence(why)
    return Completed(name="Skipped", message=sentence, data=Outcome(run_id="", exit_code=0, sentence=sentence))


def skip_before_start(client: SyncPrefectClient, deployments: Sequence[Deployment]) -> int:
    """Ends the stale runs of some deployments on the server, and answers how many: each would cost a process to end.

    Those that a worker of another machine takes meanwhile end by themselves.
    """
    return sum(_skip_late(client, deployment) for deployment in deployments if deployment.flow in SCHEDULED_KINDS)


def _skip_late(client: SyncPrefectClient, deployment: Deployment) -> int:
    kind = next(kind for kind in SCHEDULED_KINDS if kind == deployment.flow)
    pipeline, now = load_pipeline(Path(deployment.parameters["pipeline"])), datetime.now(UTC)
    waiting = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[client.read_deployment_by_name(deployment.full_name).id]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        expected_start_time=FlowRunFilterExpectedStartTime(before_=now),
    )
    skipped = 0
    for run in client.read_flow_runs(flow_run_filter=waiting, limit=MOST_RUNS):
        if not run.auto_scheduled or run.run_count or run.expected_start_time is None:
            continue
        why = why_late(pipeline, kind, planned=run.expected_start_time, now=now)
        if why is not None:
            name = name_of(kind, run.parameters, run.expected_start_time)  # else Prefect's, of two words
            client.update_flow_run(run.id, name=name)
            client.set_flow_run_state(run.id, Completed(name="Skipped", message=_sentence(why)))
            skipped += 1
    return skipped


def _sentence(why: str) -> str:
    return f"Skipped: {why}. Nothing was read or published; start the run again by hand if it is still wanted."


def why_late(pipeline: Pipeline, kind: ScheduledKind, *, planned: datetime, now: datetime) -> str | None:
    """Why a run that starts now is of no use any more, None where it is. planned, now: aware instants."""
    zone = ZoneInfo(pipeline.time_zone)
    late = f"planned for {_shown(planned, zone)}, it came to start at {_shown(now, zone)}"
    most = pipeline.schedule.most_late
    if most is not None and now - planned > most:
        return f"{late}, which is more than schedule.skip_after = {pipeline.schedule.skip_after} later"
    following = _following(pipeline, kind, planned)
    if following is not None and following <= now:
        return f"{late}, when the next {kind} ({_shown(following, zone)}) was due already"
    return None


def _following(pipeline: Pipeline, kind: ScheduledKind, planned: datetime) -> datetime | None:
    """When the next run of the kind is due at the latest, None for one without a schedule.

    A run that was planned for another time than the file says comes of a file that was changed and not deployed since:
    its next slot is one further, so that the only run of a night is not skipped.
    """
    cron, zone = cron_of(pipeline, kind), pipeline.time_zone
    following = next_start(cron, zone, planned)
    if cron is None or following is None or is_start(cron, zone, planned):
        return following
    return next_start(cron, zone, following)


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
