"""Gates: each rule with a challenger that passes and one that just fails, and what cannot be compared."""

import numpy as np
import pytest

from contestants import contestant
from lstm.config import DEFAULT_GATES, Gate
from lstm.evaluation.backtest.scored import Scored
from lstm.evaluation.backtest.segments import Segment
from lstm.evaluation.gates.judge import Evidence, judge_gates

NAN = float("nan")


def scored_of(mase=1.0, **others):
    """One contestant with 100 points a series."""
    return contestant(mase, **{"points": 100} | others)


def evidence_of(challenger, champion=None, baselines=(), **others):
    """Evidence over everything. baselines: of naive and seasonal naive."""
    contestants = {} if challenger is None else {"challenger": challenger}
    if champion is not None:
        contestants["champion"] = champion
    contestants |= dict(zip(("baseline:naive", "baseline:seasonal_naive"), baselines, strict=False))
    shape = challenger.scale.shape if challenger is not None else (1, 1)
    everything = {"all": [Segment("", np.ones(shape, bool))]}
    return Evidence(
        contestants,
        segments=everything | others.pop("segments", {}),
        absent=others.pop("absent", "there is no champion yet"),
        **others,
    )


def judge(gate, challenger, champion=None, baselines=(), **others):
    """The outcome of one gate."""
    (outcome,) = judge_gates((gate,), evidence_of(challenger, champion, baselines, **others))
    return outcome


BEATS = Gate(name="beats", metric="mase", against="best_baseline", better_by=0.02)
KEEPS = Gate(name="keeps", metric="mase", against="champion", not_worse_by=0.0)
COVERS = Gate(name="covers", metric="coverage", within=0.15)
ENOUGH = Gate(name="enough", metric="points", at_least=20)


def test_a_baseline_may_be_named_and_one_that_is_not_there_fails():
    """An extra that is not installed, or a name that does not exist, is never passed over."""
    gate = Gate(name="beats theta", metric="mase", against="baseline:theta", better_by=0.0)
    outcome = judge(gate, scored_of(0.5), baselines=(scored_of(1.0),))
    assert outcome.passed is False
    assert outcome.reason == (
        "undefined metric: baseline:theta was not among the contestants; there are: baseline:naive"
    )
    named = Gate(name="beats naive", metric="mase", against="baseline:naive", better_by=0.0)
    assert judge(named, scored_of(0.5), baselines=(scored_of(1.0),)).passed is True


@pytest.mark.parametrize(("mase", "passed"), [(0.8, True), (0.816, True), (0.9, False)])
def test_a_challenger_that_stays_at_ridge_passes_its_gate_and_a_worse_one_does_not(mase, passed):
    """The default gate leaves two percent for chance: 0.8 x 1.02 = 0.816."""
    gate = next(gate for gate in DEFAULT_GATES if gate.against == "ridge")
    evidence = evidence_of(scored_of(mase), baselines=(scored_of(0.5),))
    contestants = {**evidence.contestants, "baseline:ridge": scored_of(0.8)}
    (outcome,) = judge_gates((gate,), Evidence(contestants, evidence.segments))
    assert outcome.passed is passed
    assert "the ridge regression" in outcome.reason


def test_without_a_defined_baseline_the_gate_fails():
    """There is nothing to be better than."""
    outcome = judge(BEATS, scored_of(0.1), baselines=(scored_of(NAN), scored_of(NAN)))
    assert (outcome.passed, outcome.reason) == (False, "undefined metric: no baseline has a MASE")


def test_an_undefined_metric_never_passes():
    """All series are constant, so MASE is undefined; `NaN < limit` and `not NaN > limit` both mislead."""
    gates = [
        BEATS,
        KEEPS,
        Gate(name="below one", metric="mase", at_most=1.0),
        Gate(name="x", metric="mase", at_least=0),
        Gate(name="bias", metric="bias", within=1.0),
        Gate(name="few worse", metric="worse_share", against="champion", more_than=0.1, at_most=1.0),
    ]
    for gate in gates:
        outcome = judge(gate, scored_of(scale=0.0), scored_of(scale=0.0), baselines=(scored_of(scale=0.0),) * 2)
        assert outcome.passed is False
        assert outcome.reason.startswith("undefined metric: ")


def test_a_challenger_without_scores_fails_every_gate():
    """A missing contestant has no metric."""
    for gate in (BEATS, KEEPS, COVERS, ENOUGH):
        assert judge(gate, None, scored_of(), baselines=(scored_of(),)).passed is False


