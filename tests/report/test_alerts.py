"""What a run tells by how it ended: which event, how urgent, and what is in it."""

import json

import pytest
from nights import verdict_of

from lstm.errors import ConfigError, DataError, SourceUnavailableError, TooManyFailedError
from lstm.references import ForecastRef, GateOutcome, MethodScores, Outcome, RunKey
from lstm.report import alerts
from lstm.report.alerts import Alert, Ending, Fallback, alerts_of
from pages import ROOT

NAN = float("nan")
KEY = RunKey(pipeline="small", kind="retrain", as_of="2024-04-30T00:00:00Z")
GOOD = Outcome(run_id=KEY.run_id, exit_code=0, sentence="Promoted v1.")
BETTER = GateOutcome(
    name="better than the champion", metric="mase", against="champion", passed=False, observed=1.0, reference=0.9,
    low=NAN, high=-0.01, reason="the challenger is 11 % worse than the champion",
)  # fmt: skip
FRESH = GateOutcome(name="fresh data", metric="late", passed=False, observed=3.0, reason="the table is 3 steps late")


def ending(outcome=GOOD, **parts):
    return Ending(**{"key": KEY, "outcome": outcome} | parts)


def rejected(*gates, **changes):
    scores = (MethodScores(method="challenger", points=9, mae=1, rmse=1, smape=1, mase=1, wql=NAN, coverage=0.8),)
    changes = {"promote": False, "promoted_version": None, "serve": "champion", "scores": scores} | changes
    return verdict_of(KEY.run_id).model_copy(update={"gates": gates, "sentence": "Kept v1: not better."} | changes)


def forecast(failed=0, version=1, **methods):
    return ForecastRef(
        uri="u", fingerprint="f", rows=42, series=6, methods=methods, failed_series=failed, model_version=version
    )


def test_the_reference_has_every_event_and_every_key():
    """docs/reference/events.md is written by hand; a new event or key is found missing here."""
    page = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    fell = Fallback("it is too short", "baseline:seasonal_naive", 1, ())
    told = alerts_of(ending(verdict=rejected(BETTER), forecast=forecast(), fallbacks=(fell,), faults=("late",)))
    told += alerts_of(ending(GOOD.model_copy(update={"exit_code": 1}), error=DataError("twice")))
    names = {value for name, value in vars(alerts).items() if name.isupper() and str(value).startswith("nightcast.")}
    keys = {key for alert in told for key in alert.facts}
    assert len(names) == 6
    assert {word for word in names | keys if f"`{word}`" not in page} == set()


def test_a_good_night_tells_nothing():
    """Nobody has to look."""
    passed = BETTER.model_copy(update={"passed": True})
    assert alerts_of(ending(verdict=rejected(passed), forecast=forecast(champion=6))) == ()


