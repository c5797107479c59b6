"""A verdict on a champion who is no longer champion is judged again, a few times at most."""

from typing import Any

import pytest
from nights import run_key, verdict_of

from flows import run
from lstm.errors import ChampionChangedError

RUN = run_key().run_id


def challenge_that(judged: list[int]) -> run.Challenge:
    """Each judging is told, and its verdict says in its sentence which it is."""

    def judge() -> Any:
        judged.append(len(judged) + 2)
        return verdict_of(RUN).model_copy(update={"sentence": f"verdict {judged[-1]}"})

    return run.Challenge(verdict_of(RUN).model_copy(update={"sentence": "verdict 1"}), judge)


def publishing(monkeypatch, changes: int) -> list[str]:
    """Forecasts by what the verdict says; another run changes the champion under the first `changes` publications."""
    tried: list[str] = []

    def publish(job, panel, verdict, rows):
        tried.append(verdict.sentence)
        assert rows == f"rows by {verdict.sentence}"
        if len(tried) <= changes:
            raise ChampionChangedError("v2 serves by now")
        return "published"

    monkeypatch.setattr(run, "forecast", lambda job, panel, verdict: f"rows by {verdict.sentence}")
    monkeypatch.setattr(run, "publish", publish)
    return tried


def test_the_second_verdict_is_forecast_and_published(monkeypatch):
    """Not the first one's rows under the second one's name."""
    judged: list[int] = []
    tried, challenge = publishing(monkeypatch, 1), challenge_that(judged)
    assert run._publish(None, None, challenge) == ("rows by verdict 2", "published")
    assert tried == ["verdict 1", "verdict 2"]
    assert challenge.verdict.sentence == "verdict 2"


def test_a_champion_that_never_stays_ends_the_run(monkeypatch):
    """After three publications that came too late; nothing is out."""
    tried = publishing(monkeypatch, 99)
    with pytest.raises(ChampionChangedError, match="v2 serves by now"):
        run._publish(None, None, challenge_that([]))
    assert tried == ["verdict 1", "verdict 2", "verdict 3"]
