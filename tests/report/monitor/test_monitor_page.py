"""The report of the monitor: what it says, shows and escapes."""

import re
from dataclasses import replace

import numpy as np
import pytest
from html_pages import HOSTILE, SCRIPT, Page
from monitor_stories import CALM, CHECK, DRIFTED, line, made_rows, story

from lstm.report.monitor.monitor_page import monitor_page
from lstm.report.monitor.monitor_summary import monitor_summary


def test_the_page_has_four_pictures_and_the_worst_series_first():
    """Over time, by step, coverage and drift."""
    page = monitor_page(story())
    assert page.count("data:image/png;base64") == 4
    assert page.index("worse than promised") < page.index("Checks") < page.index("Realised against promised")
    worst = [row[3] for row in story().worst_series()]
    assert [row[:2] for row in story().worst_series()] in ([("A", "y"), ("B", "y")], [("B", "y"), ("A", "y")])
    assert worst == sorted(worst, reverse=True)


def test_nothing_to_score_is_a_page_too():
    """No picture but that of the inputs; no table of models."""
    told = replace(story(degraded=None, judged="", checks=(), models=(), worst=(), drift=()), scores=None)
    page, summary = monitor_page(told), monitor_summary(told)
    assert "not judged yet" in page
    assert "data:image" not in page + summary
    assert "➖ **Not judged yet.**" in summary


def test_undefined_scores_are_dashes_and_leave_their_picture_out():
    """Series that never move have no MASE."""
    rows = made_rows()
    rows.scale[:] = np.nan
    told = story(rows, drift=(CALM.model_copy(update={"psi": np.nan}),))
    pictures = told.pictures
    assert (pictures.by_step, pictures.drift) == (None, None)
    assert told.worst_series()[0][3] == "–"
    assert "–" in monitor_summary(told)


@pytest.mark.parametrize("name", [HOSTILE, SCRIPT])
def test_text_from_outside_is_escaped_everywhere(name):
    """A series, a model, a check, an input and a place may be called anything; the browser runs none of it."""
    told = story(
        made_rows(names=(name, "B")),
        sentence=name,
        judged=name,
        checks=(CHECK.model_copy(update={"name": name, "threshold": name, "reason": name}),),
        models=(line("everything that was served"), line("v2"), line(name)),
        drift=(DRIFTED.model_copy(update={"name": name, "role": name, "reason": name}),),
    )
    told = replace(told, retrain=f"asked for, but {name}", locations={name: name})
    text = monitor_page(told)
    page = Page(text)
    assert "<script" not in text
    assert not page.open
    assert "script" not in {tag for tag, _ in page.tags}
    assert page.seen.count(name) == 13


def test_text_from_outside_means_nothing_to_html_or_markdown():
    """A series may be called anything."""
    hostile = "<b>|`*_[x](http://a.b)\n# no heading"
    told = story(made_rows(names=(hostile, "B")), sentence=hostile)
    assert "<b>|" not in monitor_page(told)
    summary = re.sub(r"\(data:[^)]*\)", "", monitor_summary(told))
    assert "<b>" not in summary
    assert "\n# no heading" not in summary
