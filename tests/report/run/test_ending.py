"""The page of a run that has nothing to report."""

import pytest

from lstm.references import Outcome
from lstm.report.run.ending import ending_summary


@pytest.mark.parametrize(
    ("code", "sentence", "title", "advice"),
    [
        (0, "Skipped: 3 h late.", "Skipped", "start it by hand"),
        (1, "Nothing was published: the table is empty", "Nothing came of this run", "goes on where it stopped"),
        (2, "overrides (training.seed):\n  training.seed: wrong", "corrected by hand", "correct what is named above"),
    ],
)
def test_what_happened_comes_first_then_what_stands_and_what_to_do(code, sentence, title, advice):
    page = ending_summary(
        "sales", Outcome(run_id="", exit_code=code, sentence=sentence), [("current forecasts", "stay")]
    )
    order = [page.index(part) for part in (title, sentence.split("\n")[0].split("_")[0], "current forecasts", advice)]
    assert order == sorted(order)


def test_each_line_of_a_mistake_is_a_line_and_means_nothing_to_markdown():
    outcome = Outcome(run_id="", exit_code=2, sentence="pipeline file *x*:\n  a: <b>bold</b>\n  c: | pipe")
    page = ending_summary("sales", outcome, [])
    assert r"pipeline file \*x\*:" in page
    assert "- a: &lt;b&gt;bold&lt;/b&gt;" in page
    assert r"- c: \| pipe" in page
