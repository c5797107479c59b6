"""A run in Prefect: who asks for it, the steps as tasks, its end as a state.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

from prefect import runtime
from prefect.client.schemas.objects import State

from flows.runs.alerts import tell_ending, tell_unopened
from flows.runs.ending import leave_to_other, state_of, this_flow_run
from flows.runs.naming import scheduled_start
from flows.runs.secret_block import secret_block
from flows.runs.staleness import too_late
from lstm.errors import ForecastError
from lstm.references import Outcome
from lstm.steps import night
from lstm.steps.begin_and_end import code_of
from lstm.steps.champions.contenders import Contender
from lstm.steps.job import Job, RunRequest, open_job
from lstm.steps.step_functions import Steps
from tasks import wrapped_steps as steps
from tasks.ray_executor import open_executor
from tasks.report import report, show_ending, show_unopened
from tasks.train import train

PATIENCE = 90.0  # half as long again as a lease outlives its process
TASKS = Steps(
    begin=steps.begin,
    ask=steps.ask,
    last_end=steps.last_end,
    ingest=steps.ingest,
    check_ledger=steps.check_ledger,
    window=steps.window,
    train=train,
    evaluate=steps.evaluate,
    judge_failure=steps.judge_failure,
    choose_champion=steps.choose_champion,
    choose_version=steps.choose_version,
    forecast=steps.forecast,
    publish=steps.publish,
    deliver=steps.deliver,
    deliver_late=steps.deliver_late,
    explain=steps.explain,
    report=report,
    track=steps.track,
    finish=steps.finish,
)


def carry_out(request: RunRequest, contender: Contender) -> State[Outcome]:
    """Runs a pipeline to its end, and tells the end as a Prefect state whose result is the Outcome.

    contender: makes whoever wants to serve.
    """
    job = opened(request)
    if isinstance(job, State):
        return job
    outcome, ending = night.carry_out(job, contender, TASKS, open_executor=open_executor, patience=patience())
    leave_to_other(ending.error)
    alerted = tell_ending(job, ending)
    if outcome.exit_code in (1, 2):
        show_ending(job, outcome)
    return state_of(outcome, alerted=alerted)


def opened(request: RunRequest) -> Job | State[Outcome]:
    """The run that goes on, or the state in which it ends at once: it cannot be opened, or it comes too late.

    Without `as_of` it is as of the flow run's scheduled start, which retries share.
    """
    try:
        job = open_job(request, now=scheduled_start(), blocks=secret_block)
        job = job.model_copy(update={"caller": this_flow_run()})
    except ForecastError as error:
        outcome = Outcome(run_id="", exit_code=code_of(error), sentence=str(error))
        alerted = tell_unopened(request.pipeline_file, request.kind, outcome, error)
        show_unopened(request.pipeline_file, request.kind, outcome)
        return state_of(outcome, alerted=alerted)
    stale = too_late(job, request.as_of)
    if stale is not None:
        show_ending(job, stale.result())
        return stale
    return job


def patience() -> float:
    """Seconds to wait for the lease. A flow run that goes on after a crash may find that of the process which died, on
    another machine, where nobody can tell.
    """
    return PATIENCE if (runtime.flow_run.run_count or 0) > 1 else 0.0
