"""How every run begins and ends: its store is opened, one process owns it, and how it ended is kept."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy.exc import InterfaceError, OperationalError

from lstm.errors import ForecastError, RunBusyError
from lstm.references import Outcome, RunKey
from lstm.steps.job import Job
from lstm.storage.files.faults import passes as disk_fault_passes
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.registry.prune import prune_folders

log = logging.getLogger(__name__)

Begin = Callable[[Job], None]
Finish = Callable[[Job, str, Outcome], None]
CANCELLED = (
    "Cancelled before its end; what it had published by then stands. Started again, it goes on where it stopped."
)


def begin(job: Job) -> None:
    """Opens the process's connection pool to the store. Raises StoreError for a database of another version."""
    job.engine()


def finish(job: Job, status: str, outcome: Outcome) -> None:
    """Keeps how the run ended, for the store. status: see `lstm.storage.registry.runs.STATUSES`."""
    job.registry().finish_run(job.key.run_id, status, outcome.exit_code, outcome.sentence, datetime.now(UTC))


def run_to_end(
    job: Job,
    body: Callable[[Job], Outcome],
    faults: list[str],
    *,
    begin: Begin = begin,
    finish: Finish = finish,
    after: Callable[[Job, Outcome], None] = lambda job, outcome: None,
    patience: float = 0.0,
) -> tuple[Outcome, Exception | None]:
    """(how the run ended, the error that kept it from its end or None): owned by this process, and recorded.

    body: does the run, as the job that it is given, which writes no more when another process has taken the run over;
    and answers how it ended. faults: gets what went wrong without stopping it. after: what is done once that is
    recorded, while the run is still owned. patience: seconds to wait for one that another process owns.
    """
    import torch  # seconds that whoever only asks for a run does not wait

    # They decide the last bits of whatever is trained or forecast, so that the machine's cores must not.
    torch.set_num_threads(job.pipeline.training.threads or 1)
    try:
        begin(job)
        with lease(job.engine(), job.key, owner=this_process(job.caller), patience=patience) as held:
            owned = job.model_copy(update={"fence": held})
            owned.run_store().sweep()
            try:
                outcome = _recorded(owned, body(owned), faults, finish)
                after(owned, outcome)
            except Exception:
                raise
            except BaseException:
                _cancelled(owned)
                raise
            return outcome, None
    except (ForecastError, OSError) as error:
        return Outcome(run_id=job.key.run_id, exit_code=code_of(error), sentence=reason_of(error)), error


def prune_old(job: Job, outcome: Outcome | None = None) -> None:
    """Removes the folders of old runs after any run but a dry one, however it ended; no run fails of it."""
    if job.key.dry:
        return
    keep_runs = job.pipeline.store.keep_runs
    try:
        removed = prune_folders(job.engine(), job.pipeline.name, keep_runs, job.runs)
    except Exception as error:  # noqa: BLE001 - told, and the next run tries again
        log.warning("folders of old runs stay: %s", reason_of(error))
        return
    if removed:
        log.info("folders of %d old runs are removed (store.keep_runs = %d)", len(removed), keep_runs)


def _cancelled(job: Job) -> None:
    """Keeps that a signal, such as of a cancellation, has ended the run before its end."""
    outcome = Outcome(run_id=job.key.run_id, exit_code=1, sentence=CANCELLED)
    with suppress(ForecastError, OSError):
        finish(job, "cancelled", outcome)


def _recorded(job: Job, outcome: Outcome, faults: list[str], finish: Finish) -> Outcome:
    """The outcome, kept in the store. What was published stays so where the store cannot be told: that is a fault."""
    try:
        finish(job, status_of(job.key, outcome), outcome)
    except RunBusyError:
        raise
    except (ForecastError, OSError) as error:
        faults.append(f"it is not recorded how the run ended: {reason_of(error)}")
        if outcome.exit_code in (0, 3):
            sentence = f"{outcome.sentence} Degraded: {faults[-1]}."
            return outcome.model_copy(update={"exit_code": 3, "sentence": sentence})
    return outcome


def ended(
    job: Job, sentence: str, faults: Sequence[str], summary: dict[str, Any], *, degraded: bool = False
) -> Outcome:
    """How a run ended that did its work: degraded where something went wrong without stopping it, as it then says."""
    complaint = f" Degraded: {'; '.join(faults)}." if faults else ""
    code: Literal[0, 3] = 3 if degraded or faults else 0
    return Outcome(run_id=job.key.run_id, exit_code=code, sentence=sentence + complaint, summary=summary)


def stopped(job: Job, error: Exception, work: str = "published") -> Outcome:
    """How a run ended that an error has stopped; a bug is in the log with its traceback. work: what was not done."""
    if not isinstance(error, ForecastError | OSError):
        log.error("the run failed", exc_info=error)
    return Outcome(run_id=job.key.run_id, exit_code=code_of(error), sentence=f"Nothing was {work}: {reason_of(error)}")


def reason_of(error: Exception) -> str:
    """An error in words: its message, with its class where it is none of ours."""
    return str(error) if isinstance(error, ForecastError) else f"{type(error).__name__}: {error}"


def code_of(error: Exception) -> Literal[1, 2]:
    """Exit code of a run that an error has ended: 2 for a user's mistake, else 1."""
    return 2 if isinstance(error, ForecastError) and error.exit_code == 2 else 1


def status_of(key: RunKey, outcome: Outcome) -> str:
    """How a run ended, as the store keeps it; see `lstm.storage.registry.runs.STATUSES`."""
    if key.dry and outcome.exit_code in (0, 3):
        return "dry"
    return {0: "published", 3: "degraded", 1: "refused", 2: "failed"}[outcome.exit_code]


def passes(error: Exception) -> bool:
    """Whether the same may succeed a little later. An unknown fault is a bug, which another attempt does not mend."""
    if isinstance(error, ForecastError):
        return error.transient
    if isinstance(error, OSError):
        return disk_fault_passes(error)
    import torch

    return isinstance(error, OperationalError | InterfaceError | torch.OutOfMemoryError)
