"""A challenger that fails a fixed limit, beside what would serve instead."""

import numpy as np

from contestants import contestant
from lstm.evaluation.gates.excuse import excuse, incumbent_of
from lstm.references import GateOutcome

PASSED = GateOutcome(name="beats the baselines", passed=True, reason="good")
COVERAGE = GateOutcome(name="coverage", passed=False, reason="the challenger's coverage is 0.5", excused=True)
RNG = np.random.default_rng(0)
NOISE = RNG.uniform(0.9, 1.1, (14, 1, 1))


def contest(challenger, ridge):
    return {"challenger": contestant(challenger), "baseline:ridge": contestant(ridge)}


def test_it_is_promoted_where_it_is_better_beyond_chance_and_its_stand_in_no_better_in_the_fault():
    """0.42 against 0.64 at every origin, as on the half-hourly demand of a state."""
    words = excuse((PASSED, COVERAGE), contest(0.42 * NOISE, 0.64 * NOISE), "baseline:ridge", overlap=1)
    assert words.startswith("the challenger's coverage is 0.5; promoted all the same, since the 95 % interval")
    assert words.endswith("better")


def test_a_gain_by_luck_excuses_nothing():
    luck = RNG.uniform(0.2, 1.8, (14, 1, 1))
    assert excuse((PASSED, COVERAGE), contest(0.62 * luck, 0.64 * NOISE), "baseline:ridge", overlap=1) == ""


def test_any_other_gate_that_failed_is_not_excused():
    """Law: all faults are those of the stand-in too; and without one that passed nothing is promoted."""
    contestants = contest(0.42 * NOISE, 0.64 * NOISE)
    late = GateOutcome(name="fresh data", metric="late", passed=False, reason="late")
    assert excuse((PASSED, COVERAGE, late), contestants, "baseline:ridge", overlap=1) == ""
    assert excuse((COVERAGE,), contestants, "baseline:ridge", overlap=1) == ""
    assert excuse((PASSED,), contestants, "baseline:ridge", overlap=1) == ""


def test_who_would_serve_instead_is_the_champion_or_the_baseline_that_takes_its_place():
    champion, naive = contestant(1.0 * NOISE), contestant(0.5 * NOISE)
    assert incumbent_of({"challenger": naive}, 1) == ""
    assert incumbent_of({"champion": champion, "baseline:naive": contestant(1.1 * NOISE)}, 1) == "champion"
    assert incumbent_of({"champion": champion, "baseline:naive": naive}, 1) == "baseline:naive"
