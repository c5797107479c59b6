"""Skips a scheduled run that starts too late to be of use, so that no outage is followed by a stampede."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Completed

from flows.schedule import cron_of, next_start
from lstm.config import SCHEDULED_KINDS, Pipeline, ScheduledKind
from lstm.references import Outcome
from lstm.steps.job import Job


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
    sentence = f"Skipped: {why}. Nothing was read or published; start the run again by hand if it is still wanted."
    return Completed(name="Skipped", message=sentence, data=Outcome(run_id="", exit_code=0, sentence=sentence))


def why_late(pipeline: Pipeline, kind: ScheduledKind, *, planned: datetime, now: datetime) -> str | None:
    """Why a run that starts now is of no use any more, None where it is. planned, now: aware instants."""
    zone = ZoneInfo(pipeline.time_zone)
    late = f"planned for {_shown(planned, zone)}, it came to start at {_shown(now, zone)}"
    most = pipeline.schedule.most_late
    if most is not None and now - planned > most:
        return f"{late}, which is more than schedule.skip_after = {pipeline.schedule.skip_after} later"
    following = next_start(cron_of(pipeline, kind), pipeline.time_zone, planned)
    if following is not None and following <= now:
        return f"{late}, when the next {kind} ({_shown(following, zone)}) was due already"
    return None


def _shown(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
