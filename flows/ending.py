"""How a run ended, as a state of Prefect, and back."""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from lstm.references import Outcome

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


def outcome_of(state: State[Any]) -> Outcome:
    """The outcome in the last state of a run; one without, such as of a crash or a cancellation, published nothing."""
    ended: object = state.result(raise_on_failure=False)
    if isinstance(ended, RunFailedError):
        return ended.outcome
    if isinstance(ended, Outcome):
        return ended
    return Outcome(run_id="", exit_code=1, sentence=f"{SAID}published: {state.message}")
