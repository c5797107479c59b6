"""Gates: each rule with a challenger that passes and one that just fails, and what cannot be compared."""

import pytest

from lstm.config import DEFAULT_GATES, Gate
from lstm.evaluation.gates import best_baseline, judge_gates
from lstm.references import MethodScores

NAN = float("nan")


def scores_of(method, *, points=100, mae=1.0, mase=1.0, wql=0.1, coverage=0.8):
    """Scores of one contestant."""
    return MethodScores(
        method=method, points=points, mae=mae, rmse=1.5, smape=12.0, mase=mase, wql=wql, coverage=coverage
    )


def judge(gate, challenger=None, champion=None, baselines=(), *, absent="there is no champion yet", nominal=0.8):
    """The outcome of one gate. challenger, champion: keyword scores; baselines: MASE of naive and seasonal naive."""
    contestants = {} if challenger is None else {"challenger": scores_of("challenger", **challenger)}
    if champion is not None:
        contestants["champion"] = scores_of("champion", **champion)
    for name, mase in zip(("baseline:naive", "baseline:seasonal_naive"), baselines, strict=False):
        contestants[name] = scores_of(name, mase=mase)
    (outcome,) = judge_gates(
        (gate,),
        contestants,
        champion=None if champion is None else "champion",
        champion_absent_reason=absent,
        nominal_coverage=nominal,
    )
    return outcome


BEATS = Gate(name="beats", metric="mase", against="best_baseline", better_by=0.02)
KEEPS = Gate(name="keeps", metric="mase", against="champion", not_worse_by=0.0)
COVERS = Gate(name="covers", metric="coverage", within=0.15)
ENOUGH = Gate(name="enough", metric="points", at_least=20)


@pytest.mark.parametrize(("mase", "passed"), [(0.89, True), (0.9, False), (0.91, False)])
def test_better_by_needs_the_whole_share(mase, passed):
    """Ten per cent below a baseline of 1 is 0.9, and only what is lower passes."""
    gate = Gate(name="beats", metric="mase", against="best_baseline", better_by=0.1)
    assert judge(gate, {"mase": mase}, baselines=(1.0, 2.0)).passed is passed


def test_better_by_tells_the_baseline_and_the_share():
    """0.91 is 0.87 % below 0.918 where 2 % are asked."""
    outcome = judge(BEATS, {"mase": 0.91}, baselines=(0.918, 1.3))
    assert outcome.threshold == "better than baseline:naive 0.918 by 2 %"
    assert outcome.observed == 0.91
    assert outcome.reason == (
        "the challenger is 0.87 % better than baseline:naive (MASE 0.91 against 0.918), not by the 2 % asked"
    )


def test_the_best_baseline_is_the_best_of_the_gates_own_metric():
    """By MASE the seasonal naive is better here, by WQL the naive; an undefined one is never the best.

    Ridge is one where it is asked who serves, and has a gate of its own else.
    """
    scores = {
        "challenger": scores_of("challenger", mase=0.1),
        "baseline:naive": scores_of("baseline:naive", mase=0.9, wql=0.1),
        "baseline:seasonal_naive": scores_of("baseline:seasonal_naive", mase=0.8, wql=NAN),
    }
    assert best_baseline(scores, "mase", ridge=True) == "baseline:seasonal_naive"
    assert best_baseline(scores, "wql", ridge=True) == "baseline:naive"
    scores["baseline:ridge"] = scores_of("baseline:ridge", mase=0.7)
    assert best_baseline(scores, "mase", ridge=True) == "baseline:ridge"
    assert best_baseline(scores, "mase", ridge=False) == "baseline:seasonal_naive"


@pytest.mark.parametrize(("mase", "passed"), [(0.8, True), (0.816, True), (0.9, False)])
def test_a_challenger_that_stays_at_ridge_passes_its_gate_and_a_worse_one_does_not(mase, passed):
    """The default gate leaves two percent for chance: 0.8 x 1.02 = 0.816."""
    gate = next(gate for gate in DEFAULT_GATES if gate.against == "ridge")
    scores = {
        "challenger": scores_of("challenger", mase=mase),
        "baseline:ridge": scores_of("baseline:ridge", mase=0.8),
        "baseline:naive": scores_of("baseline:naive", mase=0.5),
    }
    (outcome,) = judge_gates((gate,), scores, champion=None, champion_absent_reason="", nominal_coverage=0.8)
    assert outcome.passed is passed
    assert "baseline:ridge" in outcome.reason


def test_without_a_defined_baseline_the_gate_fails():
    """There is nothing to be better than."""
    outcome = judge(BEATS, {"mase": 0.1}, baselines=(NAN, NAN))
    assert (outcome.passed, outcome.reason) == (False, "undefined metric: no baseline has a MASE")


def test_an_undefined_metric_never_passes():
    """Case 77: all series constant, so MASE is undefined; `NaN < limit` and `not NaN > limit` both mislead."""
    gates = [
        BEATS,
        KEEPS,
        Gate(name="below one", metric="mase", at_most=1.0),
        Gate(name="x", metric="mase", at_least=0),
    ]
    for gate in gates:
        outcome = judge(gate, {"mase": NAN}, champion={"mase": NAN}, baselines=(NAN, NAN))
        assert outcome.passed is False
        assert outcome.observed is None
        assert outcome.reason == "undefined metric: the challenger has no MASE"


def test_an_infinite_metric_never_passes():
    """Infinity is as undefined as NaN."""
    assert judge(Gate(name="x", metric="mae", at_least=0), {"mae": float("inf")}).passed is False


