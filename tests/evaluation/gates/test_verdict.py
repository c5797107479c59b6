"""The verdict: who serves, and what a colleague would write about it."""

import pytest

from lstm.evaluation.gates.verdict import Parties, Takeover, decide, failed_verdict
from lstm.references import GateOutcome, MethodScores

NAN = float("nan")
PASSED = GateOutcome(name="beats the baselines", passed=True, reason="good")
NOT_APPLICABLE = GateOutcome(name="champion", passed=None, reason="there is no champion yet")


def failed(reason):
    """A gate that failed."""
    return GateOutcome(name="gate", passed=False, reason=reason)


def scores_of(method, mase, *, points=1008, wql=0.1):
    """Scores of one contestant."""
    return MethodScores(method=method, points=points, mae=1.0, rmse=1.5, smape=12.0, mase=mase, wql=wql, coverage=0.8)


CONTEST = (
    scores_of("challenger", 0.79),
    scores_of("champion", 0.807),
    scores_of("baseline:naive", 0.92),
    scores_of("baseline:seasonal_naive", 1.1),
)
NO_CHAMPION = (CONTEST[0], *CONTEST[2:])
OF_V1 = "v1 has MASE 0.807, and its band holds 80 % of the points."
OF_NAIVE = "baseline:naive has MASE 0.92, and its band holds 80 % of the points."
MOVED = "6 of 9 series got better and 3 worse, most of all JFK by 11 %"


def decided(outcomes, scores=CONTEST, *, challenger=2, champion=1, absent="", **options):
    """A verdict on fourteen origins."""
    parties = Parties("nyc.retrain.1", challenger, champion, champion_seen=champion, absent=absent)
    return decide(parties, outcomes, scores, origins=14, **options)


def test_a_challenger_that_passes_every_gate_is_promoted():
    """0.79 is 14 % below 0.92 and 2.1 % below 0.807."""
    verdict = decided([PASSED, PASSED])
    assert (verdict.promote, verdict.serve, verdict.best_baseline) == (True, "challenger", "baseline:naive")
    assert verdict.sentence == (
        "Promoted v2: MASE 0.79, 14 % better than the best baseline (naive, 0.92) and 2.1 % better than v1 (0.807) "
        "on 1,008 points from 14 origins. Its band holds 80 % of the points."
    )


def test_the_first_good_model_is_promoted_though_a_champion_gate_does_not_apply():
    """Not applicable is neither passed nor failed."""
    verdict = decided([PASSED, NOT_APPLICABLE], NO_CHAMPION, challenger=1, champion=None)
    assert verdict.promote
    assert verdict.sentence == (
        "Promoted v1: MASE 0.79, 14 % better than the best baseline (naive, 0.92) on 1,008 points from 14 origins. "
        "Its band holds 80 % of the points."
    )


def test_a_promotion_without_mase_tells_the_quantile_loss():
    """All series constant: the gates of such a file compare by WQL."""
    scores = (scores_of("challenger", NAN, wql=0.08), scores_of("baseline:naive", NAN, wql=0.1))
    verdict = decided([PASSED], scores, champion=None)
    assert verdict.sentence == (
        "Promoted v2: weighted quantile loss 0.08, 20 % better than the best baseline (naive, 0.1) "
        "on 1,008 points from 14 origins. Its band holds 80 % of the points."
    )


@pytest.mark.parametrize("outcomes", [[], [NOT_APPLICABLE], [PASSED, failed("x")], [failed("x")]])
def test_nothing_is_promoted_unless_a_gate_passed_and_none_failed(outcomes):
    """Fail closed, also without any gate."""
    verdict = decided(outcomes)
    assert (verdict.promote, verdict.serve) == (False, "champion")
    assert verdict.sentence.startswith("Kept v1: ")


def test_without_a_gate_that_applies_the_sentence_says_so():
    """Somebody removed all gates."""
    assert decided([]).sentence == f"Kept v1: no gate applied, and without one nothing is promoted. {OF_V1}"


