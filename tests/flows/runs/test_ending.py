"""A run's end as a state of Prefect, and back."""

from fnmatch import fnmatchcase

import pytest
import yaml
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.exceptions import Abort
from prefect.states import Completed, Crashed
from present import present

from flows.runs.ending import RunFailedError, leave_to_other, outcome_of, state_of, this_flow_run
from lstm.errors import RunBusyError, TakenOverError
from lstm.references import Outcome
from pages import ROOT

DECLARED = ROOT / "flows" / "deployment" / "automations.yaml"


def outcome(code, sentence="Promoted v1."):
    return Outcome(run_id="r", exit_code=code, sentence=sentence)


@pytest.mark.parametrize(
    ("alerted", "sentence", "silent"),
    [
        (True, "Nothing was published: the table is empty", True),
        (True, "pipeline file p.toml cannot be read", True),
        (False, "Nothing was published: the table is empty", False),
    ],
    ids=["told in its own words", "told", "the event was lost"],
)
def test_an_automation_tells_a_failure_exactly_when_the_run_could_not(alerted, sentence, silent):
    """Law: `!PATTERN` of the automation is what a message must not be; else nobody would ever hear of the run."""
    (wordless,) = [one for one in yaml.safe_load(DECLARED.read_text())["silences"] if "without a word" in one["name"]]
    pattern = wordless["trigger"]["match"]["prefect.state-message"].removeprefix("!")
    state = state_of(outcome(1, sentence), alerted=alerted)
    assert state.name == "Failed"
    message = present(state.message)
    assert sentence in message
    assert fnmatchcase(message, pattern) is silent


def test_degraded_is_completed_under_a_name_of_its_own():
    assert [state_of(outcome(code), alerted=True).name for code in (0, 3)] == ["Completed", "Degraded"]


@pytest.mark.parametrize("code", range(4))
def test_a_state_gives_its_outcome_back(code):
    """A failed one holds an exception, which is what Prefect takes there; else its log says TypeError."""
    ended = outcome(code, "Nothing was published: the table is empty")
    state = state_of(ended, alerted=True)
    assert outcome_of(state) == ended
    if state.is_failed():
        with pytest.raises(RunFailedError, match="the table is empty"):
            state.result()


def test_a_crash_is_a_run_that_published_nothing():
    """Its state is Prefect's, and has no outcome."""
    ended = outcome_of(Crashed(message="killed"))
    assert (ended.exit_code, ended.sentence) == (1, "Nothing was published: killed")


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_a_process_that_lost_its_run_leaves_the_flow_run_to_whoever_has_begun_it_anew():
    """Fault: the frozen twin of a published night set its flow run from Completed to Failed.

    The other process is the client that completes the flow run meanwhile; nobody has begun the second one anew.
    """
    lost = TakenOverError("Nothing was recorded by this process: run small.retrain was taken over")
    ids = []

    @flow(persist_result=False)
    def twin(*, completed: bool):
        flow_run = present(FlowRunContext.get()).flow_run
        ids.append(present(flow_run).id)
        with get_client(sync_client=True) as client:
            if completed:
                client.set_flow_run_state(ids[-1], Completed(message="published"), force=True)
        leave_to_other(lost)
        return state_of(outcome(1, str(lost)), alerted=True)

    with pytest.raises(Abort):
        twin(completed=True)
    with pytest.raises(RunFailedError):
        twin(completed=False)
    with get_client(sync_client=True) as client:
        states = [present(client.read_flow_run(flow_run).state).name for flow_run in ids]
    assert states == ["Completed", "Failed"]


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_a_process_whose_flow_run_another_one_carries_out_sets_no_state():
    """Fault: a twin that waited for its busy run set the flow run to Failed, which the first then set to Completed.

    A run that is busy for another flow run, or for nobody's, has failed for this one.
    """
    ids = []

    @flow(persist_result=False)
    def waiting(carried: str | None):
        ids.append(present(present(FlowRunContext.get()).flow_run).id)
        busy = RunBusyError("run small.retrain is owned by host:1:1")
        busy.caller = this_flow_run() if carried is None else carried
        leave_to_other(busy)
        return state_of(outcome(1, str(busy)), alerted=True)

    with pytest.raises(Abort):
        waiting(None)
    for carried in ("", "flow run of somebody else"):
        with pytest.raises(RunFailedError):
            waiting(carried)
    with get_client(sync_client=True) as client:
        states = [present(client.read_flow_run(flow_run).state).name for flow_run in ids]
    assert states == ["Running", "Failed", "Failed"]
