"""How a run ended, as a state of Prefect, and back."""

import logging
from typing import Any

import httpx
from prefect import runtime
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.exceptions import Abort, PrefectException
from prefect.states import Completed, Failed

from lstm.errors import RunBusyError, TakenOverError
from lstm.references import Outcome

log = logging.getLogger("flows.runs.ending")

SAID = "Nothing was "  # as in flows/deployment/automations.yaml
UNHEARD = "Nobody was told. "


class RunFailedError(Exception):
    """A run that came to nothing. Prefect wants an exception in a failed state, and writes it into a worker's log."""

    def __init__(self, said: str, outcome: Outcome) -> None:
        super().__init__(said)
        self.outcome = outcome


def state_of(outcome: Outcome, *, alerted: bool) -> State[Outcome]:
    """The last state of a flow run. alerted: whether nobody else has to tell of a failure.

    By the first words of a failure's message an automation knows that the run has told of it itself; what fails without
    them, such as a flow that cannot be loaded, has an alert of its own.
    """
    if outcome.exit_code in (1, 2):
        sentence = outcome.sentence
        said = sentence if sentence.startswith(SAID) else f"{SAID}published: {sentence}"
        failure: Any = RunFailedError(said, outcome)
        return Failed(message=said if alerted else UNHEARD + said, data=failure)
    return Completed(name="Degraded" if outcome.exit_code == 3 else "Completed", message=outcome.sentence, data=outcome)


def this_flow_run() -> str:
    """By what a lease names the flow run that this process carries out; nothing outside of one."""
    return f"flow run {runtime.flow_run.id}" if runtime.flow_run.id else ""


def leave_to_other(error: Exception | None) -> None:
    """Ends a process that finds this very flow run in the hands of another one: begun anew, or never given up.

    Page, alerts and state of the flow run are that one's: this one says in its log why it stops, and raises Abort, by
    which Prefect ends it without a state. error: what stopped the run.
    """
    taken_over = isinstance(error, TakenOverError) and _begun_anew()
    never_given_up = isinstance(error, RunBusyError) and error.caller != "" and error.caller == this_flow_run()
    if taken_over or never_given_up:
        log.warning("%s. The state of this flow run is left to that one.", error)
        raise Abort(str(error))


def _begun_anew() -> bool:
    """Whether the flow run is no longer in the state in which this process runs; a server that is away cannot tell."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.state is None:
        return False
    try:
        with get_client(sync_client=True) as client:
            state = client.read_flow_run(context.flow_run.id).state
    except (httpx.HTTPError, PrefectException):
        return True
    return state is None or state.id != context.flow_run.state.id


def outcome_of(state: State[Any]) -> Outcome:
    """The outcome in the last state of a run; one without, such as of a crash or a cancellation, published nothing."""
    ended: object = state.result(raise_on_failure=False)
    if isinstance(ended, RunFailedError):
        return ended.outcome
    if isinstance(ended, Outcome):
        return ended
    return Outcome(run_id="", exit_code=1, sentence=f"{SAID}published: {state.message}")
