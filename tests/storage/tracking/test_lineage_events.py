"""Events of OpenLineage as they come to a file and to a server on loopback."""

import json
from datetime import UTC, datetime

from receivers import receiving

from lstm.storage.tracking.dataset_names import DatasetName
from lstm.storage.tracking.lineage_events import RunEvent, Written, emit, lineage_id

RUN = "7f0c9a5e-4c1b-4a53-9d0e-0a6c1d2e3f40"
AT = datetime(2024, 5, 1, 6, tzinfo=UTC)
COMPLETE = RunEvent(
    what="COMPLETE", at=AT, lineage_id=RUN, job="shops.retrain", as_of="2024-05-01T00:00:00Z",
    read=(DatasetName("postgres://db.lan:5432", "shop.public.sales"),),
    written=(Written(DatasetName("file", "/data/out.csv"), (("time", "date32[day]"),), 28),),
    query="select 1",
)  # fmt: skip


def test_a_file_gets_a_line_an_event_with_what_was_read_and_written(tmp_path):
    place = str(tmp_path / "events.jsonl")
    emit(place, RunEvent("START", AT, RUN, "shops.retrain", "1200"))
    emit(place, COMPLETE)
    start, complete = (json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines())
    assert (start["eventType"], start["run"]["runId"], start["inputs"]) == ("START", RUN, [])
    assert "nominalTime" not in start["run"]["facets"]  # a step is no time
    assert complete["job"]["name"] == "shops.retrain"
    assert complete["job"]["facets"]["sql"]["query"] == "select 1"
    assert complete["run"]["facets"]["nominalTime"]["nominalStartTime"] == "2024-05-01T00:00:00Z"
    assert [(one["namespace"], one["name"]) for one in complete["inputs"]] == [
        ("postgres://db.lan:5432", "shop.public.sales")
    ]
    (output,) = complete["outputs"]
    assert output["facets"]["schema"]["fields"][0]["name"] == "time"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 28


def test_a_server_gets_the_same_and_a_failure_says_why():
    with receiving() as receiver:
        emit(receiver.url, RunEvent("FAIL", AT, RUN, "shops.retrain", "1200", error="the table is empty"))
        body = receiver.first(lambda body: body["eventType"] == "FAIL")
    assert body["run"]["facets"]["errorMessage"]["message"] == "the table is empty"


def test_a_run_has_the_id_of_its_flow_run_and_without_one_always_the_same():
    assert lineage_id("shops.retrain.1", RUN) == RUN
    assert lineage_id("shops.retrain.1", "") == lineage_id("shops.retrain.1", "")
    assert lineage_id("shops.retrain.1", "") != lineage_id("shops.retrain.2", "")
