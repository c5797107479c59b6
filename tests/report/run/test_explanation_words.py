"""What a reader is told of what moves the forecasts."""

from dataclasses import replace

import numpy as np
import pytest
from explanations import LEVEL, by_hand

from lstm.evaluation.explanation.explained import NO_EARLIER
from lstm.evaluation.explanation.explanation import Group
from lstm.evaluation.explanation.summaries import examples_of
from lstm.report.run.explanation_words import (
    ExplanationText,
    describe_explanation,
    example_sentence,
    examples_table,
)


def test_a_forecast_is_told_as_a_colleague_would() -> None:
    """212 is 14 more than usual: the schedule adds 16, the level takes 2 away; the week says nothing."""
    panel, explanation = by_hand([[[0, 0, 0], [-2, 0, 16]]], usual=198.0)
    example = examples_of(panel, explanation, {1})[0]
    assert example_sentence(panel, explanation, example) == (
        "On Tuesday 2013-12-24 the forecast of y for a is 212.0, 14.0 more than usual for a Tuesday (198.0): scheduled "
        "adds 16.0, level takes away 2.0."
    )


def test_a_table_that_is_one_series_has_no_name() -> None:
    """Law: no "for all"."""
    panel, explanation = by_hand([[[0, 0, 3]]])
    alone = replace(panel, keys=panel.keys.select([]))
    sentence = example_sentence(alone, explanation, examples_of(alone, explanation)[0])
    assert sentence.startswith("On Monday 2013-12-23 the forecast of y is 103.00, 3.00 more than usual for a Monday")


def test_small_parts_are_told_together() -> None:
    """Of 100, 1 and 1.5 the small ones are all else, so that the sentence adds up."""
    panel, explanation = by_hand([[[1, 1.5, 100]]])
    sentence = describe_explanation(panel, explanation).sentences[1]
    assert sentence.endswith("scheduled adds 100, all else adds 2.")


def test_a_forecast_as_usual_is_told_as_that() -> None:
    """Nothing to explain, nothing explained."""
    panel, explanation = by_hand([[[0, 0, 0]]])
    text = describe_explanation(panel, explanation)
    assert list(text.sentences) == [
        "The forecasts of y are as usual.",
        "On Monday 2013-12-23 the forecast of y for a is 100.00, as is usual for a Monday.",
    ]


def test_the_headline_ranks_the_groups_of_each_target() -> None:
    """3 and 1 on average, and 0.1, which is less than a twentieth of the largest."""
    panel, explanation = by_hand([[[1, 0.1, 3]], [[-1, -0.1, -3]]])
    assert describe_explanation(panel, explanation).sentences[0] == (
        "Forecasts of y differ from usual most of all by scheduled (3.00) and level (1.00), up or down on average; "
        "each other group moves them by at most 0.10."
    )


def test_tables_say_the_same_in_numbers() -> None:
    """Groups by their mean size, largest first; a row a forecast with signs, 0 for what rounds to it."""
    panel, explanation = by_hand([[[1, 0.0001, 3]], [[-1, 0, -4]]])
    text = describe_explanation(panel, explanation)
    assert [list(row) for row in text.groups.rows] == [
        ["scheduled", "3.50"],
        ["level", "1.00"],
        ["weekly pattern", "0.00"],
    ]
    assert list(text.segments.head) == ["id", "level", "weekly pattern", "scheduled"]
    assert list(text.segments.rows[0]) == ["a", "1.00", "0.00", "3.00"]
    assert list(text.series.head) == ["series", "time", "forecast", "usual", "level", "weekly pattern", "scheduled"]
    assert list(text.series.rows[0]) == ["b", "Monday 2013-12-23", "95.00", "100.00", "-1.00", "0", "-4.00"]
    assert list(examples_table(panel, examples_of(panel, explanation)).rows[0])[-3:] == ["+1.00", "0", "+3.00"]


def test_the_notes_say_what_usual_is_what_groups_are_and_what_is_left_out() -> None:
    """Law: the ground, the groups, the sample and what could not be explained are on the page."""
    panel, explanation = by_hand([[[1, 2, 3]]], unexplained=((NO_EARLIER, 4),))
    notes = " ".join(describe_explanation(panel, explanation, "Explained are 1 of 9 series.").notes)
    assert "the mean of the last four, 7 days apart" in notes
    assert "at the same place in the season" in notes
    assert "level is its mean; the weekly pattern is what repeats itself every 7 days." in notes
    assert "scheduled: what is known ahead, and what was" in notes
    assert "add up to the published forecast" in notes
    assert "Explained are 1 of 9 series." in notes
    assert f"Not explained: 4 series and targets; {NO_EARLIER}." in notes


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("past", "x: what was measured up to now"),
        ("calendar", "x: hour, weekday and time of year"),
        ("holidays", "x: those ahead"),
        ("others", "x: all that have no group of their own"),
    ],
)
def test_covariates_are_told_by_their_kind(kind: str, words: str) -> None:
    """Law: a reader knows what was switched."""
    panel, explanation = by_hand([[[1, 2]]], groups=(LEVEL, Group("x", kind)))  # type: ignore[arg-type]
    assert words in " ".join(describe_explanation(panel, explanation).notes)


def test_where_nothing_could_be_explained_the_page_says_why() -> None:
    """Law: one sentence in the place of all others."""
    panel, explanation = by_hand([[[np.nan] * 3]], unexplained=((NO_EARLIER, 1),))
    text = describe_explanation(panel, explanation)
    assert text.failure == f"No forecast could be explained: {NO_EARLIER} (1)."
    assert not text.sentences


def test_words_are_kept_as_json() -> None:
    """Law: what is read is what was written."""
    text = describe_explanation(*by_hand([[[1, 2, 3]]]))
    again = ExplanationText.from_json(text.to_json())
    assert list(again.sentences) == list(text.sentences)
    assert [list(row) for row in again.groups.rows] == [list(row) for row in text.groups.rows]
    assert ExplanationText.from_json(ExplanationText(failure="no").to_json()).failure == "no"