@pytest.mark.parametrize(
    ("error", "exit_code", "event"),
    [
        (DataError("twice"), 1, "nightcast.data.refused"),
        (TooManyFailedError("5 of 6"), 1, "nightcast.data.refused"),
        (SourceUnavailableError("away"), 1, "nightcast.run.failed"),
        (ConfigError("typo"), 2, "nightcast.run.failed"),
        (ZeroDivisionError("a bug"), 1, "nightcast.run.failed"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_a_run_that_published_nothing_tells_one_thing_which_cannot_wait(error, exit_code, event):
    """One alert, though gates may have failed before: data that break a rule, or a failure of another kind."""
    outcome = Outcome(run_id=KEY.run_id, exit_code=exit_code, sentence=f"Nothing was published: {error}")
    (alert,) = alerts_of(ending(outcome, error=error, verdict=rejected(BETTER)))
    assert (alert.event, alert.severity, alert.sentence) == (event, "critical", outcome.sentence)
    assert alert.facts == {"error": type(error).__name__, "mistake": exit_code == 2}


def test_a_monitor_that_fails_can_wait():
    """It costs no forecast."""
    outcome = Outcome(run_id="m", exit_code=1, sentence="Nothing was scored: away")
    (alert,) = alerts_of(ending(outcome, key=KEY.model_copy(update={"kind": "monitor"}), error=OSError("away")))
    assert (alert.event, alert.severity) == ("nightcast.run.failed", "warning")


@pytest.mark.parametrize(
    ("verdict", "severity"),
    [
        (rejected(BETTER), "notice"),
        (rejected(BETTER, FRESH), "warning"),
        (rejected(BETTER, serve="baseline:naive"), "warning"),
        (rejected(BETTER, failed_step="train"), "warning"),
    ],
    ids=["just not better", "doubtful data too", "no champion serves", "a step failed"],
)
def test_a_rejection_is_a_usual_night_only_where_a_champion_serves_and_is_not_beaten(verdict, severity):
    """Most challengers do not beat a good champion; whoever is woken by that stops listening."""
    (alert,) = alerts_of(ending(verdict=verdict))
    assert (alert.event, alert.severity) == ("nightcast.gate.rejected", severity)


def test_a_rejection_names_gates_with_their_numbers_and_is_plain_json():
    """NaN has no word in JSON; what does not apply to a gate is left out."""
    (alert,) = alerts_of(ending(verdict=rejected(BETTER, FRESH, BETTER.model_copy(update={"passed": True}))))
    facts = json.loads(json.dumps(alert.facts, allow_nan=False))
    assert [gate["gate"] for gate in facts["failed_gates"]] == ["better than the champion", "fresh data"]
    assert facts["failed_gates"][0] == {
        "gate": "better than the champion", "metric": "mase", "against": "champion", "observed": 1.0, "reference": 0.9,
        "high": -0.01, "reason": "the challenger is 11 % worse than the champion",
    }  # fmt: skip
    assert facts["scores"] == {"challenger": {"mase": 1.0, "wql": None, "coverage": 0.8}}


def test_a_challenger_that_was_promoted_is_not_rejected_but_one_that_a_baseline_outdid_is():
    """A failed gate of a promoted baseline is the challenger's."""
    promoted = rejected(BETTER, promote=True, promoted_version=2, challenger_version=2)
    assert alerts_of(ending(verdict=promoted)) == ()
    dethroned = rejected(BETTER, promote=True, promoted_version=3, challenger_version=2, serve="baseline:naive")
    (alert,) = alerts_of(ending(verdict=dethroned))
    assert (alert.event, alert.severity) == ("nightcast.gate.rejected", "warning")


@pytest.mark.parametrize(
    ("forecast", "severity"),
    [
        (forecast(champion=5, **{"baseline:seasonal_naive": 1}), "notice"),
        (forecast(failed=1, champion=5), "warning"),
        (forecast(version=None, **{"baseline:seasonal_naive": 6}), "warning"),
    ],
    ids=["one falls back", "one failed", "the champion served none"],
)
def test_a_fallback_says_who_fell_back_and_why(forecast, severity):
    """Short series fall back each night by the rules; a failed one, or a champion that serves none, is for a person."""
    fell = Fallback("it is too short", "baseline:seasonal_naive", 1, ("JFK/AA",))
    verdict = rejected().model_copy(update={"champion_seen": 1})
    (alert,) = alerts_of(ending(verdict=verdict, forecast=forecast, fallbacks=(fell,)))
    assert (alert.event, alert.severity) == ("nightcast.forecast.fallback", severity)
    assert "forecasts are not by the champion: 1 because it is too short." in alert.sentence
    assert alert.facts["reasons"] == [
        {"reason": "it is too short", "method": "baseline:seasonal_naive", "targets": 1, "examples": ["JFK/AA"]}
    ]


def test_what_went_wrong_beside_is_told_after_what_is_urgent():
    """A sink that got nothing is a warning; the usual rejection comes last."""
    told = alerts_of(ending(verdict=rejected(BETTER), faults=("sink warehouse got nothing: away",)))
    assert [(alert.event, alert.severity) for alert in told] == [
        ("nightcast.run.degraded", "warning"),
        ("nightcast.gate.rejected", "notice"),
    ]
    assert told[0].sentence == "Published, but sink warehouse got nothing: away."


def test_the_same_with_other_numbers_is_the_same():
    """A second attempt at a run took other seconds; another reason is told again."""

    def mark(sentence, severity="warning"):
        return Alert("nightcast.run.failed", severity, sentence, {}).mark

    assert mark("the deadline passed after 7.9 s") == mark("the deadline passed after 11.3 s")
    assert mark("the deadline passed after 7.9 s") != mark("the source is away")
    assert mark("away") != mark("away", "critical")


def test_a_fallback_counts_everybody_though_it_lists_ten_reasons():
    """Each short series has a reason of its own, "3 steps, 14 are needed", so there may be as many as series."""
    fell = tuple(Fallback(f"{steps} steps, 14 are needed", "baseline:seasonal_naive", 1, ()) for steps in range(12))
    (alert,) = alerts_of(ending(forecast=forecast(champion=3, **{"baseline:seasonal_naive": 12}), fallbacks=fell))
    assert alert.sentence.startswith("12 of 15 forecasts are not by")
    assert len(alert.facts["reasons"]) == 10
