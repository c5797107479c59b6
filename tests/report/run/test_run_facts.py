"""What a run read, learnt and wrote."""

from stories import make_story, story_history

from lstm.report.run.run_facts import run_facts


def test_facts_are_complete() -> None:
    """The line of key facts."""
    assert dict(run_facts(make_story()))["windows"] == "1,234 training, 210 validation, 42 test"
    assert dict(run_facts(make_story()))["as of"] == "2013-12-30 00:00 America/New_York"


def test_the_epochs_of_every_member_are_told() -> None:
    """The first alone says nothing of the others: it may not have got better at all while they did."""
    members = [{"best_epoch": best, "stopped": "early"} for best in (0, 12)]
    story = make_story(card={"members": members}, history=story_history(2))
    assert dict(run_facts(story))["epochs"] == "18, 18 (best 0, 12), stopped early, 36 s"
