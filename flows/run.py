"""One run from beginning to end: what the flows `retrain` and `forecast` have in common.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import runtime
from prefect.client.schemas.objects import State

from flows.alerts import tell_ending, tell_unopened
from flows.ending import code_of, reason_of, state_of, status_of
from flows.staleness import too_late
from lstm.config import Sink, load_pipeline
from lstm.data.frequency.as_of import as_of_text, parse_as_of
from lstm.errors import ChampionChangedError, ForecastError, RunBusyError
from lstm.references import ForecastRef, ModelRef, Outcome, PanelRef, Publication, RunKey, RunKind, Verdict, WindowsRef
from lstm.report.alerts import Ending
from lstm.report.run.summary import table_rows
from lstm.report.run.verdict_words import verdict_sentence
from lstm.storage.ledger.transaction import promoted_version
from lstm.storage.registry.lease import Lease, lease, this_process
from tasks.begin import begin, check_ledger, check_owner, finish, last_end
from tasks.deliver import deliver, deliver_late, undelivered
from tasks.ending import show_ending, show_unopened
from tasks.forecast import fallbacks_of, forecast
from tasks.ingest import ingest
from tasks.job import Job
from tasks.publish import publish
from tasks.report import report

log = logging.getLogger("flows.run")

ATTEMPTS_TO_PUBLISH = 3
PATIENCE = 90.0  # half as long again as a lease outlives its process
DRY_KINDS: dict[RunKind, RunKind] = {"retrain": "dry-retrain", "forecast": "dry-forecast", "monitor": "dry-monitor"}


@dataclass
class Challenge:
    """What came of this run's challenger. judge: decides again, after the champion has changed."""

    verdict: Verdict
    judge: Callable[[], Verdict]
    windows: WindowsRef | None = None
    model: ModelRef | None = None


@dataclass
class Progress:
    """What a run has done so far, for its outcome. faults: what went wrong without stopping it. error: what did."""

    panel: PanelRef | None = None
    challenge: Challenge | None = None
    forecast: ForecastRef | None = None
    publication: Publication | None = None
    rows: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    error: Exception | None = None


