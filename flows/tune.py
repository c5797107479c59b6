"""Tries settings of the network and its training, and proposes one that is better than the file's beyond chance.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

import logging
from dataclasses import dataclass, field
from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import State

from flows.runs.alerts import tell_ending
from flows.runs.ending import leave_to_other, state_of
from flows.runs.naming import run_name
from flows.runs.run import opened, patience
from lstm.errors import RunBusyError
from lstm.references import Outcome, Search, TuningVerdict
from lstm.report.alerts import Ending
from lstm.report.tuning.tuning_story import TuningStory
from lstm.steps.begin_and_end import ended, prune_old, reason_of, run_to_end, stopped
from lstm.steps.job import Job, RunRequest
from lstm.steps.tuning.search import limited
from lstm.steps.tuning.tuned_file import written
from tasks import wrapped_steps as steps
from tasks.ray_executor import open_executor
from tasks.report import report_tuning, show_ending

log = logging.getLogger("flows.tune")


@flow(name="tune", flow_run_name=run_name, persist_result=False)
def tune(
    pipeline: str, as_of: str | None = None, trials: int | None = None, budget: str | None = None, write: bool = False
) -> State[Outcome]:
    """Tries settings, and proposes the best where it is better than the file's beyond chance. Publishes nothing.

    Args:
        pipeline: Path of the pipeline file.
        as_of: The moment that the run pretends it is: a date, an ISO instant, or an integer step; now when left out.
        trials: How many settings are tried; as the file says when left out.
        budget: How long is tried, such as 30min or 2h; as the file says when left out.
        write: Write a setting that is proposed into the pipeline file, where that has not changed meanwhile.
    """
    path = Path(pipeline).expanduser()
    seen = path.read_bytes() if path.is_file() else b""
    job = opened(RunRequest(pipeline, "tune", as_of))
    if isinstance(job, State):
        return job
    wish = _Wish(pipeline, seen, write, trials, budget)
    outcome, error = run_to_end(
        job,
        lambda owned: _guarded(owned, wish),
        wish.faults,
        begin=steps.begin,
        finish=steps.finish,
        after=prune_old,
        patience=patience(),
    )
    leave_to_other(error)
    alerted = tell_ending(job, Ending(job.key, outcome, error or wish.error, faults=tuple(wish.faults)), "tuning.html")
    if outcome.exit_code in (1, 2):
        show_ending(job, outcome)
    return state_of(outcome, alerted=alerted)


@dataclass
class _Wish:
    """What was asked for, and what went wrong without stopping the run (faults) or did (error). seen: the file then."""

    pipeline_file: str
    seen: bytes
    write: bool
    trials: int | None
    budget: str | None
    faults: list[str] = field(default_factory=list)
    error: Exception | None = None


def _guarded(job: Job, wish: _Wish) -> Outcome:
    try:
        job = limited(job, wish.trials, wish.budget)
        with open_executor(job) as executor:
            search, verdict = _steps(job.model_copy(update={"executor": executor}))
    except RunBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - told as how the run ended
        wish.error = error
        return stopped(job, error, "tuned")
    what = ""
    if wish.write:
        what, fault = written(verdict, wish.pipeline_file, wish.seen)
        wish.faults += [fault] if fault else []
    story = _reported(job, search, verdict, what, wish.faults)
    return ended(job, verdict.sentence, wish.faults, story.summary() if story is not None else {"rows": []})


def _steps(job: Job) -> tuple[Search, TuningVerdict]:
    steps.ask(job)
    panel = steps.ingest(job, since=steps.last_end(job))
    windows = steps.window(job, panel)
    search = steps.search(job)
    return search, steps.judge_tuned(job, panel, windows, search)


def _reported(job: Job, search: Search, verdict: TuningVerdict, what: str, faults: list[str]) -> TuningStory | None:
    try:
        return report_tuning(job, search, verdict, what)
    except RunBusyError:
        raise
    except Exception as error:
        log.exception("the report failed")
        faults.append(f"there is no report: {reason_of(error)}")
        return None
