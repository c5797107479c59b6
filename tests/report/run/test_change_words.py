"""The section that says why tonight changed: its words, tables and picture."""

from dataclasses import replace
from typing import Any

import numpy as np
from changes import NAIVE, V2, change_of, in_parts, known_ahead, published
from html_pages import Page
from stories import NOT_TRAINED, make_story, story_forecasts, story_panel, whole_story

from lstm.data.panel.panel import Panel
from lstm.evaluation.change.attribution import Change, Parts
from lstm.report.charts.change import change_picture, pairs_of_each_target
from lstm.report.run.change_words import ChangeText, describe_change
from lstm.report.run.page import html_page
from lstm.report.run.story import Story
from lstm.report.run.summary import markdown_summary

DAILY = story_panel(["EWR", "JFK"], horizon=3)


def moved(panel: Panel, data: Any, covariates: Any = 0.0, model: Any = 0.0, **fields: Any) -> Change:
    """Parts (S, C) that are the same at every step but the last, which last night did not reach."""
    shape = (panel.series, panel.horizon, len(panel.target_names))
    parts = [np.broadcast_to(np.asarray(part, float)[..., None, :], shape).copy() for part in (data, covariates, model)]
    last = np.full(shape, 100.0)
    last[:, -1] = np.nan
    of_data, of_covariates, of_model = parts
    return in_parts(of_data, of_covariates, of_model, last=last, cutoff=panel.cutoff - 1, **fields)


def told_of(panel: Panel, change: Change) -> str:
    return " ".join(describe_change(change, panel).sentences)


def test_one_sentence_says_how_far_and_why() -> None:
    """Of a usual change of 2, EWR moved by 1 + 0.2 and JFK by 0.4, both up: 0.8 / 2 on average.

    Data 0.5 and 0.2 give 0.35 / 2, covariates 0.1 and 0 give 0.05 / 2, the model 0.6 and 0.2 gives 0.4 / 2.
    """
    panel = known_ahead(DAILY, np.zeros(DAILY.steps))
    change = moved(panel, [[0.5], [0.2]], [[0.1], [0.0]], [[0.6], [0.2]])
    assert told_of(panel, change) == (
        "Tonight's forecasts for the 2 days that last night's (cutoff 2013-10-21) also cover moved by 40 % of what the "
        "series usually change in 7 days: 20 % by v2 in place of v1, 18 % by new observations, 2.5 % by covariates. "
        "The largest change is EWR: 1.2 higher on average (60 %; 30 % by the model, 25 % by new observations, 5.0 % by "
        "covariates)."
    )


def test_parts_that_pull_against_each_other_are_said_to() -> None:
    """+1 by the data and -0.8 by the model leave 0.2 of a usual 2."""
    text = told_of(DAILY, moved(DAILY, [[1.0], [1.0]], 0.0 * np.ones((2, 1)), [[-0.8], [-0.8]]))
    assert "moved by 10 % of" in text
    assert ": 50 % by new observations, 40 % by v2 in place of v1, in part against each other." in text


def test_covariates_are_left_out_where_there_are_none() -> None:
    """Neither in the sentence nor as a column."""
    told = describe_change(moved(DAILY, [[1.0], [1.0]], np.zeros((2, 1)), np.zeros((2, 1))), DAILY)
    assert "covariates" not in " ".join(told.sentences)
    assert told.targets.head == ("target", "mean change", "of a usual one", "new data", "new model")
    assert [list(row) for row in told.targets.rows] == [["y", "1.00", "50 %", "50 %", "nothing"]]


def test_a_model_that_stayed_is_said_to_have_stayed() -> None:
    """v1 made both nights."""
    last = published(np.full((2, 3, 1), 100.0))
    change = change_of(last, published(np.full((2, 3, 1), 103.0)), cutoff=DAILY.cutoff - 1)
    assert "150 % by new observations, nothing by the model, v1 as before." in told_of(DAILY, change)


