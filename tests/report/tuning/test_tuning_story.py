"""What the report of a tuning tells, as rows."""

from datetime import UTC, datetime

import pytest
from tunings import search_of, small_file, tried

from lstm.config import load_pipeline
from lstm.references import GateOutcome, MethodScores, RunKey, TuningVerdict
from lstm.report.tuning.tuning_story import TuningStory, setting_text

BETTER = GateOutcome(name="better than the file's setting", passed=False, reason="equal", against="champion")
PASSED = GateOutcome(name="coverage", passed=True, reason="0.8 of 0.8")
CONTEST = tuple(
    MethodScores(method=name, points=21, mae=1.0, rmse=1.0, smape=10.0, mase=mase, wql=0.1, coverage=0.8)
    for name, mase in (("baseline:naive", 1.4), ("champion", 0.71), ("challenger", 0.7))
)


def story_of(folder, *trials, proposed=False, written="", lines=()) -> TuningStory:
    verdict = TuningVerdict(
        proposed=proposed, sentence="The verdict.", called="the file's setting", gates=(PASSED, BETTER), scores=CONTEST
    )
    return TuningStory(
        pipeline=load_pipeline(small_file(folder)),
        key=RunKey(pipeline="small", kind="tune", as_of="2024-04-30T00:00:00Z"),
        search=search_of(*trials),
        verdict=verdict,
        lines=lines,
        written=written,
        locations={"report": "tuning.html"},
        written_at=datetime(2024, 5, 1, tzinfo=UTC),
    )


def test_the_best_trials_stand_first_and_the_files_setting_is_always_there(tmp_path):
    """Law: eight at most, each with what it has of its own, and better or worse than the file's."""
    trials = [tried(0, 0.0), *(tried(number, -0.01 * number) for number in range(1, 12))]
    rows = story_of(tmp_path, *trials).trials()
    assert [row[0] for row in rows] == ["11", "10", "9", "8", "7", "6", "5", "4", "0"]
    assert rows[-1][3:] == ("0 %", "0.800", "0.600", "0, best 0", "the file's setting")
    assert rows[0][3] == "+10 %"
    assert rows[0][-1] == "hidden 96, attention"


def test_failures_and_early_ends_are_counted_and_told(tmp_path):
    """Law: nothing that was tried is left out in silence."""
    story = story_of(tmp_path, tried(0, 0.0), tried(1, None, failure="it diverged"), tried(2, 0.1, stopped="budget"))
    facts = dict(story.facts())
    assert facts["settings tried"] == "3 in 2 min: all of them were tried"
    assert (facts["stopped early"], facts["came to nothing"]) == ("1", "1")
    assert facts["scored on"] == "48 windows through 2024-03-18"
    assert story.failures() == [("trial 1", "it diverged")]


def test_a_trial_that_was_under_way_when_the_search_ended_was_not_tried(tmp_path):
    """Law: it came to nothing yet, and goes on where it was."""
    facts = dict(story_of(tmp_path, tried(0, 0.0), tried(1, None, failure="not ended")).facts())
    assert facts["settings tried"] == "1 in 2 min: all of them were tried"
    assert (facts["under way when it ended"], "came to nothing" in facts) == ("1", False)


def test_the_command_prints_contestants_failed_gates_and_the_verdict(tmp_path):
    """Law: settings by name, not by role; what --write did, where asked."""
    story = story_of(tmp_path, tried(0, 0.0), tried(1, -0.1), written="the lines are in the file")
    rows = dict(story.rows())
    assert rows["the tuned setting"] == "MASE 0.700, WQL 0.100, coverage 0.800"
    assert rows["the file's setting"].startswith("MASE 0.710")
    assert rows["failed: better than the file's setting"] == "equal"
    assert (rows["verdict"], rows["written"]) == ("The verdict.", "the lines are in the file")
    assert [name for name, *_ in story.gates()] == ["better than the file's setting", "coverage"]
    assert story.state == ("kept", "nothing is proposed")
    assert story_of(tmp_path, tried(0, 0.0), proposed=True).state == ("good", "a setting is proposed")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"look_back": None, "attention": False}, "look_back automatic, no attention"),
        ({"loss": "huber"}, "loss huber"),
        ({}, "–"),
    ],
)
def test_a_setting_in_words(values, text):
    """Law: switches by their names, what is left to the rule as automatic."""
    assert setting_text(values) == text
