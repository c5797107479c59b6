"""A whole night, from the table to the report: the steps in their order, plain or wrapped by whoever watches them."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lstm.config import Sink
from lstm.errors import ChampionChangedError, ForecastError, RunBusyError
from lstm.quantity import quantity
from lstm.references import ForecastRef, Outcome, PanelRef, Publication, RunKind, Verdict
from lstm.report.alerts import Ending
from lstm.report.run.story import Story
from lstm.report.run.summary import table_rows
from lstm.report.run.verdict_words import verdict_sentence
from lstm.steps.after.track import announce
from lstm.steps.begin_and_end import code_of, ended, prune_old, reason_of, run_to_end, stopped
from lstm.steps.champions.contenders import CONTENDERS, Challenge, Contender
from lstm.steps.deliver import undelivered
from lstm.steps.forecast import fallbacks_of
from lstm.steps.job import Job, OpenExecutor, RunRequest, SecretBlocks, no_blocks, open_job, open_processes
from lstm.steps.step_functions import PLAIN, Steps
from lstm.storage.ledger.transaction import promoted_version

log = logging.getLogger(__name__)

ATTEMPTS_TO_PUBLISH = 3


@dataclass
class Progress:
    """What a run has done so far, for its outcome. faults: what went wrong without stopping it. error: what did."""

    panel: PanelRef | None = None
    challenge: Challenge | None = None
    forecast: ForecastRef | None = None
    publication: Publication | None = None
    story: Story | None = None
    rows: list[tuple[str, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    error: Exception | None = None


def night(
    pipeline_file: str,
    as_of: str | None = None,
    *,
    kind: RunKind = "retrain",
    overrides: Mapping[str, Any] | None = None,
    dry_run: bool = False,
    blocks: SecretBlocks = no_blocks,
) -> Outcome:
    """One night of a pipeline in plain Python: what a flow does, without Prefect. Answers how it ended; raises nothing.

    as_of: the moment that the run pretends it is: a date, an ISO instant, or an integer step; now when left out.
    kind: `retrain`, or `forecast` (without training). blocks: answers the value of a named block of secrets.
    """
    request = RunRequest(pipeline_file, kind, as_of, overrides or {}, dry_run)
    try:
        job = open_job(request, now=datetime.now(UTC), blocks=blocks)
    except ForecastError as error:
        return Outcome(run_id="", exit_code=code_of(error), sentence=str(error))
    return carry_out(job, CONTENDERS[kind])[0]


def carry_out(
    job: Job,
    contender: Contender,
    steps: Steps = PLAIN,
    *,
    open_executor: OpenExecutor = open_processes,
    patience: float = 0.0,
) -> tuple[Outcome, Ending]:
    """Runs a job to its end. Answers how it ended, and what there is to tell of it.

    contender: makes whoever wants to serve. open_executor: opens who does the work that several processes can do.
    patience: seconds to wait for a run that another process owns.
    """
    progress = Progress()
    outcome, error = run_to_end(
        job,
        lambda owned: _guarded(owned, progress, contender, steps, open_executor),
        progress.faults,
        begin=steps.begin,
        finish=steps.finish,
        after=prune_old,
        patience=patience,
    )
    progress.error = error or progress.error
    return outcome, _ending(job, progress, outcome)


def _guarded(job: Job, progress: Progress, contender: Contender, steps: Steps, open_executor: OpenExecutor) -> Outcome:
    announce(job, "START")
    try:
        outcome = _attempted(job, progress, contender, steps, open_executor)
    except Exception:  # the run is another process's, which tells of it
        raise
    except BaseException:
        announce(job, "ABORT")
        raise
    announce(job, "FAIL" if outcome.exit_code in (1, 2) else "COMPLETE", outcome, progress.story)
    return outcome


def _attempted(
    job: Job, progress: Progress, contender: Contender, steps: Steps, open_executor: OpenExecutor
) -> Outcome:
    try:
        with open_executor(job) as executor:
            _steps(job.model_copy(update={"executor": executor}), progress, contender, steps)
    except RunBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - told as how the run ended
        nothing = stopped(job, error)
        if progress.publication is None:
            progress.error = error
            return nothing
        progress.faults.append(reason_of(error))
    return _outcome(job, progress)


def _steps(job: Job, progress: Progress, contender: Contender, steps: Steps) -> None:
    steps.ask(job)
    progress.panel = steps.ingest(job, since=steps.last_end(job))
    steps.check_ledger(job)
    challenge = progress.challenge = contender(job, progress.panel, steps)
    if job.key.dry:
        progress.forecast = steps.forecast(job, progress.panel, challenge.verdict)
    else:
        progress.forecast, progress.publication = _publish(job, progress.panel, challenge, steps)
        progress.faults += [fault for sink in job.pipeline.sinks for fault in _deliver(job, sink, steps)]
    _explain(job, progress, steps)
    try:
        progress.story = steps.report(job, progress.panel, challenge.windows, challenge.model, challenge.verdict)
        progress.rows = table_rows(progress.story)
    except RunBusyError:
        raise
    except Exception as error:
        log.exception("the report failed")
        progress.faults.append(f"there is no report: {error}")
    _track(job, progress.story, steps)


def _explain(job: Job, progress: Progress, steps: Steps) -> None:
    """What moves the forecasts, which are out: where that fails, the report says so, or the run's last line."""
    assert progress.panel is not None
    assert progress.challenge is not None
    assert progress.forecast is not None
    try:
        steps.explain(job, progress.panel, progress.challenge.verdict, progress.forecast)
    except RunBusyError:
        raise
    except Exception as error:
        log.exception("the explanation failed")
        progress.faults.append(f"there is no explanation: {error}")


