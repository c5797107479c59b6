"""What a finished run tells to whoever listens: its alerts, as events in Prefect. Telling never fails a run."""

import logging
from pathlib import Path

from lstm.config import name_in
from lstm.errors import RunBusyError
from lstm.references import Outcome, RunKind
from lstm.report.alerts import Ending, alerts_of, stop_alert
from lstm.steps.job import Job
from tasks.events import AlertedRun, tell

log = logging.getLogger("flows.runs.alerts")


def tell_ending(job: Job, ending: Ending, report: str = "report.html") -> bool:
    """Tells how a run ended; False when nobody could be told. One that found its run in the hands of another process
    leaves the telling to that one, and a dry run is told by its page alone.

    report: the file in the run's folder where a person reads more.
    """
    if isinstance(ending.error, RunBusyError) or job.key.dry:
        return True
    try:
        alerts = alerts_of(ending)
        if alerts:
            written = f"{job.run_store().uri}/{report}" if ending.outcome.exit_code in (0, 3) else ""
            run = AlertedRun(job.key.pipeline, job.key.kind, job.key, ending.outcome.exit_code, written)
            tell(run, list(alerts), job.run_store())
    except Exception:
        log.exception("nobody was told how the run ended")
        return False
    return True


def tell_unopened(pipeline_file: str, kind: RunKind, outcome: Outcome, error: Exception) -> bool:
    """Tells of a run whose pipeline file could not be read; False when nobody could be told.

    It has no folder that would remember it.
    """
    try:
        run = AlertedRun(name_in(Path(pipeline_file).expanduser()), kind, None, outcome.exit_code)
        tell(run, [stop_alert(kind, outcome, error)], None)
    except Exception:
        log.exception("nobody was told that %s could not be read", pipeline_file)
        return False
    return True