def test_a_number_of_the_run_that_nobody_measured_fails_its_gate():
    """Also one that is NaN, and tonight's forecasts where no series has a measure."""
    late = Gate(name="late", metric="late", at_most=0)
    jump = Gate(name="jump", metric="first_jump", more_than=3.0, at_most=0.1)
    assert judge(late, scored_of()).passed is False
    assert judge(late, scored_of(), run={"late": NAN}).passed is False
    assert judge(late, scored_of(), run={"late": 0}).passed is True
    assert judge(jump, scored_of()).passed is False
    assert judge(jump, scored_of(), forecasts={"first_jump": np.array([[NAN]])}).passed is False


def test_a_champion_without_the_metric_is_not_beaten():
    """It was to be compared with and could not be: that fails closed."""
    outcome = judge(KEEPS, scored_of(0.5), scored_of(NAN))
    assert (outcome.passed, outcome.reason) == (False, "undefined metric: the champion has no MASE")


def test_without_a_champion_its_gates_do_not_apply():
    """They neither pass nor fail, and say why."""
    reason = "the champion v3 has another contract: horizon was 24, is 48"
    outcome = judge(KEEPS, scored_of(0.5), absent=reason)
    assert (outcome.passed, outcome.reason) == (None, reason)


@pytest.mark.parametrize(
    ("coverage", "passed"), [(0.65, True), (0.95, True), (0.8, True), (0.649, False), (0.951, False)]
)
def test_coverage_lies_within_the_band(coverage, passed):
    """0.8 plus or minus 0.15; the bounds belong to it, though 0.8 - 0.65 exceeds 0.15 in binary."""
    outcome = judge(COVERS, scored_of(covered=coverage, points=1e7))
    assert outcome.passed is passed
    assert outcome.threshold == "0.65 to 0.95"


def test_a_limit_on_an_error_is_meant_whoever_would_serve_instead():
    """Somebody who writes that MASE is at most 0.1 wants no model above it, though the baseline is worse still."""
    gate = Gate(name="strict", metric="mase", at_most=0.1)
    evidence = evidence_of(scored_of(0.5), baselines=(scored_of(0.9),))
    (outcome,) = judge_gates((gate,), Evidence(evidence.contestants, evidence.segments, stand_in="baseline:naive"))
    assert (outcome.passed, outcome.excused) == (False, False)


def test_a_coverage_of_few_points_is_outside_only_where_its_whole_interval_is():
    """23 of 24 are 0.958; 0.798 to 0.993 by Wilson, which reaches into the bounds; 2 of 24 do not."""
    near = judge(COVERS, scored_of(covered=23 / 24, points=24))
    assert near.passed is True
    assert near.reason == (
        "the challenger's coverage is 0.958, outside 0.65 to 0.95, but its 95 % interval reaches from 0.798 to 0.993"
    )
    assert judge(COVERS, scored_of(covered=2 / 24, points=24)).passed is False


def test_a_fixed_limit_is_asked_of_whoever_would_serve_instead():
    """Law: nobody is kept out for a fault that its stand-in has as well; one that is worse in it has no excuse."""
    ridge = scored_of(0.9, covered=0.33, points=1000)

    def beside(covered):
        evidence = evidence_of(scored_of(0.5, covered=covered, points=1000))
        contestants = {**evidence.contestants, "baseline:ridge": ridge}
        (outcome,) = judge_gates((COVERS,), Evidence(contestants, evidence.segments, stand_in="baseline:ridge"))
        return outcome

    assert (beside(0.4).passed, beside(0.4).excused, beside(0.4).stand_in) == (False, True, pytest.approx(0.33))
    assert beside(0.4).reason.endswith("(the ridge regression has 0.33)")
    assert (beside(0.2).passed, beside(0.2).excused) == (False, False)


def test_coverage_outside_is_told_with_its_band():
    """The clause that the verdict uses."""
    outcome = judge(COVERS, scored_of(covered=0.41))
    assert outcome.reason == (
        "the challenger's coverage is 0.41, outside 0.65 to 0.95, and its 95 % interval reaches from 0.319 to 0.508"
    )


def by_segment(outcomes):
    """(segment, passed) of each outcome."""
    return [(outcome.segment, outcome.passed) for outcome in outcomes]


def two_intervals(wide, narrow):
    """A contestant with the levels 0.05, 0.25, 0.5, 0.75, 0.95."""
    contestant = scored_of()
    covered = np.array([wide, narrow])[:, None, None, None] * 100.0
    return Scored(**{**vars(contestant), "covered": covered, "intervals": ((0.05, 0.95), (0.25, 0.75))})