def _track(job: Job, story: Story | None, steps: Steps) -> None:
    """Tells MLflow, where the pipeline file asks for it; whatever goes wrong is a warning."""
    if story is None or job.pipeline.tracking.mlflow is None:
        return
    try:
        steps.track(job, story)
    except RunBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - the forecasts are out
        log.warning("MLflow was not told of this run: %s", reason_of(error))


def _deliver(job: Job, sink: Sink, steps: Steps) -> list[str]:
    """Tonight's rows to a sink, then what older runs still owe it; answers what went wrong. The forecasts are out."""
    try:
        steps.deliver(job, sink)
        steps.deliver_late(job, sink)
    except RunBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - told as a fault
        log.error("sink %s: %s", sink.name, reason_of(error))
        return [undelivered(job, sink, reason_of(error))]
    return []


def _publish(job: Job, panel: PanelRef, challenge: Challenge, steps: Steps) -> tuple[ForecastRef, Publication]:
    """Forecasts and publishes; judges again as long as another run changes the champion in between."""
    for attempt in range(1, ATTEMPTS_TO_PUBLISH + 1):
        rows = steps.forecast(job, panel, challenge.verdict)
        try:
            return rows, steps.publish(job, panel, challenge.verdict, rows)
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
    faults += data_faults(progress.panel) + verdict_faults(verdict)
    serving = promoted_version(verdict) if verdict.promote else verdict.champion_seen
    if serving is not None and progress.forecast.model_version is None:
        faults.append(f"the champion v{serving} served no series")
    faults += failed_faults(progress.forecast)
    sentences = [verdict_sentence(verdict, job.key), *(f"{remark}." for remark in progress.forecast.remarks)]
    sentence = " ".join((["Dry run, nothing was published."] if job.key.dry else []) + sentences)
    summary = {"rows": [list(row) for row in progress.rows], "methods": progress.forecast.methods}
    return ended(job, sentence, faults, summary)


def data_faults(panel: PanelRef | None) -> list[str]:
    """That the table ends before the cutoff, or changed its unit, in words; nothing where it did not."""
    if panel is None:
        return []
    late = [f"the table ends {quantity(panel.late, 'step')} before the cutoff, at {panel.newest}"] if panel.late else []
    return late + ([panel.unit_change] if panel.unit_change else [])


def verdict_faults(verdict: Verdict | None) -> list[str]:
    """In spite of which gates a challenger was promoted, in words; nothing where it passed every gate."""
    if verdict is None or not verdict.fault:
        return []
    gates = dict.fromkeys(repr(gate.name) for gate in verdict.gates if gate.passed is False)
    return [f"v{verdict.promoted_version} was promoted in spite of the gate {' and '.join(gates)}"]


def failed_faults(rows: ForecastRef) -> list[str]:
    """That some series have no forecast, in words; nothing where all have."""
    failed = [f"{rows.failed_series} of {rows.series} series failed"] if rows.failed_series else []
    return failed + ([rows.vanished] if rows.vanished else [])


def _ending(job: Job, progress: Progress, outcome: Outcome) -> Ending:
    """How a run ended, with all that its alerts are made of."""
    verdict = progress.challenge.verdict if progress.challenge is not None else None
    return Ending(
        key=job.key,
        outcome=outcome,
        error=progress.error,
        verdict=verdict,
        forecast=progress.forecast,
        fallbacks=fallbacks_of(job) if progress.publication is not None else (),
        faults=(*progress.faults, *data_faults(progress.panel), *verdict_faults(verdict)),
    )
