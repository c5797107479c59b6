"""When realised forecasts count as worse than the backtest promised."""

import numpy as np
import pytest
from came_true import REPLAY, V1, V2, rows_of

from lstm.config import Monitor
from lstm.evaluation.monitoring.promise import judge
from lstm.evaluation.monitoring.promises import Promise
from lstm.evaluation.monitoring.realised import Realised

SETTINGS = Monitor(fewest_origins=5, fewest_points=10)
PROMISES = {V1: Promise(1.0, 0.8, "run 1"), V2: Promise(2.0, 0.8, "run 2")}


def nights(
    error: float, *, naive: float = 5.0, count: int = 10, model: int = 0, first: int = 100, noise: float = 0.0
) -> list[tuple[float, ...]]:
    """Two series, one step, scale 1: each night errs by `error` on average, the naive by `naive`."""
    rng = np.random.default_rng(1)
    return [
        (model, series, 1, first + night, night, 10.0, 10.0 + error + noise * rng.normal(), 10.0 + naive, 1.0)
        for night in range(count)
        for series in (0, 1)
    ]


def judged(rows: Realised, serving=V1, settings=SETTINGS, promises=PROMISES, recent: int = 14):
    return judge(rows, promises, settings, serving=serving, recent_steps=recent, overlap=1)


def checks(judgement) -> dict[str, bool | None]:
    return {check.name: check.passed for check in judgement.checks}


def test_what_keeps_its_promise_is_as_it_should_be():
    """MASE 0.9, 1.0 was promised, the naive has 5; every actual lies within the band of one to each side."""
    judgement = judged(rows_of(*nights(0.9)), settings=Monitor(coverage_within=0.25, fewest_points=10))
    assert judgement.degraded is False
    assert judgement.sentence == (
        "v1 over the newest 10 complete forecasts does as it should: MASE 0.9, 1 was promised, "
        "the seasonal naive had 5, coverage 1."
    )


def test_what_is_worse_than_promised_beyond_chance_is_degraded():
    """1.5 where 1.0 was promised, every night: 50 % more, and the interval is a point. The worst come along."""
    judgement = judged(rows_of(*nights(1.5)))
    check = judgement.checks[0]
    assert judgement.degraded is True
    assert (check.name, check.passed, check.observed, check.reference) == ("error against the promise", False, 1.5, 1.0)
    assert (check.low, check.high) == pytest.approx((0.5, 0.5))
    assert judgement.worst == ("A · y (MASE 1.5)", "B · y (MASE 1.5)")
    assert "MASE 1.5, promised 1: +50 %" in judgement.sentence


def test_what_luck_explains_is_not_degraded():
    """One night of 4 among five of 0.8: a third more on the mean, but the 95 % interval reaches below zero."""
    rows = [(*row[:6], 10.0 + (4.0 if night < 2 else 0.8), *row[7:]) for night, row in enumerate(nights(0.0, count=6))]
    judgement = judged(rows_of(*rows), settings=Monitor(coverage_within=0.9, fewest_points=10))
    assert judgement.checks[0].observed > 1.2
    assert judgement.checks[0].low < 0
    assert judgement.degraded is False
    assert "not more than chance explains" in judgement.sentence


def test_what_is_worse_than_the_seasonal_naive_is_degraded():
    """It keeps its promise of 1.0, and the naive does better, every night."""
    judgement = judged(rows_of(*nights(1.0, naive=0.5)))
    assert checks(judgement)["error against the promise"] is True
    assert checks(judgement)["error against the seasonal naive"] is False
    assert judgement.degraded


def test_a_band_that_covers_too_little_is_degraded():
    """Errors of 1.1 lie outside of a band of one: coverage 0 where 0.8 was promised."""
    judgement = judged(rows_of(*nights(1.1)))
    assert [name for name, passed in checks(judgement).items() if passed is False] == ["coverage of the 80 % band"]
    assert judgement.checks[2].reason == "0 % of what came lay within the band that promises 80 %"


def test_too_few_complete_forecasts_are_not_judged():
    """Four of five; and one whose horizon is not over does not count, however bad."""
    assert judged(rows_of(*nights(9.0, count=4))).degraded is None
    rows = rows_of(*nights(9.0, count=9))
    open_ones = rows.of(np.arange(len(rows)))
    open_ones.complete[8:] = False
    assert judged(open_ones).sentence.startswith("Too early to judge: 4 forecasts have come true as a whole (8 steps)")
    assert judged(rows_of()).sentence.startswith("Nothing to score yet")


def test_a_new_champion_is_judged_with_those_before_it_until_it_has_enough():
    """v2 has two nights, so all ten count, against the mean of both promises by points: (8 x 1 + 2 x 2) / 10 = 1.2."""
    rows = rows_of(*nights(0.9, count=8), *nights(0.9, count=2, model=1, first=108), models=(V1, V2))
    judgement = judged(rows, serving=V2)
    assert judgement.judged == "everything that was served"
    assert judgement.checks[0].reference == pytest.approx(1.2)
    rows = rows_of(*nights(9.0, count=8), *nights(0.9, count=5, model=1, first=108), models=(V1, V2))
    assert judged(rows, serving=V2).judged == "v2"
    assert judged(rows, serving=V2).checks[0].observed == pytest.approx(0.9)


def test_only_the_newest_forecasts_are_judged():
    """Bad nights of long ago are over; at least `fewest_origins` count where so many are not recent."""
    rows = rows_of(*nights(9.0, count=10), *nights(0.9, count=10, first=110))
    assert judged(rows, recent=10).checks[0].observed == pytest.approx(0.9)
    assert judged(rows, recent=1).checks[0].observed == pytest.approx(0.9)


def test_a_replay_of_past_days_is_not_judged():
    """Backfills are what a model would have said, not what it said."""
    assert judged(rows_of(*nights(9.0), models=(REPLAY,))).degraded is None


def test_without_a_promise_or_a_scale_a_check_does_not_apply():
    """No verdict knows the model; then no series moves: nothing is invented, and coverage still counts."""
    judgement = judged(rows_of(*nights(0.9)), promises={})
    assert judgement.checks[0].passed is None
    still = rows_of(*[(*row[:8], np.nan) for row in nights(0.9)])
    assert [check.passed for check in judged(still).checks[:2]] == [None, None]
    assert "MAE 0.9" in judged(still, settings=Monitor(coverage_within=0.25)).sentence
