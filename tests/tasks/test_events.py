"""Telling: once, to a real server, and never at the cost of forgetting what was not taken."""

import json

import pytest
from present import present

from lstm.references import RunKey
from lstm.report.alerts import Alert
from lstm.storage.runs.run_folder import RunStore
from tasks import events
from tasks.events import AlertedRun, tell

KEY = RunKey(pipeline="small", kind="retrain", as_of="2024-04-30T00:00:00Z")
RUN = AlertedRun("small", "retrain", KEY, 3, "store/report.html")
ALERT = Alert("nightcast.gate.rejected", "warning", "Kept v1: training failed after 7 s.", {"failed_gates": []})


@pytest.fixture
def posted(monkeypatch):
    """What would go to the server; `refuse` makes it unreachable."""
    taken, state = [], {"away": False}

    def post(some):
        if state["away"]:
            raise ConnectionError("away")
        taken.extend(some)

    monkeypatch.setattr(events, "_post", post)
    return taken, state


def test_an_alert_says_which_run_and_where_to_read_more(posted, tmp_path):
    """What a person at 06:00 needs; the resource carries what automations match."""
    assert tell.fn(RUN, [ALERT], RunStore(str(tmp_path), KEY.run_id)) == ["nightcast.gate.rejected"]
    ((event,), _) = posted
    assert event.resource["prefect.resource.id"] == "nightcast.pipeline.small"
    assert event.resource["nightcast.severity"] == "warning"
    assert event.payload == {
        "pipeline": "small", "kind": "retrain", "run_id": KEY.run_id, "as_of": KEY.as_of, "severity": "warning",
        "exit_code": 3, "sentence": ALERT.sentence, "report": "store/report.html", "flow_run": "", "failed_gates": [],
    }  # fmt: skip


def test_a_run_that_ends_the_same_again_is_silent(posted, tmp_path):
    """Law: once a run, whatever its seconds were; another alert of the same run is told."""
    store = RunStore(str(tmp_path), KEY.run_id)
    tell.fn(RUN, [ALERT], store)
    again = Alert(ALERT.event, "warning", "Kept v1: training failed after 9 s.", {})
    other = Alert("nightcast.run.degraded", "warning", "Published, but there is no report.", {})
    assert tell.fn(RUN, [again, other], store) == ["nightcast.run.degraded"]
    assert [event.event for event in posted[0]] == ["nightcast.gate.rejected", "nightcast.run.degraded"]


def test_what_the_server_did_not_take_is_told_the_next_time(posted, tmp_path):
    """Law: only what was taken is remembered."""
    store, (taken, state) = RunStore(str(tmp_path), KEY.run_id), posted
    state["away"] = True
    with pytest.raises(ConnectionError):
        tell.fn(RUN, [ALERT], store)
    state["away"] = False
    assert tell.fn(RUN, [ALERT], store) == ["nightcast.gate.rejected"]
    assert len(taken) == 1


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff"], ids=["empty", "another shape", "no text"])
def test_a_memory_that_cannot_be_read_counts_as_none(posted, tmp_path, content):
    """Better told twice than never; the id is the same, so the server still knows it again."""
    store = RunStore(str(tmp_path), KEY.run_id)
    store.write_bytes("alerts.json", content)
    tell.fn(RUN, [ALERT], store)
    store.remove("alerts.json")
    tell.fn(RUN, [ALERT], store)
    first, second = posted[0]
    assert first.id == second.id
    assert json.loads(present(store.read_bytes("alerts.json"))) == {ALERT.mark: "nightcast.gate.rejected"}


def test_a_folder_that_takes_nothing_does_not_keep_an_alert_back(posted, tmp_path):
    """A full disk: the run is told all the same."""
    (tmp_path / KEY.run_id).write_text("a file where the folder would be")
    assert tell.fn(RUN, [ALERT], RunStore(str(tmp_path), KEY.run_id)) == ["nightcast.gate.rejected"]


def test_a_folder_of_an_unknown_kind_does_not_keep_an_alert_back(posted):
    """The run ended because of just that folder, and it is the one thing that there is to tell."""
    assert tell.fn(RUN, [ALERT], RunStore("nowhere://bucket/runs", KEY.run_id)) == ["nightcast.gate.rejected"]