def open_job(
    pipeline_file: str,
    kind: RunKind,
    as_of: str | None,
    overrides: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> Job:
    """The run that a flow is asked for. Without `as_of`, the flow run's scheduled start, which retries share."""
    path = Path(pipeline_file).expanduser()
    pipeline = load_pipeline(path, overrides)
    scheduled = runtime.flow_run.scheduled_start_time
    now = scheduled if isinstance(scheduled, datetime) else datetime.now(UTC)
    moment = parse_as_of(as_of, pipeline=pipeline, now=now)
    key = RunKey(pipeline=pipeline.name, kind=DRY_KINDS[kind] if dry_run else kind, as_of=as_of_text(moment))
    return Job(pipeline=pipeline, home=str(path.resolve().parent), key=key, overrides=dict(overrides or {}))


def opened(
    pipeline_file: str, kind: RunKind, as_of: str | None, overrides: Mapping[str, Any] | None, dry_run: bool
) -> Job | State[Outcome]:
    """The run that goes on, or the state in which it ends at once: it cannot be opened, or it comes too late."""
    try:
        job = open_job(pipeline_file, kind, as_of, overrides, dry_run)
    except ForecastError as error:
        outcome = Outcome(run_id="", exit_code=code_of(error), sentence=str(error))
        told = tell_unopened(pipeline_file, kind, outcome, error)
        show_unopened(pipeline_file, kind, outcome)
        return state_of(outcome, told=told)
    stale = too_late(job, as_of)
    if stale is not None:
        show_ending(job, stale.result())
        return stale
    return job


def carry_out(
    pipeline_file: str,
    kind: RunKind,
    as_of: str | None,
    challenge: Callable[[Job, PanelRef], Challenge],
    overrides: Mapping[str, Any] | None = None,
    dry_run: bool = False,
) -> State[Outcome]:
    """Runs a pipeline to its end, and tells the end as a Prefect state whose result is the Outcome.

    overrides: keys of the pipeline file that this run sets anew. dry_run: it leaves everything as it is.
    """
    job = opened(pipeline_file, kind, as_of, overrides, dry_run)
    if isinstance(job, State):
        return job
    progress = Progress()
    try:
        begin(job)
        with lease(
            job.engine(), job.key, owner=this_process(), now=lambda: datetime.now(UTC), patience=patience()
        ) as held:
            outcome = recorded(job, _guarded(job, progress, challenge, held), progress.faults)
    except (ForecastError, OSError) as error:
        progress.error = error
        outcome = Outcome(run_id=job.key.run_id, exit_code=code_of(error), sentence=reason_of(error))
    told = tell_ending(job, _ending(job, progress, outcome))
    if outcome.exit_code in (1, 2):
        show_ending(job, outcome)
    return state_of(outcome, told=told)


def recorded(job: Job, outcome: Outcome, faults: list[str]) -> Outcome:
    """The outcome, kept in the store. What was published stays so where the store cannot be told: that is a fault."""
    try:
        finish(job, status_of(job.key, outcome), outcome)
    except (ForecastError, OSError) as error:
        faults.append(f"it is not recorded how the run ended: {reason_of(error)}")
        if outcome.exit_code in (0, 3):
            sentence = f"{outcome.sentence} Degraded: {faults[-1]}."
            return outcome.model_copy(update={"exit_code": 3, "sentence": sentence})
    return outcome


def patience() -> float:
    """Seconds to wait for the lease. A flow run that goes on after a crash may find that of the process which died, on
    another machine, where nobody can tell.
    """
    return PATIENCE if (runtime.flow_run.run_count or 0) > 1 else 0.0


def _guarded(job: Job, progress: Progress, challenge: Callable[[Job, PanelRef], Challenge], held: Lease) -> Outcome:
    try:
        _steps(job, progress, challenge, held)
    except RunBusyError:
        raise
    except Exception as error:
        if not isinstance(error, ForecastError | OSError):
            log.exception("the run failed")
        if progress.publication is not None:
            progress.faults.append(reason_of(error))
            return _outcome(job, progress)
        progress.error = error
        return Outcome(
            run_id=job.key.run_id, exit_code=code_of(error), sentence=f"Nothing was published: {reason_of(error)}"
        )
    return _outcome(job, progress)


def _steps(job: Job, progress: Progress, challenge: Callable[[Job, PanelRef], Challenge], held: Lease) -> None:
    progress.panel = ingest(job, since=last_end(job))
    check_ledger(job)
    progress.challenge = challenge(job, progress.panel)
    check_owner(held.check)
    if job.key.dry:
        progress.forecast = forecast(job, progress.panel, progress.challenge.verdict)
    else:
        progress.forecast, progress.publication = _publish(job, progress.panel, progress.challenge)
        progress.faults += [fault for sink in job.pipeline.sinks for fault in _deliver(job, sink)]
    try:
        story = report(
            job, progress.panel, progress.challenge.windows, progress.challenge.model, progress.challenge.verdict
        )
        progress.rows = table_rows(story)
    except Exception as error:
        log.exception("the report failed")
        progress.faults.append(f"there is no report: {error}")


def _deliver(job: Job, sink: Sink) -> list[str]:
    """Tonight's rows to a sink, then what older runs still owe it; answers what went wrong. The forecasts are out."""
    try:
        deliver(job, sink)
        deliver_late(job, sink)
    except Exception as error:  # noqa: BLE001 - told as a fault
        log.error("sink %s: %s", sink.name, reason_of(error))
        return [undelivered(job, sink, reason_of(error))]
    return []


def _publish(job: Job, panel: PanelRef, challenge: Challenge) -> tuple[ForecastRef, Publication]:
    """Forecasts and publishes; judges again as long as another run changes the champion in between."""
    for attempt in range(1, ATTEMPTS_TO_PUBLISH + 1):
        rows = forecast(job, panel, challenge.verdict)
        try:
            return rows, publish(job, panel, challenge.verdict, rows)
        except ChampionChangedError as error:
            if attempt == ATTEMPTS_TO_PUBLISH:
                raise
            log.warning("%s; judging again", error)
            challenge.verdict = challenge.judge()
    raise AssertionError("unreachable")


def _outcome(job: Job, progress: Progress) -> Outcome:
    assert progress.challenge is not None
    assert progress.forecast is not None
    verdict = progress.challenge.verdict
    faults = list(progress.faults)
    if verdict.failed_step is not None:
        faults.insert(0, f"{verdict.failed_step} failed")
    faults += _late(progress.panel)
    serving = promoted_version(verdict) if verdict.promote else verdict.champion_seen
    if serving is not None and progress.forecast.model_version is None:
        faults.append(f"the champion v{serving} served no series")
    if progress.forecast.failed_series:
        faults.append(f"{progress.forecast.failed_series} of {progress.forecast.series} series failed")
    sentence = (
        ("Dry run, nothing was published. " if job.key.dry else "")
        + verdict_sentence(verdict, job.key)
        + (f" Degraded: {'; '.join(faults)}." if faults else "")
    )
    summary = {"rows": [list(row) for row in progress.rows], "methods": progress.forecast.methods}
    return Outcome(run_id=job.key.run_id, exit_code=3 if faults else 0, sentence=sentence, summary=summary)


def _late(panel: PanelRef | None) -> list[str]:
    if panel is None or not panel.late:
        return []
    return [f"the table ends {panel.late} steps before the cutoff, at {panel.newest}"]


def _ending(job: Job, progress: Progress, outcome: Outcome) -> Ending:
    """What the alerts follow from."""
    published = progress.publication is not None
    return Ending(
        key=job.key,
        outcome=outcome,
        error=progress.error,
        verdict=progress.challenge.verdict if progress.challenge is not None else None,
        forecast=progress.forecast,
        fallbacks=fallbacks_of(job) if published else (),
        faults=(*progress.faults, *_late(progress.panel)),
    )
