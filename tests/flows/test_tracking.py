"""Nights in Prefect that tell others of themselves."""

import json

from planned_shops import AS_OF

from flows.forecast import forecast


def test_events_of_a_night_in_prefect_have_the_id_of_its_flow_run(shops, prefect_server):
    """So that a catalogue and the Prefect UI speak of one run."""
    shops.write_text(shops.read_text() + '\n[tracking]\nopenlineage = "events.jsonl"\n', encoding="utf-8")
    state = forecast(pipeline=str(shops), as_of=AS_OF, return_state=True)
    lines = (shops.parent / "events.jsonl").read_text().splitlines()
    assert {json.loads(line)["run"]["runId"] for line in lines} == {str(state.state_details.flow_run_id)}
