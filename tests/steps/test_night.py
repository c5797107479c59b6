"""A verdict on a champion who is no longer champion is judged again, a few times at most."""

from typing import Any

import pytest
from nights import gate_of, run_key, verdict_of

from lstm.errors import ChampionChangedError
from lstm.references import PanelRef
from lstm.steps import night
from lstm.steps.champions.contenders import Challenge
from lstm.steps.step_functions import Steps

RUN = run_key().run_id
NOTHING: Any = None  # the job and the panel, which only the steps would read


def challenge_that(judged: list[int]) -> Challenge:
    """Each judging is told, and its verdict says in its sentence which it is."""

    def judge() -> Any:
        judged.append(len(judged) + 2)
        return verdict_of(RUN).model_copy(update={"sentence": f"verdict {judged[-1]}"})

    return Challenge(verdict_of(RUN).model_copy(update={"sentence": "verdict 1"}), judge)


def publishing(changes: int) -> tuple[Steps, list[str]]:
    """Forecasts by what the verdict says; another run changes the champion under the first `changes` publications."""
    tried: list[str] = []

    def publish(job, panel, verdict, rows):
        tried.append(verdict.sentence)
        assert rows == f"rows by {verdict.sentence}"
        if len(tried) <= changes:
            raise ChampionChangedError("v2 serves by now")
        return "published"

    def forecast(job, panel, verdict):
        return f"rows by {verdict.sentence}"

    return Steps(forecast=forecast, publish=publish), tried


def test_the_second_verdict_is_forecast_and_published():
    """Not the first one's rows under the second one's name."""
    judged: list[int] = []
    (steps, tried), challenge = publishing(1), challenge_that(judged)
    assert night._publish(NOTHING, NOTHING, challenge, steps) == ("rows by verdict 2", "published")
    assert tried == ["verdict 1", "verdict 2"]
    assert challenge.verdict.sentence == "verdict 2"


def test_a_champion_that_never_stays_ends_the_run():
    """After three publications that came too late; nothing is out."""
    steps, tried = publishing(99)
    with pytest.raises(ChampionChangedError, match="v2 serves by now"):
        night._publish(NOTHING, NOTHING, challenge_that([]), steps)
    assert tried == ["verdict 1", "verdict 2", "verdict 3"]


def test_a_change_of_unit_that_is_forecast_all_the_same_degrades_the_run():
    """Law: what `quality.unit_change = "degrade"` lets through is said where the run's end is read."""
    panel = PanelRef(
        uri="panel", fingerprint="f", rows_read=1, series=1, steps=1, cutoff="c", newest="n", frequency="D", repairs=0,
        unit_change="'y' is suddenly at about 1,000 times the level of before",
    )  # fmt: skip
    assert night.data_faults(panel) == ["'y' is suddenly at about 1,000 times the level of before"]
    assert night.data_faults(panel.model_copy(update={"late": 2}))[0] == (
        "the table ends 2 steps before the cutoff, at n"
    )
    assert night.data_faults(panel.model_copy(update={"late": 1}))[0] == "the table ends 1 step before the cutoff, at n"
    assert night.data_faults(panel.model_copy(update={"unit_change": ""})) == []


def test_a_challenger_that_is_promoted_in_spite_of_a_gate_degrades_the_run():
    """The verdict's sentence says why; here the gate is named."""
    failed = gate_of("coverage", passed=False)
    verdict = verdict_of(RUN, promote=True, challenger=2, gates=[gate_of("x"), failed])
    verdict = verdict.model_copy(update={"fault": "its coverage is 0.4", "promoted_version": 2})
    assert night.verdict_faults(verdict) == ["v2 was promoted in spite of the gate 'coverage'"]
    assert night.verdict_faults(verdict.model_copy(update={"fault": ""})) == []
