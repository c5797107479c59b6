"""What a run read, learnt and wrote."""

from stories import make_story

from lstm.report.run.run_facts import run_facts


def test_facts_are_complete() -> None:
    """The line of key facts."""
    assert dict(run_facts(make_story()))["windows"] == "1,234 training, 210 validation, 42 test"
    assert dict(run_facts(make_story()))["as of"] == "2013-12-30 00:00 America/New_York"