def test_a_series_that_another_method_serves_is_told_apart_from_the_new_model() -> None:
    """JFK went from v1 to the naive baseline and moved by 4, EWR from v1 to v2 and by 1: 2 and 0.5 of 2, halved."""
    last = published(np.full((2, 3, 1), 100.0))
    tonight = published([[[101.0]] * 3, [[104.0]] * 3], (V2, NAIVE), [[0], [1]])
    change = change_of(last, tonight, cutoff=DAILY.cutoff - 1)
    nothing = np.zeros(last.median.shape)
    change = replace(change, parts=Parts(nothing, nothing, change.total))
    assert "100 % by the naive baseline in place of v1, 25 % by v2 in place of v1, nothing by new obs" in told_of(
        DAILY, change
    )
    made = {row[0]: row[-1] for row in describe_change(change, DAILY).series.rows}
    assert made == {"JFK": "v1 → naive baseline", "EWR": "v1 → v2"}


def test_without_last_night_s_panel_data_and_covariates_are_one() -> None:
    """What V - L is made of is not known."""
    panel = known_ahead(DAILY, np.zeros(DAILY.steps))
    change = moved(panel, [[1.0], [1.0]], np.zeros((2, 1)), np.zeros((2, 1)), together="the panel of x is gone")
    told = describe_change(change, panel)
    assert "50 % by new observations and covariates together" in told.sentences[0]
    assert "data and covariates" in told.targets.head
    assert any("the panel of x is gone" in note for note in told.notes)


def test_where_no_reason_is_known_the_change_is_told_all_the_same() -> None:
    """The old model's folder is gone."""
    nothing = np.full((2, 3, 1), np.nan)
    change = moved(DAILY, [[1.0], [1.0]], np.zeros((2, 1)), np.zeros((2, 1)))
    change = replace(change, parts=Parts(nothing, nothing, nothing), unknown=(("the folder m is missing", 2),))
    told = describe_change(change, DAILY)
    assert told.sentences[0].endswith("in 7 days: why cannot be told, since the folder m is missing.")
    assert told.sentences[1] == "The largest change is EWR: 1.0 higher on average (50 %)."
    assert list(told.series.rows[0])[3:5] == ["–", "–"]


def test_forecasts_that_did_not_move_are_said_not_to() -> None:
    """No percent of nothing."""
    zero = np.zeros((2, 1))
    told = describe_change(moved(DAILY, zero, zero, zero), DAILY)
    assert told.sentences == [
        "Tonight's forecasts for the 2 days that last night's (cutoff 2013-10-21) also cover did not move."
    ]
    assert not told.series.rows


def test_series_that_never_moved_before_are_told_in_their_own_unit() -> None:
    """There is no usual change to compare with."""
    zero = np.zeros((2, 1))
    change = moved(DAILY, [[1.5], [1.5]], zero, zero, scale=np.full((2, 1), np.nan))
    assert told_of(DAILY, change).endswith("moved by 1.50 on average, and these series had never moved before.")


def test_up_at_some_steps_and_down_at_others_is_no_direction() -> None:
    """+3 and -2: 0.5 on average, 2.5 in size."""
    last = published(np.full((2, 2, 1), 10.0))
    change = change_of(last, published([[[13.0], [8.0]], [[10.0], [10.0]]]), cutoff=DAILY.cutoff - 1)
    panel = story_panel(["EWR", "JFK"], horizon=2)
    assert "EWR: 2.5 up or down, depending on the step (125 %" in told_of(panel, change)


def test_notes_tell_of_revisions_and_of_series_that_only_one_night_has() -> None:
    """JFK is new tonight; EWR failed."""
    last = published([[[1.0]] * 3, [[np.nan]] * 3, [[1.0]] * 3])
    tonight = published([[[np.nan]] * 3, [[2.0]] * 3, [[2.0]] * 3])
    panel = story_panel(["EWR", "JFK", "LGA"], horizon=3)
    notes = " ".join(describe_change(change_of(last, tonight, cutoff=panel.cutoff - 1, revised=3), panel).notes)
    assert "3 observed values that last night read have been revised or came late." in notes
    assert "1 series with a forecast that last night did not make (JFK)." in notes
    assert "1 series without a forecast that last night made (EWR)." in notes


def test_of_a_very_large_panel_the_note_says_what_the_means_are_of() -> None:
    """Two of four."""
    panel = story_panel(["a", "b", "c", "d"], horizon=3)
    change = moved(panel, np.ones((4, 1)), np.zeros((4, 1)), np.zeros((4, 1)))
    change = replace(change, counted=np.array([True, False, False, True]))
    assert any("an even spread of 2 of 4 series" in note for note in describe_change(change, panel).notes)