def test_a_challenger_without_scores_fails_every_gate():
    """A missing contestant has no metric."""
    for gate in (BEATS, KEEPS, COVERS, ENOUGH):
        assert judge(gate, None, champion={}, baselines=(1.0,)).passed is False


def test_a_champion_without_the_metric_is_not_beaten():
    """It was to be compared with and could not be: that fails closed."""
    outcome = judge(KEEPS, {"mase": 0.5}, champion={"mase": NAN})
    assert (outcome.passed, outcome.reason) == (False, "undefined metric: the champion has no MASE")


@pytest.mark.parametrize(("mase", "passed"), [(0.81, True), (0.82, False), (0.83, False)])
def test_ties_keep_the_champion(mase, passed):
    """Not worse by 0 %: lower passes, equal does not, higher does not."""
    assert judge(KEEPS, {"mase": mase}, champion={"mase": 0.82}).passed is passed


def test_a_tie_is_called_a_tie():
    """Also where the gate would allow a worse challenger, and where it asks for a better one."""
    tolerant = Gate(name="keeps", metric="mase", against="champion", not_worse_by=0.1)
    better = Gate(name="keeps", metric="mase", against="champion", better_by=0.0)
    for gate in (KEEPS, tolerant, better):
        outcome = judge(gate, {"mase": 0.82}, champion={"mase": 0.82})
        assert outcome.passed is False
        assert outcome.reason == "tie: the challenger is equal to the champion (MASE 0.82 against 0.82)"


@pytest.mark.parametrize(("mase", "passed"), [(0.84, True), (0.87, False)])
def test_not_worse_by_allows_its_share(mase, passed):
    """Five per cent above 0.8 is 0.84."""
    gate = Gate(name="keeps", metric="mase", against="champion", not_worse_by=0.05)
    outcome = judge(gate, {"mase": mase}, champion={"mase": 0.8})
    assert outcome.passed is passed
    assert outcome.threshold == "not worse than champion 0.8 by more than 5 %"


def test_a_close_race_is_told_with_as_many_digits_as_it_needs():
    """0.8212 against 0.8209 would both be 0.821."""
    outcome = judge(KEEPS, {"mase": 0.8212}, champion={"mase": 0.8209})
    assert outcome.reason == "the challenger is 0.037 % worse than the champion (MASE 0.8212 against 0.8209)"


def test_without_a_champion_its_gates_do_not_apply():
    """They neither pass nor fail, and say why."""
    reason = "the champion v3 has another contract: horizon was 24, is 48"
    outcome = judge(KEEPS, {"mase": 0.5}, absent=reason)
    assert (outcome.passed, outcome.reason, outcome.observed) == (None, reason, 0.5)


@pytest.mark.parametrize(
    ("coverage", "passed"), [(0.65, True), (0.95, True), (0.8, True), (0.649, False), (0.951, False)]
)
def test_coverage_lies_within_the_band(coverage, passed):
    """0.8 plus or minus 0.15; the bounds belong to it, though 0.8 - 0.65 exceeds 0.15 in binary."""
    outcome = judge(COVERS, {"coverage": coverage})
    assert outcome.passed is passed
    assert outcome.threshold == "0.65 to 0.95"


def test_coverage_outside_is_told_with_its_band():
    """The clause that the verdict uses."""
    assert judge(COVERS, {"coverage": 0.41}).reason == "the challenger's coverage of 0.41 lies outside 0.65 to 0.95"


def test_levels_that_promise_no_coverage_make_its_band_not_applicable():
    """With the median alone no model could ever pass."""
    outcome = judge(COVERS, {"coverage": NAN}, nominal=None)
    assert outcome.passed is None
    assert "not symmetric" in outcome.reason


def test_too_few_points_fail_and_bounds_pass():
    """At least 20: 19 fails, 20 passes; at most likewise."""
    few = judge(ENOUGH, {"points": 19})
    assert (few.passed, few.threshold) == (False, "at least 20")
    assert few.reason == "the challenger's number of scored points of 19 is below 20"
    assert judge(ENOUGH, {"points": 20}).passed is True
    at_most = Gate(name="small", metric="smape", at_most=12.0)
    assert judge(at_most, {}).passed is True
    assert judge(Gate(name="small", metric="smape", at_most=11.5), {}).reason == (
        "the challenger's sMAPE of 12 is above 11.5"
    )


@pytest.mark.parametrize("limit", [NAN, -1.0, float("inf")])
@pytest.mark.parametrize("threshold", ["at_least", "at_most", "within", "better_by", "not_worse_by"])
def test_a_limit_that_is_not_finite_or_is_negative_is_refused(threshold, limit):
    """Case 78: a limit of NaN would disarm the gate."""
    metric = "coverage" if threshold == "within" else "mase"
    against = "champion" if threshold in ("better_by", "not_worse_by") else None
    with pytest.raises(ValueError, match=threshold):
        Gate(name="x", metric=metric, against=against, **{threshold: limit})


def test_the_default_gates_pass_a_good_first_model():
    """One outcome a gate, in order; those of ridge and the champion do not apply: there are none."""
    scores = {
        "challenger": scores_of("challenger", mase=0.8, points=1008),
        "baseline:naive": scores_of("baseline:naive", mase=0.92),
    }
    outcomes = judge_gates(
        DEFAULT_GATES, scores, champion=None, champion_absent_reason="there is no champion yet", nominal_coverage=0.8
    )
    assert [outcome.name for outcome in outcomes] == [gate.name for gate in DEFAULT_GATES]
    assert [outcome.passed for outcome in outcomes] == [True, None, None, True, True]
