"""How a run ended: its outcome as a Prefect state, and back.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from flows.alerts import told_failure
from lstm.references import Outcome


class RunFailedError(Exception):
    """A run that came to nothing. Prefect wants an exception in a failed state, and writes it into a worker's log."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(told_failure(outcome))
        self.outcome = outcome


def state_of(outcome: Outcome) -> State[Outcome]:
    """The state that agrees with an outcome's exit code: Completed (0), Degraded (3) or Failed (1, 2)."""
    if outcome.exit_code in (1, 2):
        failure: Any = RunFailedError(outcome)
        return Failed(message=str(failure), data=failure)
    name = "Degraded" if outcome.exit_code == 3 else "Completed"
    return Completed(name=name, message=outcome.sentence, data=outcome)


def outcome_of(state: State[Any]) -> Outcome:
    """The outcome in the last state of a run; one without, such as of a crash or a cancellation, published nothing."""
    ended: object = state.result(raise_on_failure=False)
    if isinstance(ended, RunFailedError):
        return ended.outcome
    if isinstance(ended, Outcome):
        return ended
    return Outcome(run_id="", exit_code=1, sentence=f"Nothing was published: {state.message}")
