"""What a run changed, in words."""

import pytest
from stories import make_story, story_scores, story_verdict

from lstm.references import Receipt
from lstm.report.run.contestant_names import contestant
from lstm.report.run.verdict_words import headline, ordered_gates


@pytest.mark.parametrize(
    ("changes", "expected", "serves"),
    [
        ({}, ("good", "v3 is the new champion"), "challenger v3"),
        ({"fault": "its band is narrow"}, ("kept", "v3 is the new champion, with a fault"), "challenger v3"),
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
    assert headline(story) == expected
    assert contestant(story.verdict.serve, story) == serves


def test_nothing_is_well_where_a_sink_got_nothing() -> None:
    """Fault: the box was green over a new champion whose forecasts had not come to the warehouse."""
    verdict = story_verdict(story_scores(("y",)))
    receipts = (
        Receipt(sink="file", rows=14, delivered=True, message=""),
        Receipt(sink="warehouse", rows=0, delivered=False, message="away"),
    )
    assert headline(make_story(verdict=verdict, receipts=receipts)) == (
        "bad", "v3 is the new champion, and nothing came to warehouse",
    )  # fmt: skip


def test_gates_that_failed_come_first_and_name_their_segment() -> None:
    """The others keep their order."""
    named = [gate.model_copy(update={"segment": "target y"}) for gate in story_verdict(None).gates]
    story = make_story(verdict=story_verdict(None, gates=tuple(named)))
    assert [name for _, name in ordered_gates(story)] == [
        "coverage (target y)",
        "beats the baselines (target y)",
        "better than the champion (target y)",
    ]
