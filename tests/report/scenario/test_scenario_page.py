"""A scenario as a page, as markdown and as rows."""

import io

from html_pages import SCRIPT, Page
from PIL import Image
from scenarios import scenario_story

from lstm.report.scenario.scenario_page import effect_facts, effect_rows, scenario_page, scenario_rows, scenario_summary


def test_the_rows_of_the_table_are_those_of_changed_series():
    assert effect_rows(scenario_story()) == [("A", "y", "10.0", "12.0", "+2.00", "+20 %", "+2.00 to +4.00")]


def test_the_terminal_gets_the_same_as_names_and_values():
    facts = effect_facts(scenario_story())
    assert facts[0] == ("A", "10.0 tonight, 12.0 what if, +2.00 (+20 %), band +2.00 to +4.00")
    assert facts[-1] == ("page", "store/runs/x/whatif/y/whatif.html")


def test_the_page_says_the_answer_the_night_and_what_to_know_and_closes_every_tag():
    page = Page(scenario_page(scenario_story()))
    assert page.open == []
    assert "would be 12 in place of 10 a step" in page.seen
    assert "beside the forecasts of retrain as of 2024-04-30 00:00 UTC; nothing of it is published" in page.seen
    assert "need not be what causes what" in page.seen
    assert page.alternatives() == ["Tonight's forecast and the assumed one, and their difference"]


def test_a_hostile_name_means_nothing_to_a_browser_or_to_markdown():
    story = scenario_story(names=(SCRIPT, "B"))
    assert SCRIPT not in scenario_page(story)
    assert SCRIPT not in scenario_summary(story)


def test_rows_have_tonight_and_the_assumed_numbers_side_by_side():
    rows = scenario_rows(scenario_story()).to_pylist()
    assert [(row["id"], row["step"], row["forecast"], row["whatif_forecast"], row["changed"]) for row in rows] == [
        ("A", 1, 10.0, 12.0, True), ("A", 2, 10.0, 12.0, True),
        ("B", 1, 20.0, 20.0, False), ("B", 2, 20.0, 20.0, False),
    ]  # fmt: skip
    assert (rows[0]["q90"], rows[0]["whatif_q90"], rows[0]["whatif_method"]) == (11.0, 15.0, "champion")


def test_the_summary_holds_a_picture_that_a_page_of_prefect_can_show():
    import base64
    import re

    content = re.search(r"data:image/png;base64,([^)]*)", scenario_summary(scenario_story()))
    assert content is not None
    assert Image.open(io.BytesIO(base64.b64decode(content[1]))).width >= 200
