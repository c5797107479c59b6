"""Who made the forecasts, by name."""

from stories import make_story, story_forecasts, story_panel

from lstm.report.run.contestant_names import methods


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
