"""The page of a tuning, and its summary."""

from report.tuning.test_tuning_story import story_of
from tunings import tried

from lstm.report.tuning.tuning_page import tuning_page, tuning_summary

LINES = ("[model]", "hidden = 32")


def test_the_page_tells_verdict_lines_trials_and_gates(tmp_path):
    """Law: verdict first, then the lines; a reason that is HTML is text."""
    story = story_of(tmp_path, tried(0, 0.0), tried(1, None, failure="<b>no</b>"), lines=LINES, proposed=True)
    page = tuning_page(story)
    assert page.index("The verdict.") < page.index("hidden = 32") < page.index("What was tried")
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert "data:image/png;base64," in page


def test_the_summary_has_the_same_in_markdown(tmp_path):
    """Law: no block of lines where there are none."""
    with_lines = tuning_summary(story_of(tmp_path, tried(0, 0.0), tried(1, -0.1), lines=LINES))
    assert "```toml\n[model]\nhidden = 32\n```" in with_lines
    assert "| trial | WQL | MASE |" in with_lines
    assert "```" not in tuning_summary(story_of(tmp_path, tried(0, 0.0)))
