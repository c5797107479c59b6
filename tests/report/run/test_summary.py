"""The report in short."""

import re
from dataclasses import replace

import numpy as np
import pytest
from explanations import by_hand
from stories import NOT_TRAINED, make_story, story_forecasts, story_panel, story_scores, story_verdict, whole_story

from lstm.evaluation.explanation.summaries import furthest_from_usual
from lstm.references import Receipt
from lstm.report.charts.contributions import waterfall_picture
from lstm.report.run.explanation_words import ExplanationText, describe_explanation
from lstm.report.run.story import Told
from lstm.report.run.summary import markdown_summary, short_state, table_rows

ARTIFACT_LIMIT = 200_000
A_NIGHT = 1e9 / (365 * 25)  # bytes: a year of a night and a forecast each hour stays below a gigabyte


def test_the_short_table_tells_the_run_in_order() -> None:
    """What the command prints after a run."""
    assert table_rows(whole_story()) == [
        ("rows read", "26,115"),
        ("series", "3"),
        ("windows", "1,234 training, 210 validation, 42 test"),
        ("epochs", "18 (best 12), stopped early, 36 s"),
        ("challenger v3", "MASE 0.800, coverage 0.790"),
        ("champion v2", "MASE 1.00, coverage 0.760"),
        ("naive baseline", "MASE 1.20, coverage 0.730"),
        ("seasonal naive baseline", "MASE 1.40, coverage 0.700"),
        ("verdict", "v3 is promoted: it is 20 % better than v2 and 33 % better than the naive baseline on 14 origins."),
        ("rows published", "42"),
        ("database", "sqlite:///nightcast.db"),
        ("report", "runs/x/report.html"),
        ("run folder", "runs/x"),
    ]


def test_the_short_table_of_a_failed_training_has_dashes() -> None:
    """Nothing is left out, so that two nights can be compared line by line."""
    verdict = story_verdict(None, promote=False, serve="champion", failed_step="train")
    rows = dict(table_rows(make_story(**NOT_TRAINED, verdict=verdict)))
    assert (rows["windows"], rows["epochs"], rows["rows published"]) == ("–", "–", "42")
    assert "challenger v3" not in rows


def test_the_summary_has_the_pictures_of_the_page() -> None:
    """Four pictures as data, the form that the Prefect UI shows."""
    text = markdown_summary(whole_story())
    assert len(re.findall(r"!\[[^\]]+\]\(data:image/png;base64,[A-Za-z0-9+/=]+\)", text)) == 4
    assert text.index("v3 is the new champion") < text.index("## Forecasts") < text.index("## Gates")


def test_the_summary_of_a_failed_training_still_says_what_serves() -> None:
    """Only the picture of the forecasts and of the gaps is left."""
    verdict = story_verdict(None, promote=False, serve="champion", failed_step="train", sentence="Training failed.")
    text = markdown_summary(make_story(**NOT_TRAINED, verdict=verdict))
    assert "train failed" in text
    assert "champion v2" in text
    assert text.count("data:image/png") == 2


def test_text_from_outside_means_nothing_to_markdown() -> None:
    """A pipe would break a table, a tag would be HTML, a bracket a link."""
    hostile = "<b>|`*_[x](http://a.b)\n# no heading"
    panel = story_panel([hostile, "b"])
    story = make_story(
        panel=panel,
        forecasts=story_forecasts(panel, failed=hostile),
        quality={"repairs": [hostile]},
        verdict=story_verdict(story_scores(("y",)), sentence=hostile),
    )
    text = re.sub(r"\(data:[^)]*\)", "", markdown_summary(story))
    assert "<b>" not in text
    assert "\n# no heading" not in text
    assert text.count(r"&lt;b&gt;\|\`\*\_\[x\](http://a.b) # no heading") == 3
    widths = {line.count(" | ") for line in text.splitlines() if line.startswith("| failed")}
    assert widths == {2}


