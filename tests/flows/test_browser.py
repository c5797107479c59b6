"""What a person sees in both of Prefect's UIs, looked at with a headless browser: run page, its pictures, the form."""

import re
from typing import Any

import pytest
from browsing import PATIENCE, browsing, prefect_pages

from flows.ad_hoc import ad_hoc
from flows.deployment.form import ad_hoc_parameters
from lstm.references import Outcome

pytestmark = pytest.mark.slow

LAPTOP, NARROW, TALL = ({"width": width, "height": height} for width, height in ((1366, 850), (480, 850), (1366, 1500)))
UIS = ("", "/v2")


@pytest.fixture(scope="module")
def pages(prefect_server):
    with prefect_pages(prefect_server) as address:
        yield address


def opened(browser, address: str, size: dict[str, int]) -> Any:
    page = browser.new_page(viewport=size)
    page.set_default_timeout(1000 * PATIENCE)
    page.goto(address)
    return page


def test_the_run_page_leads_to_verdict_and_picture_in_both_uis(small, pages, client):
    """Law: whoever opens the run finds its page there, verdict first, with pictures that show and fit their column."""
    small.write_text(small.read_text() + '\n[[sinks]]\nname = "file"\npath = "out.csv"\n')
    state = ad_hoc(pipeline=str(small), as_of="2024-04-30", return_state=True)
    outcome: Any = state.result()
    run = client.read_flow_run(state.state_details.flow_run_id)
    assert run.name == "ad-hoc-retrain-small-2024-04-30"
    names = {task.name for task in client.read_task_runs() if task.flow_run_id == run.id}
    assert {"ingest", "train", "publish", "deliver-file", "report"} <= names
    left = {one.key: one for one in client.read_artifacts() if one.flow_run_id == run.id}
    assert left["nightcast-small-training"].data == 100.0
    assert left["nightcast-small-training"].description.startswith("Finished")
    assert "| network 1 | 2 |" in left["nightcast-small-training-epochs"].data
    report = left["nightcast-small"]
    with browsing() as browser:
        for ui in UIS:
            page = opened(browser, f"{pages}{ui}/runs/flow-run/{run.id}", LAPTOP)
            page.get_by_text(run.name).first.wait_for()
            page.get_by_text("Artifacts", exact=True).last.click()
            page.get_by_text("nightcast-small", exact=True).first.wait_for()
            page.close()
            for size in (LAPTOP, NARROW):
                _see_the_report(opened(browser, f"{pages}{ui}/artifacts/artifact/{report.id}", size), outcome)


MEASURED = """alt => {
    const image = [...document.images].find(one => one.alt === alt)
    const room = image ? image.parentElement.clientWidth : 0
    return room > 0 && image.naturalWidth > 0 && [image.naturalWidth, room, image.getBoundingClientRect().width]
}"""


def _see_the_report(page: Any, outcome: Outcome) -> None:
    page.get_by_text(outcome.sentence[:40]).first.wait_for()
    picture = page.get_by_alt_text("recent history and forecast of some series")
    picture.wait_for()
    # All at one moment, in which it is laid out: the page may be drawn anew between two looks.
    measured = page.wait_for_function(MEASURED, arg="recent history and forecast of some series")
    width, room, shown = measured.json_value()
    assert width > 400
    assert shown <= room + 1
    for heading in ("Gates", "Scores", "Training", "Observations", "Rows written", "Where everything is"):
        assert page.get_by_role("heading", name=heading).count() == 1, heading
    assert page.get_by_text("sink file").count() == 1
    page.close()


def test_the_form_refuses_nonsense_with_the_fields_name_and_starts_a_run(small, pages, client):
    """In the new UI: a choice of pipelines by name, a refused override told on the spot, then a run as asked for."""
    parameters, schema = ad_hoc_parameters({"small": str(small), "other": "other.toml"})
    deployment = client.create_deployment(
        flow_id=client.create_flow(ad_hoc),
        name="form",
        parameters=parameters,
        parameter_openapi_schema=schema,
        enforce_parameter_schema=True,
    )
    with browsing() as browser:
        page = opened(browser, f"{pages}/v2/deployments/deployment/{deployment}/run", TALL)
        _fill_in(page, '{"training.max_epochs": 0}')
        page.get_by_role("button", name="Submit").click()
        page.get_by_text(re.compile("training.max_epochs.*less than the minimum of 1")).first.wait_for()
        page.reload()
        _fill_in(page, '{"training.max_epochs": 3}')
        with page.expect_response(lambda answer: "create_flow_run" in answer.url) as answer:
            page.get_by_role("button", name="Submit").click()
        made = client.read_flow_run(answer.value.json()["id"])
    asked_for = {"pipeline": "small", "as_of": "2024-04-30", "overrides": {"training.max_epochs": 3}}
    assert {name: made.parameters[name] for name in asked_for} == asked_for


def _fill_in(page: Any, overrides: str) -> None:
    page.get_by_label("Select pipeline").click()
    page.get_by_role("option", name="small").click()
    page.locator("textarea").first.fill("2024-04-30")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(overrides)