def test_every_interval_is_judged_by_itself():
    """0.9 and 0.5 are promised: the wide one holds, the narrow one covers 0.8 and fails."""
    outcomes = judge_gates((COVERS,), evidence_of(two_intervals(0.88, 0.8)))
    assert by_segment(outcomes) == [
        ("90 % interval", True),
        ("50 % interval", False),
    ]
    only = Gate(name="covers", metric="coverage", within=0.15, interval=(0.05, 0.95))
    assert [outcome.passed for outcome in judge_gates((only,), evidence_of(two_intervals(0.88, 0.7)))] == [True]


def test_levels_that_promise_no_coverage_make_its_band_not_applicable():
    """With the median alone no model could ever pass."""
    median = Scored(**{**vars(scored_of()), "covered": np.zeros((0, 1, 1, 1)), "intervals": ()})
    outcome = judge(COVERS, median)
    assert outcome.passed is None
    assert "symmetric" in outcome.reason


def test_too_few_points_fail_and_bounds_pass():
    """At least 20: 19 fails, 20 passes; at most likewise."""
    few = judge(ENOUGH, scored_of(points=19))
    assert (few.passed, few.threshold) == (False, "at least 20")
    assert few.reason == "the number of scored points is 19, below 20"
    assert judge(ENOUGH, scored_of(points=20)).passed is True
    assert judge(Gate(name="small", metric="smape", at_most=12.0), scored_of(12.0)).passed is True
    assert judge(Gate(name="small", metric="smape", at_most=11.5), scored_of(12.0)).reason == (
        "the challenger's sMAPE is 12, above 11.5"
    )


def test_a_segment_with_too_few_points_fails():
    """The default asks for 20; a file may ask for less."""
    gate = Gate(name="mae", metric="mae", at_most=5.0)
    outcome = judge(gate, scored_of(points=19))
    assert (outcome.passed, outcome.reason) == (
        False,
        "undefined metric: 19 points were scored, 20 are needed (least_points)",
    )
    assert judge(Gate(name="mae", metric="mae", at_most=5.0, least_points=19), scored_of(points=19)).passed is True


def test_a_bias_of_either_sign_is_bounded():
    """Forecasts that are half a seasonal error too low on average are as bad as those too high."""
    gate = Gate(name="bias", metric="bias", within=0.4)
    assert [judge(gate, scored_of(signed=bias)).passed for bias in (-0.5, -0.4, 0.0, 0.4, 0.5)] == [
        False, True, True, True, False,
    ]  # fmt: skip


def test_each_segment_is_judged_by_itself_and_named():
    """Good on average, bad on pressure."""
    segments = {
        "target": [
            Segment("target temp", np.array([[True, False]])),
            Segment("target pressure", np.array([[False, True]])),
        ]
    }
    gate = Gate(name="each target", metric="mase", at_most=1.0, scope="target")
    outcomes = judge_gates((gate,), evidence_of(scored_of([[0.4, 1.2]]), segments=segments))
    assert by_segment(outcomes) == [
        ("target temp", True),
        ("target pressure", False),
    ]
    assert outcomes[1].reason == "target pressure: the challenger's MASE is 1.2, above 1"


def test_forecasts_are_judged_by_the_share_of_series_beyond():
    """Two of five defined measures exceed one range."""
    gate = Gate(name="range", metric="beyond_range", more_than=1.0, at_most=0.3)
    measures = np.array([[0.0], [0.2], [1.0], [1.5], [np.inf], [NAN]])
    outcome = judge(gate, scored_of(np.ones((6, 1))), forecasts={"beyond_range": measures})
    assert (outcome.passed, outcome.observed) == (False, 0.4)
    assert outcome.reason == (
        "the share of series that leave the range of their history by more than 1 times that range is 0.4, above 0.3"
    )


def test_the_default_gates_pass_a_good_first_model():
    """One outcome a gate, in order; those of ridge and the champion do not apply: there are none."""
    calm = {name: np.zeros((1, 1)) for name in ("not_finite", "beyond_range", "first_jump")}
    run = {"late": 0, "missing_share": 0.0, "finite_losses": 1.0, "best_epoch": 3}
    evidence = evidence_of(scored_of(0.8), baselines=(scored_of(0.92),), forecasts=calm, run=run)
    outcomes = judge_gates(DEFAULT_GATES, evidence)
    assert [outcome.name for outcome in outcomes] == [gate.name for gate in DEFAULT_GATES]
    assert [outcome.name for outcome in outcomes if outcome.passed is False] == []
    absent = [outcome.name for outcome in outcomes if outcome.passed is None]
    assert absent == ["not worse than ridge", "better than the champion", "few series got worse"]
