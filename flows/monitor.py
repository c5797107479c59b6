"""Joins forecasts with what came true, and says when they are worse than the backtest promised.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from prefect import flow
from prefect.client.schemas.objects import State

from flows.retrain import retrain
from flows.runs.alerts import tell_ending
from flows.runs.ending import leave_to_other, outcome_of, state_of
from flows.runs.naming import run_name
from flows.runs.run import opened, patience
from lstm.errors import RunBusyError
from lstm.references import Accuracy, Outcome
from lstm.report.alerts import Alert, Ending
from lstm.steps.assess import degraded_alert
from lstm.steps.begin_and_end import ended, prune_old, reason_of, run_to_end, stopped
from lstm.steps.job import Job, RunRequest
from tasks import wrapped_steps as steps
from tasks.ask_for_retrain import RetrainPlan, ask_for_retrain
from tasks.report import report_accuracy, show_ending

log = logging.getLogger("flows.monitor")

T = TypeVar("T")


@flow(name="monitor", flow_run_name=run_name, persist_result=False)
def monitor(
    pipeline: str, as_of: str | None = None, overrides: dict[str, Any] | None = None, dry_run: bool = False
) -> State[Outcome]:
    """Scores published forecasts with their actuals, and raises the alarm where they are worse than promised.

    Args:
        pipeline: Path of the pipeline file.
        as_of: The moment that the run pretends it is: a date, an ISO instant, or an integer step; now when left out.
        overrides: Keys of the pipeline file that this run sets anew, such as {"training.max_epochs": 3}.
        dry_run: Score and report, and neither raise the alarm nor ask for a retrain.
    """
    return watch(RunRequest(pipeline, "monitor", as_of, overrides or {}, dry_run))


def watch(request: RunRequest) -> State[Outcome]:
    """One run of the monitor, and its end as a Prefect state whose result is the Outcome; see `monitor`."""
    job = opened(request)
    if isinstance(job, State):
        return job
    findings = _Findings()
    outcome, error = run_to_end(
        job,
        lambda owned: _guarded(owned, request.pipeline_file, findings),
        findings.faults,
        begin=steps.begin,
        finish=steps.finish,
        after=prune_old,
        patience=patience(),
    )
    leave_to_other(error)
    error = error or findings.error
    ending = Ending(job.key, outcome, error, faults=tuple(findings.faults), step_alerts=tuple(findings.alerts))
    alerted = tell_ending(job, ending, "monitor.html")
    if outcome.exit_code in (1, 2):
        show_ending(job, outcome)
    return state_of(outcome, alerted=alerted)


@dataclass
class _Findings:
    """What a run of the monitor has to tell. faults: what went wrong without stopping it. error: what did."""

    alerts: list[Alert] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    error: Exception | None = None


def _guarded(job: Job, pipeline_file: str, findings: _Findings) -> Outcome:
    try:
        accuracy = steps.monitor(job)
    except RunBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - told as how the run ended
        findings.error = error
        return stopped(job, error, "scored")
    return _acted_upon(job, pipeline_file, accuracy, findings)


def _acted_upon(job: Job, pipeline_file: str, accuracy: Accuracy, findings: _Findings) -> Outcome:
    """Raises the alarm, asks for a retrain and reports. What fails here is a fault of the run, and undoes nothing."""
    faults = findings.faults
    if accuracy.degraded:
        alert = _try(faults, "the alarm could not be put into words", lambda: degraded_alert(job, accuracy))
        findings.alerts += [alert] if alert is not None else []
    plan = RetrainPlan("")
    if accuracy.degraded and job.pipeline.monitor.retrain and not job.key.dry:
        plan = _try(faults, "no retrain was asked for", lambda: ask_for_retrain(job, pipeline_file)) or plan
    story = _try(faults, "there is no report", lambda: report_accuracy(job, accuracy, plan.sentence))
    rows = story.rows() if story is not None else []
    if plan.here:
        outcome = _try(faults, "the retrain failed", lambda: _retrain_here(job, pipeline_file))
        rows.append(("retrain ended", outcome.sentence if outcome is not None else "failed"))
    summary = {"rows": [list(row) for row in rows]}
    return ended(job, accuracy.sentence, faults, summary, degraded=bool(accuracy.degraded))


def _try(faults: list[str], what: str, act: Callable[[], T]) -> T | None:
    try:
        return act()
    except RunBusyError:
        raise
    except Exception as error:
        log.exception("%s", what)
        faults.append(f"{what}: {reason_of(error)}")
        return None


def _retrain_here(job: Job, pipeline_file: str) -> Outcome:
    """The retrain as a part of this flow run, for whoever has no deployment of it."""
    return outcome_of(retrain(pipeline=pipeline_file, as_of=job.key.as_of, return_state=True))
