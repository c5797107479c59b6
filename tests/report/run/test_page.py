"""The report as a page."""

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from html_pages import HOSTILE, SCRIPT, Page
from stories import NOT_TRAINED, make_story, story_forecasts, story_panel, story_scores, story_verdict, whole_story

from lstm.references import Receipt
from lstm.report.run.change_words import ChangeTable
from lstm.report.run.contestant_names import methods
from lstm.report.run.explanation_words import ExplanationText
from lstm.report.run.page import html_page
from lstm.report.run.story import Told


def test_the_page_needs_nothing_else() -> None:
    """Its pictures lie inside it, and it has neither script nor link, so that it may be mailed and opened anywhere."""
    text = html_page(whole_story())
    page = Page(text)
    assert not page.open
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    sources = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert len(sources) == 4
    for source in sources:
        kind, _, content = str(source).partition("base64,")
        assert kind == "data:image/png;"
        assert base64.b64decode(content, validate=True).startswith(b"\x89PNG")
    assert "url(" not in text
    assert "@import" not in text
    assert "http" not in text


def test_the_verdict_comes_first() -> None:
    """What a person woken at night wants to know, then the numbers."""
    seen = Page(html_page(whole_story())).seen
    places = [
        seen.index(word)
        for word in (
            "v3 is the new champion",
            "v3 is promoted",
            "26,115",
            "Forecasts",
            "Gates",
            "Scores",
            "Where everything is",
        )
    ]
    assert places == sorted(places)


def test_every_picture_says_what_it_shows() -> None:
    """For people who do not see it."""
    assert all(Page(html_page(whole_story())).alternatives())


@pytest.mark.parametrize("name", [HOSTILE, SCRIPT])
def test_text_from_outside_is_escaped_everywhere(name: str) -> None:
    """Series, targets, errors, warnings, overrides, paths and gates may hold anything; the browser runs none of it."""
    panel = story_panel([name, "b"], (name, "y"))
    scores = story_scores(panel.target_names)
    gate = story_verdict(scores).gates[0].model_copy(update={"name": name, "reason": name, "threshold": name})
    story = make_story(
        panel=panel,
        scores=scores,
        forecasts=story_forecasts(panel, failed=name),
        verdict=story_verdict(scores, gates=(gate,), sentence=name, failed_step=name),
        quality={"repairs": [name, {"series": name, "rows": 3}], "warnings": [{"message": name}]},
        card={"choices": [{"name": name, "value": name, "reason": name}]},
        overrides={"training.seed": name},
        receipts=(Receipt(sink="table", rows=0, delivered=False, message=name),),
        change_note=f"The comparison with last night failed: {name}",
        explanation=Told(
            ExplanationText([name], ChangeTable((name,), [(name,)]), ChangeTable((name,), [(name,)]), notes=[name]),
            None,
            None,
        ),
        locations={name: name},
    )
    text = html_page(story)
    page = Page(text)
    assert "<script" not in text
    assert not page.open
    assert "script" not in {tag for tag, _ in page.tags}
    assert all(str(a["src"]).startswith("data:image/png;base64,") for tag, a in page.tags if tag == "img")
    assert page.seen.count(name) >= 22


def test_numbers_that_are_not_known_are_dashes() -> None:
    """NaN is no word for people."""
    scores = story_scores(("y",), mase=float("nan"))
    names = {name: float("nan") for name in ("coverage", "wql", "smape")}
    undefined = tuple(score.model_copy(update=names) for score in story_verdict(scores).scores)
    page = Page(
        html_page(make_story(scores=scores, verdict=story_verdict(scores).model_copy(update={"scores": undefined})))
    )
    assert "nan" not in page.seen.lower().split()
    assert page.seen.count("–") >= 4 * len(undefined)


def test_the_best_of_each_column_is_bold() -> None:
    """Smallest error; coverage nearest to the 0.8 that 0.1 to 0.9 promise; points have no best."""
    page = Page(html_page(whole_story()))
    assert [attributes.get("class") for tag, attributes in page.tags if tag == "td"].count("best") == 6


def test_a_failed_training_is_told() -> None:
    """Without windows, model, history and scores the page still says what failed and who serves."""
    verdict = story_verdict(
        None,
        promote=False,
        serve="baseline:seasonal_naive",
        gates=(),
        failed_step="train",
        challenger_version=None,
        champion_version=None,
        sentence="The seasonal naive serves: training failed.",
    )
    page = Page(html_page(make_story(**NOT_TRAINED, verdict=verdict)))
    assert not page.open
    assert "train failed" in page.seen
    assert "seasonal naive baseline" in page.seen
    assert "Scores" not in page.seen


@pytest.mark.parametrize("quality", [{}, {"warnings": None}, {"repairs": [{"kind": "gap", "rows": 3}]}])
def test_any_quality_report_is_told(quality: dict[str, Any]) -> None:
    """An older run may have left another form of it."""
    assert "Observations" in Page(html_page(make_story(quality=quality))).seen


@pytest.mark.parametrize("series", [1, 1000])
def test_the_page_stays_small(series: int) -> None:
    """One series or a thousand of them, half of these failed each for a reason of its own: below half a megabyte."""
    panel = story_panel([f"store {i}" for i in range(series)], horizon=2)
    reasons = [f"series {i // 2} has 6 observations" for i in range(2 * series)]
    rows = story_forecasts(panel)
    rows = rows.set_column(rows.column_names.index("reason"), "reason", [reasons])
    notes = [f"series {i}: a gap of 3 steps was filled" for i in range(5 * series)]
    text = html_page(make_story(panel=panel, forecasts=rows, quality={"repairs": notes}))
    assert len(text) < 500_000


def test_a_table_that_is_one_series_is_told() -> None:
    """Without key columns the series is called `all`."""
    panel = story_panel(["a"])
    rows = story_forecasts(panel).drop_columns(["id"])
    panel = replace(panel, keys=panel.keys.drop_columns(["id"]))
    assert panel.names == ("all",)
    story = make_story(panel=panel, forecasts=rows)
    assert methods(story) == [("champion v2", "1", "")]
    assert not Page(html_page(story)).open


def test_the_forecast_before_is_part_of_the_story() -> None:
    """Rows of an older cutoff change the picture."""
    panel = story_panel(["a"])
    rows = story_forecasts(panel)
    earlier = panel.frequency.times(np.arange(panel.cutoff - 13, panel.cutoff + 1))
    before = rows.set_column(rows.column_names.index("time"), "time", earlier)
    with_it, without = make_story(panel=panel, previous=before), make_story(panel=panel)
    assert with_it.pictures.forecasts != without.pictures.forecasts


def test_a_model_with_tuned_settings_says_through_when_they_were_chosen() -> None:
    """Law: who reads scores can see what the settings have read; where nothing was tuned there is no such line."""
    story = whole_story()
    words = "what was known through 2013-12-02"
    assert "settings were chosen by" not in html_page(story)
    assert words in html_page(replace(story, card={**(story.card or {}), "tuned_through": "2013-12-02"}))