def test_a_worse_challenger_leaves_the_champion_in_words():
    """Roles become versions."""
    reason = "the challenger is 1.8 % worse than the champion (MASE 0.84 against 0.825)"
    verdict = decided([PASSED, failed(reason)], challenger=13, champion=12)
    assert verdict.sentence == (
        "Kept v12: v13 is 1.8 % worse than v12 (MASE 0.84 against 0.825). "
        "v12 has MASE 0.807, and its band holds 80 % of the points."
    )


def test_many_reasons_are_told_shortly():
    """Two, and how many more."""
    verdict = decided([failed("one"), PASSED, failed("two"), failed("three"), failed("four")])
    assert verdict.sentence == f"Kept v1: one; two; 2 more gates failed. {OF_V1}"


def test_without_a_champion_the_best_baseline_serves():
    """As long as no model has passed."""
    reason = "the challenger's coverage of 0.41 lies outside 0.65 to 0.95"
    verdict = decided([NOT_APPLICABLE, failed(reason)], NO_CHAMPION, challenger=1, champion=None)
    assert (verdict.serve, verdict.best_baseline) == ("baseline:naive", "baseline:naive")
    assert verdict.sentence == (
        "No model has passed its gates yet, so baseline:naive serves: v1's coverage of 0.41 lies outside 0.65 to 0.95. "
        f"{OF_NAIVE}"
    )


def test_a_champion_that_cannot_serve_is_explained():
    """A changed horizon: the old champion is not replaced by silence."""
    absent = "the champion v3 has another contract: horizon was 24, is 48"
    verdict = decided([failed("x")], NO_CHAMPION, champion=None, absent=absent)
    assert verdict.sentence == f"baseline:naive serves, because {absent}: x. {OF_NAIVE}"


def test_the_best_baseline_is_by_mase_then_by_quantile_loss_then_the_seasonal_naive():
    """Where MASE is undefined for all, WQL decides; where nothing is, the seasonal naive serves."""
    by_wql = (scores_of("baseline:naive", NAN, wql=0.3), scores_of("baseline:seasonal_naive", NAN, wql=0.2))
    assert decided([failed("x")], by_wql, champion=None).serve == "baseline:seasonal_naive"
    nothing = (scores_of("baseline:naive", NAN, wql=NAN),)
    verdict = decided([failed("x")], nothing, champion=None)
    assert (verdict.serve, verdict.best_baseline) == ("baseline:seasonal_naive", None)


def test_a_step_that_failed_keeps_the_champion():
    """The night goes on, with a failed gate that holds the whole message."""
    parties = Parties("r", champion_version=1, champion_seen=1)
    verdict = failed_verdict(parties, "train", "the loss became NaN in epoch 3.\nlast epochs: …")
    assert (verdict.promote, verdict.serve, verdict.failed_step) == (False, "champion", "train")
    assert verdict.sentence == (
        "Kept v1: training failed (the loss became NaN in epoch 3), so no challenger was judged."
    )
    (gate,) = verdict.gates
    assert (gate.name, gate.passed) == ("train finished", False)
    assert gate.reason.endswith("last epochs: …")


def test_a_step_that_failed_without_a_champion_leaves_a_baseline():
    """The seasonal naive, of which no score is known, and so it is not called the best."""
    first = failed_verdict(Parties("r"), "window", "too short")
    assert (first.serve, first.best_baseline) == ("baseline:seasonal_naive", None)
    assert first.sentence == (
        "No model has passed its gates yet, so baseline:seasonal_naive serves: "
        "cutting the windows failed (too short), so no challenger was judged."
    )
    message = "M2: 2 of 7 scored points have no finite forecast"
    later = failed_verdict(Parties("r", absent="there is no champion yet"), "evaluate", message)
    assert later.sentence.startswith(
        "baseline:seasonal_naive serves, because there is no champion yet: evaluation failed (M2: 2 of"
    )


