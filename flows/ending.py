"""How a run ended, in each tongue: words, an exit code, a status for the store, and a state for Prefect."""

from typing import Any, Literal

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from lstm.errors import ForecastError
from lstm.references import Outcome, RunKey

SAID = "Nothing was "  # as in flows/deployment/automations.yaml
UNHEARD = "Nobody was told. "


class RunFailedError(Exception):
    """A run that came to nothing. Prefect wants an exception in a failed state, and writes it into a worker's log."""

    def __init__(self, said: str, outcome: Outcome) -> None:
        super().__init__(said)
        self.outcome = outcome


def reason_of(error: Exception) -> str:
    """An error in words: its message, with its class where it is none of ours."""
    return str(error) if isinstance(error, ForecastError) else f"{type(error).__name__}: {error}"


def code_of(error: Exception) -> Literal[1, 2]:
    """2 for a user's mistake, else 1."""
    return 2 if isinstance(error, ForecastError) and error.exit_code == 2 else 1


def status_of(key: RunKey, outcome: Outcome) -> str:
    """As the store keeps it; see `run_records.STATUSES`."""
    if key.dry and outcome.exit_code in (0, 3):
        return "dry"
    return {0: "published", 3: "degraded", 1: "refused", 2: "failed"}[outcome.exit_code]


def state_of(outcome: Outcome, *, told: bool) -> State[Outcome]:
    """The last state of a flow run. told: whether nobody else has to tell a failure.

    By the first words of a failure's message an automation knows that the run has told of it itself; what fails without
    them, such as a flow that cannot be loaded, has an alert of its own.
    """
    if outcome.exit_code in (1, 2):
        sentence = outcome.sentence
        said = sentence if sentence.startswith(SAID) else f"{SAID}published: {sentence}"
        failure: Any = RunFailedError(said, outcome)
        return Failed(message=said if told else UNHEARD + said, data=failure)
    return Completed(name="Degraded" if outcome.exit_code == 3 else "Completed", message=outcome.sentence, data=outcome)


def outcome_of(state: State[Any]) -> Outcome:
    """The outcome in the last state of a run; one without, such as of a crash or a cancellation, published nothing."""
    ended: object = state.result(raise_on_failure=False)
    if isinstance(ended, RunFailedError):
        return ended.outcome
    if isinstance(ended, Outcome):
        return ended
    return Outcome(run_id="", exit_code=1, sentence=f"{SAID}published: {state.message}")