def test_told_words_survive_the_file_that_keeps_them() -> None:
    """Law: from_json(to_json(x)) says the same."""
    told = describe_change(moved(DAILY, [[1.0], [2.0]], np.zeros((2, 1)), np.zeros((2, 1))), DAILY)
    back = ChangeText.from_json(told.to_json())
    assert back.to_json() == told.to_json()
    assert back.sentences == list(told.sentences)


def test_the_picture_shows_every_target_before_a_second_series_of_one() -> None:
    """Of t0 the series 1 and 0 moved most, but t1's largest comes in before the second of t0."""
    panel = story_panel(["a", "b"], ("t0", "t1"), horizon=3)
    change = moved(panel, [[8.0, 1.0], [9.0, 2.0]], np.zeros((2, 2)), np.zeros((2, 2)))
    assert pairs_of_each_target(change, 2) == [(1, 0), (1, 1)]
    assert pairs_of_each_target(change, 3) == [(1, 0), (0, 0), (1, 1)]


def changed_story(names: tuple[str, ...] = ("EWR", "JFK"), **fields: Any) -> Story:
    """A night whose forecasts came 3 higher than those of the night before."""
    panel = story_panel(list(names), ("y", "z"))
    older = replace(panel, cutoff=panel.cutoff - 1)
    ones = np.ones((panel.series, 2))
    change = moved(panel, 3 * ones, 0 * ones, 0.1 * ones, **fields)
    return make_story(
        panel=panel, forecasts=story_forecasts(panel), previous=story_forecasts(older), change=change, **NOT_TRAINED
    )


def test_page_and_summary_tell_of_the_change_with_a_picture_of_their_own() -> None:
    """After the forecasts, before the gates; the artifact stays below its limit."""
    story = changed_story()
    page, summary = html_page(story), markdown_summary(story)
    assert page.index("<h2>Forecasts</h2>") < page.index("Why tonight changed") < page.index("<h2>Gates</h2>")
    assert "Last night's and tonight's forecast of what changed most, and why" in Page(page).alternatives()
    assert "## Why tonight changed" in summary
    assert "what changed most](data:image/png" in summary
    assert len(summary.encode()) < 400_000


def test_names_that_mean_something_to_html_are_text() -> None:
    """A series may be called anything; the largest change of both is the first's."""
    story = replace(changed_story(("<b>", "$x_$")), previous=None)
    assert "<b> y" not in html_page(story)
    assert "&lt;b&gt; y" in html_page(story)
    assert "**" not in markdown_summary(story).split("Why tonight changed")[1].split("##")[0]


def test_where_nothing_is_compared_the_note_stands_alone() -> None:
    """And without a night before there is no section."""
    note = "The forecast before does not reach 2013-12-30."
    story = make_story(**NOT_TRAINED, change_note=note)
    assert note in html_page(story)
    assert note in markdown_summary(story)
    assert "Why tonight changed" not in html_page(whole_story())


def test_a_change_of_nothing_has_no_picture() -> None:
    """There would be two equal lines."""
    zero = np.zeros((2, 1))
    rows = story_forecasts(DAILY)
    assert change_picture(moved(DAILY, zero, zero, zero), DAILY, rows, rows) is None


def test_unknown_parts_are_drawn_as_not_known() -> None:
    """A picture all the same."""
    nothing = np.full((2, 3, 1), np.nan)
    change = replace(
        moved(DAILY, [[1.0], [1.0]], np.zeros((2, 1)), np.zeros((2, 1))), parts=Parts(nothing, nothing, nothing)
    )
    rows = story_forecasts(DAILY)
    picture = change_picture(change, DAILY, rows, rows)
    assert picture is not None
    assert picture.startswith(b"\x89PNG")


def test_makers_are_named_as_people_say_them() -> None:
    """Two nights by the same baseline, which is made anew every night."""
    last = published(np.full((2, 3, 1), 100.0), (NAIVE,))
    change = change_of(last, published(np.full((2, 3, 1), 101.0), (NAIVE,)), cutoff=DAILY.cutoff - 1)
    assert "nothing by the model, the naive baseline, made anew" in told_of(DAILY, change)
