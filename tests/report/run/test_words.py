"""A story in words."""

import pytest
from stories import make_story, story_forecasts, story_panel, story_scores, story_verdict

from lstm.report.run.words import data_notes, facts, gates, methods, score_tables, state, who_serves


@pytest.mark.parametrize(
    ("changes", "expected", "serves"),
    [
        ({}, ("good", "v3 is the new champion"), "challenger v3"),
        ({"promote": False, "serve": "champion"}, ("kept", "v2 stays champion"), "champion v2"),
        (
            {"promoted_version": 4, "serve": "baseline:naive"},
            ("bad", "the naive baseline takes the place of v2"),
            "naive baseline",
        ),
        (
            {"promote": False, "serve": "baseline:naive", "champion_version": None},
            ("kept", "no champion: the naive baseline serves"),
            "naive baseline",
        ),
        ({"promote": False, "serve": "champion", "failed_step": "train"}, ("bad", "train failed"), "champion v2"),
    ],
)
def test_the_state_says_what_changed(changes: dict[str, object], expected: tuple[str, str], serves: str) -> None:
    """Promoted, kept, none, failed."""
    story = make_story(verdict=story_verdict(story_scores(("y",)), **changes))
    assert state(story) == expected
    assert who_serves(story) == serves


def test_gates_that_failed_come_first_and_name_their_segment() -> None:
    """The others keep their order."""
    named = [gate.model_copy(update={"segment": "target y"}) for gate in story_verdict(None).gates]
    story = make_story(verdict=story_verdict(None, gates=tuple(named)))
    assert [name for _, name in gates(story)] == [
        "coverage (target y)",
        "beats the baselines (target y)",
        "better than the champion (target y)",
    ]


def test_series_are_counted_by_who_forecasts_them() -> None:
    """Most series first, each reason with a few names."""
    panel = story_panel([f"s{i}" for i in range(8)], ("a", "b"))
    rows = story_forecasts(panel).to_pylist()
    for row in rows:
        if row["id"] != "s0":
            row |= {"method": "baseline:naive", "reason": "too short", "model_version": None}
    story = make_story(panel=panel, forecasts=story_forecasts(panel).from_pylist(rows))
    assert methods(story) == [
        ("naive baseline", "7", "too short (s1, s2, s3, s4, s5 and 2 more)"),
        ("champion v2", "1", ""),
    ]


def test_scores_come_over_all_then_by_target() -> None:
    """One target needs no table of its own."""
    assert [table.title for table in score_tables(make_story())] == ["y"]
    assert [table.title for table in score_tables(make_story(targets=("a", "b")))] == ["all targets", "a", "b"]


def test_a_column_has_the_decimals_of_its_smallest_value() -> None:
    """0.8 has three digits as 0.800, and so has 1.000 below it."""
    (table,) = score_tables(make_story())
    assert [cells[0] for _, cells in table.rows] == [
        ("0.800", True),
        ("1.000", False),
        ("1.200", False),
        ("1.400", False),
    ]
    assert [name for name, _ in table.rows] == [
        "challenger v3",
        "champion v2",
        "naive baseline",
        "seasonal naive baseline",
    ]


def test_notes_of_the_data_may_be_sentences_or_records() -> None:
    """Warnings first."""
    story = make_story(
        quality={"repairs": [{"kind": "gap", "rows": 3, "series": None}], "warnings": [{"message": "old"}]}
    )
    assert data_notes(story) == [("warning", "old"), ("repair", "kind gap, rows 3")]


def test_notes_of_the_data_follow_the_quality_report() -> None:
    """Warnings, then repairs added up by kind, then notes on how the source was understood."""
    repairs = [
        {"kind": "gap", "series": name, "column": "y", "count": 2, "first": "2013-01-05"} for name in ("EWR", "JFK")
    ]
    table = {"name": [], "first": [], "last": [], "steps": [], "observed": {}, "missing": []}
    quality = {
        "rows_read": 9,
        "rows_used": 9,
        "rows_after_horizon": 0,
        "series": 2,
        "steps": 9,
        "cutoff": "2013-12-29",
        "newest": "2013-12-29",
        "frequency": "D",
        "inferred": True,
        "repairs": repairs,
        "warnings": ["EWR ends early"],
        "notes": ["the separator is `;`"],
        "per_series": table,
    }
    assert data_notes(make_story(quality=quality)) == [
        ("warning", "EWR ends early"),
        ("repair", "gap of y: 4, in EWR (2 from 2013-01-05), JFK (2 from 2013-01-05)"),
        ("note", "the separator is `;`"),
    ]


def test_facts_are_complete() -> None:
    """The line of key facts."""
    assert dict(facts(make_story()))["windows"] == "1,234 training, 210 validation, 42 test"
    assert dict(facts(make_story()))["as of"] == "2013-12-30 00:00 America/New_York"
