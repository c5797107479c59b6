"""The challenger beside the champion or a baseline: what passes, what just fails, and how it is told."""

import numpy as np
import pytest

from contestants import contestant
from lstm.config import Gate
from lstm.evaluation.gates.comparison import compared, worse_series

BEATS = Gate(name="beats", metric="mase", against="best_baseline", better_by=0.02)
KEEPS = Gate(name="keeps", metric="mase", against="champion", not_worse_by=0.0)


def finding_of(gate, errors, references, name="champion"):
    """What a gate finds of a challenger with these errors beside a rival, over everything; origins do not overlap."""
    challenger, rival = contestant(errors), contestant(references)
    return compared(gate, name, challenger, rival, np.ones(challenger.scale.shape, bool), 1)


@pytest.mark.parametrize(("mase", "passed"), [(0.89, True), (0.9, False), (0.91, False)])
def test_better_by_needs_the_whole_share(mase, passed):
    """Ten per cent below a baseline of 1 is 0.9, and only what is lower passes."""
    gate = Gate(name="beats", metric="mase", against="best_baseline", better_by=0.1)
    assert finding_of(gate, mase, 1.0, "baseline:naive").passed is passed


def test_better_by_tells_the_baseline_and_the_share():
    """0.91 is 0.87 % below 0.918 where 2 % are asked."""
    finding = finding_of(BEATS, 0.91, 0.918, "baseline:naive")
    assert finding.threshold == "better than baseline:naive 0.918 by 2 %"
    assert (finding.observed, finding.reference) == (pytest.approx(0.91), pytest.approx(0.918))
    assert finding.reason == (
        "the challenger is 0.87 % better than baseline:naive (MASE 0.91 against 0.918), not by the 2 % asked"
    )


@pytest.mark.parametrize(("mase", "passed"), [(0.81, True), (0.82, False), (0.83, False)])
def test_ties_keep_the_champion(mase, passed):
    """Not worse by 0 %: lower passes, equal does not, higher does not."""
    assert finding_of(KEEPS, mase, 0.82).passed is passed


def test_a_tie_is_called_a_tie():
    """Also where the gate would allow a worse challenger, and where it asks for a better one."""
    tolerant = Gate(name="keeps", metric="mase", against="champion", not_worse_by=0.1)
    better = Gate(name="keeps", metric="mase", against="champion", better_by=0.0, confidence=0.9)
    for gate in (KEEPS, tolerant, better):
        finding = finding_of(gate, 0.82, 0.82)
        assert finding.passed is False
        assert finding.reason == "tie: the challenger is equal to the champion (MASE 0.82 against 0.82)"


@pytest.mark.parametrize(("mase", "passed"), [(0.84, True), (0.87, False)])
def test_not_worse_by_allows_its_share(mase, passed):
    """Five per cent above 0.8 is 0.84."""
    gate = Gate(name="keeps", metric="mase", against="champion", not_worse_by=0.05)
    finding = finding_of(gate, mase, 0.8)
    assert finding.passed is passed
    assert finding.threshold == "not worse than champion 0.8 by more than 5 %"


def test_with_a_confidence_the_whole_interval_must_keep_the_threshold():
    """Two origins of six series: 5 % better everywhere is beyond chance; better on average but all over is not."""
    gate = Gate(name="better", metric="mase", against="champion", better_by=0.0, confidence=0.95)
    champion = np.ones((2, 6, 1))
    sure = finding_of(gate, 0.95 * champion, champion)
    assert (sure.passed, sure.interval) == (True, pytest.approx((0.05, 0.05)))
    assert sure.reason == (
        "the challenger is 5 % better than the champion (MASE 0.95 against 1), and the 95 % interval of the difference "
        "reaches from 5 % to 5 % better"
    )
    lucky = np.array([0.2, 1.2, 1.3, 0.9, 1.1, 1.2]).reshape(1, 6, 1) * champion
    finding = finding_of(gate, lucky, champion)
    assert finding.passed is False
    assert "but the 95 % interval of the difference reaches from " in finding.reason


def test_what_is_better_but_rests_on_one_origin_is_not_promoted():
    """However many the series: another fortnight may be another story."""
    gate = Gate(name="better", metric="mase", against="champion", better_by=0.0, confidence=0.95)
    champion = np.ones((1, 50, 1))
    finding = finding_of(gate, 0.5 * champion, champion)
    assert finding.passed is False
    assert "but too little was scored for a 95 % interval: 2 origins that do not overlap are needed" in finding.reason


def test_not_worse_by_with_a_confidence_allows_no_more_than_its_share_anywhere_in_the_interval():
    """5 % worse in every draw: allowed by 6 %, not by 4 %."""
    champion = np.ones((2, 6, 1))
    for share, passed in ((0.06, True), (0.04, False)):
        gate = Gate(name="x", metric="mase", against="champion", not_worse_by=share, confidence=0.9)
        assert finding_of(gate, 1.05 * champion, champion).passed is passed


def test_a_close_race_is_told_with_as_many_digits_as_it_needs():
    """0.8212 against 0.8209 would both be 0.821."""
    finding = finding_of(KEEPS, 0.8212, 0.8209)
    assert finding.reason == "the challenger is 0.037 % worse than the champion (MASE 0.8212 against 0.8209)"


def test_a_share_of_series_may_get_worse():
    """Of four series one is 30 % worse, one 20 %: more than 25 % are one in four."""
    gate = Gate(name="few", metric="worse_share", against="champion", more_than=0.25, at_most=0.25)
    challenger, champion = contestant([[1.3], [1.2], [0.9], [1.0]]), contestant([[1.0], [1.0], [1.0], [1.0]])
    finding = worse_series(gate, "champion", challenger, champion, np.ones((4, 1), bool))
    assert (finding.passed, finding.observed) == (True, 0.25)
    stricter = Gate(name="few", metric="worse_share", against="champion", more_than=0.1, at_most=0.25)
    assert worse_series(stricter, "champion", challenger, champion, np.ones((4, 1), bool)).reason == (
        "the share of series that are more than 10 % worse than the champion (2 of 4) is 0.5, above 0.25"
    )