@pytest.mark.parametrize(("series", "targets"), [(1, 1), (3, 3), (1000, 1)])
def test_the_summary_fits_into_an_artifact(series: int, targets: int) -> None:
    """Noise is the worst case for a picture, thousands of notes for the text."""
    names = [f"a rather long name of a store, number {i}" for i in range(series)]
    panel = story_panel(
        names, tuple(f"t{i}" for i in range(targets)), horizon=24 if series < 9 else 2, frequency="h", steps=400
    )
    noise = np.random.default_rng(1).normal(0, 1e3, panel.targets.shape)
    panel.targets[:] = np.where(np.isnan(panel.targets) | (noise > 1e3), np.nan, noise)
    notes = [f"{name}: a gap of 3 steps was filled " * 9 for name in names]
    text = markdown_summary(make_story(panel=panel, quality={"repairs": notes, "warnings": notes}))
    assert len(text.encode()) < ARTIFACT_LIMIT


def test_a_year_of_pages_stays_below_a_gigabyte() -> None:
    """A usual night with all its pictures: 109,589 bytes each, for a training and 24 forecasts a day."""
    assert len(markdown_summary(whole_story()).encode()) < A_NIGHT


def test_the_page_says_what_went_where_and_links_what_a_browser_can_open() -> None:
    """A sink that got nothing is told beside the verdict; what is only a path stays text."""
    receipts = (
        Receipt(sink="file", rows=42, delivered=True),
        Receipt(sink="table", rows=0, delivered=False, message="the disk is full"),
    )
    story = replace(whole_story(), receipts=receipts, links={"report": "https://files.example/runs/x/report.html"})
    page = markdown_summary(story)
    assert "⚠️ **Sink table got nothing.** the disk is full" in page
    assert page.index("Sink table got nothing") < page.index("## Forecasts")
    assert "| sink file | 42 |  |" in page
    assert "- **report**: [runs/x/report.html](https://files.example/runs/x/report.html)" in page
    assert "- **run folder**: runs/x\n" in page
    assert ("sink file", "42 rows") in table_rows(story)


def test_a_dry_run_says_so_first_and_what_was_set_for_it() -> None:
    """Nobody takes its verdict for what happened."""
    story = whole_story()
    story = replace(story, key=story.key.model_copy(update={"kind": "dry-retrain"}), overrides={"training.seed": 7})
    page = markdown_summary(story)
    assert "➖ **Dry run, nothing was published.** In a real run: v3 is promoted" in page
    assert "| set for this run | training.seed = 7 |" in page
    assert "| rows forecast | 42 |" in page
    assert short_state(story) == "➖ Dry run, nothing was published"


def test_what_moves_the_forecasts_is_told_with_one_picture() -> None:
    """Sentences, the way from usual to the forecasts, and the sizes of the groups; a usual night stays small enough."""
    panel, explanation = by_hand([[[1, 2, 30], [0, 0, -4]]])
    picture = waterfall_picture(panel, furthest_from_usual(panel, explanation, 3))
    story = replace(whole_story(), explanation=Told(describe_explanation(panel, explanation), picture, picture))
    page, without = markdown_summary(story), markdown_summary(whole_story())
    section = page[page.index("## What moves the forecasts") :]
    assert "- Forecasts of y differ from usual most of all by scheduled (17.0)" in section
    assert "| scheduled | 17.0 |" in section
    assert page.count("data:image/png") == without.count("data:image/png") + 1
    assert "What moves the forecasts" not in without
    assert len(page.encode()) < A_NIGHT


def test_an_explanation_that_failed_is_told_in_a_line() -> None:
    """Law: the reader learns why there is none."""
    text = ExplanationText(failure="The explanation of the forecasts failed: the disk is full")
    page = markdown_summary(replace(whole_story(), explanation=Told(text, None, None)))
    assert "## What moves the forecasts\n\n- The explanation of the forecasts failed: the disk is full" in page
