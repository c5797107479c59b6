"""What if in Prefect: by the flow and by the form; nothing changes."""

import pytest
from planned_shops import AS_OF

from flows.ad_hoc import ad_hoc
from flows.runs.ending import outcome_of
from flows.whatif import whatif
from runs import Stored


def test_the_flow_leaves_an_artifact_and_publishes_nothing(shops, client):
    before = Stored(shops).current().to_pylist()
    state = whatif(pipeline=str(shops), set_future=["planned*=1.2"], where=["region=north"], return_state=True)
    outcome = outcome_of(state)
    assert (state.name, outcome.exit_code) == ("Completed", 0)
    assert outcome.sentence.startswith("What if planned *= 1.2 where region = north? 2 series of 4")
    artifacts = [one for one in client.read_artifacts() if one.key == "nightcast-shops-whatif"]
    assert "in place of" in artifacts[-1].data
    assert artifacts[-1].description == "what if planned *= 1.2 where region = north"
    assert Stored(shops).current().to_pylist() == before


def test_what_cannot_be_asked_fails_with_a_sentence_and_is_not_tried_again(shops):
    state = whatif(pipeline=str(shops), set_future=["weather=3"], return_state=True)
    outcome = outcome_of(state)
    assert (state.name, outcome.exit_code) == ("Failed", 2)
    assert "'weather' is no future covariate" in outcome.sentence


def test_the_form_asks_the_same_of_a_moment(shops):
    asked = {"set_future": ["planned+=10"], "where": [], "future": ""}
    state = ad_hoc("shops", kind="whatif", as_of=AS_OF, whatif=asked, files={"shops": str(shops)}, return_state=True)
    assert state.name == "Completed"
    assert outcome_of(state).sentence.startswith("What if planned += 10? 4 series of 4")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            {"kind": "forecast", "whatif": {"set_future": ["planned=1"]}},
            "set_future are for a whatif, and this is a fo",
        ),
        ({"kind": "whatif", "overrides": {"training.seed": 1}}, "leave overrides out"),
    ],
)
def test_what_this_kind_of_run_would_not_read_is_refused(shops, given, sentence):
    outcome = outcome_of(ad_hoc(str(shops), return_state=True, **given))
    assert (outcome.exit_code, sentence in outcome.sentence) == (2, True)
