"""What was found in the observations, in sentences."""

from typing import Any

from stories import make_story

from lstm.report.run.data_notes import data_notes


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
    table: dict[str, Any] = {"name": [], "first": [], "last": [], "steps": [], "observed": {}, "missing": []}
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