def test_a_promotion_tells_the_interval_and_what_became_of_single_series():
    """Two more sentences, where a gate asked for an interval and there is a champion."""
    better = GateOutcome(name="x", against="champion", passed=True, low=0.004, high=0.059, reason="good")
    naive = better.model_copy(update={"against": "best_baseline", "low": 0.1, "high": 0.2})
    verdict = decided([PASSED, naive, better], remarks=[MOVED])
    assert verdict.promoted_version == 2
    assert verdict.sentence.endswith(
        "on 1,008 points from 14 origins. The interval of the difference to v1 reaches from 0.4 % to 5.9 % better. "
        "Its band holds 80 % of the points. 6 of 9 series got better and 3 worse, most of all JFK by 11 %."
    )


def test_a_gain_by_luck_is_told_as_such():
    """The sentence that a colleague would write."""
    lucky = failed(
        "the challenger is 1.8 % better than the champion (MASE 0.81 against 0.825), but the 95 % interval of the "
        "difference reaches from 0.9 % worse to 4.6 % better"
    )
    verdict = decided([PASSED, lucky], remarks=[MOVED])
    assert verdict.promoted_version is None
    assert verdict.sentence == (
        "Kept v1: v2 is 1.8 % better than v1 (MASE 0.81 against 0.825), but the 95 % interval of the difference "
        f"reaches from 0.9 % worse to 4.6 % better. {OF_V1} {MOVED}."
    )


def test_a_baseline_takes_the_place_of_a_champion_that_is_worse():
    """Why the challenger was not promoted is told after it, and then what else there is to say."""
    takeover = Takeover("baseline:naive", 3, "the champion is 25 % worse than baseline:naive")
    worse = failed("the challenger is 5 % worse than the champion")
    verdict = decided([worse], takeover=takeover, remarks=["", "6 of 9 series got better"])
    assert (verdict.promote, verdict.promoted_version, verdict.serve) == (True, 3, "baseline:naive")
    assert (verdict.challenger_version, verdict.champion_version) == (2, 1)
    assert verdict.sentence == (
        "baseline:naive takes the place of v1: v1 is 25 % worse than baseline:naive. v2 was not promoted: v2 is 5 % "
        "worse than v1. 6 of 9 series got better."
    )


def test_a_challenger_that_is_promoted_in_spite_of_a_fault_says_so():
    """The fault is of the verdict, with versions in place of roles, and the run ends Degraded by it."""
    fault = "the challenger's coverage is 0.41, outside 0.65 to 0.95; promoted all the same"
    verdict = decided([PASSED, failed("its coverage")], fault=fault)
    assert (verdict.promote, verdict.promoted_version, verdict.serve) == (True, 2, "challenger")
    assert verdict.fault == "v2's coverage is 0.41, outside 0.65 to 0.95; promoted all the same"
    assert verdict.sentence.endswith(f"It has a fault: {verdict.fault}.")


def test_ridge_is_no_baseline_in_a_sentence_but_what_the_challenger_began_from():
    """Law: "0.13 % worse than the best baseline" and promoted cannot both be: the baselines have to be beaten."""
    scores = (*NO_CHAMPION, scores_of("baseline:ridge", 0.789))
    verdict = decided([PASSED], scores, champion=None)
    assert verdict.sentence == (
        "Promoted v2: MASE 0.79, 14 % better than the best baseline (naive, 0.92) and 0.13 % worse than the ridge "
        "regression that it began from (0.789) on 1,008 points from 14 origins. Its band holds 80 % of the points."
    )


def test_who_serves_without_a_champion_is_the_stand_in_that_was_found_sane():
    """The best baseline by its error may jump; then the next best one serves."""
    parties = Parties("nyc.retrain.1", 2, None, absent="there is no champion yet", stand_in="baseline:seasonal_naive")
    verdict = decide(parties, [failed("x")], NO_CHAMPION, origins=14)
    assert verdict.serve == "baseline:seasonal_naive"
    assert "baseline:seasonal_naive has MASE 1.1, and its band holds 80 %" in verdict.sentence
