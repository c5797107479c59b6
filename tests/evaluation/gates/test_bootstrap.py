"""The paired bootstrap: exact where it can be, honest where nothing differs, silent where there is too little."""

from itertools import product

import numpy as np
import pytest

from contestants import contestant
from lstm.evaluation.gates import bootstrap
from lstm.evaluation.gates.bootstrap import improvement, improvement_interval


def interval_of(errors, references, metric="mase", **others):
    """The 95 % interval of hand-made errors."""
    others = {"confidence": 0.95, "overlap": 1} | others
    return improvement_interval(contestant(errors), contestant(references), metric, **others)


@pytest.mark.parametrize("metric", ["mase", "mae", "wql", "smape"])
def test_a_challenger_that_is_better_everywhere_by_the_same_share_has_no_spread(metric):
    """Law of pairing: 0.9 of every error is 10 % better in every draw, however noisy the errors are."""
    references = np.random.default_rng(0).gamma(1.0, size=(14, 6, 2))
    interval = interval_of(0.9 * references, references, metric)
    assert interval.low == pytest.approx(0.1)
    assert interval.high == pytest.approx(0.1)


def test_over_series_alone_the_interval_is_that_of_all_resamples():
    """Two origins that are alike, five series: the quantiles of all 5^5 resamples, counted one by one."""
    errors = np.array([0.5, 0.8, 1.0, 1.1, 0.7])
    references = np.array([1.0, 0.9, 0.9, 1.0, 1.0])
    resamples = [1.0 - errors[list(draw)].sum() / references[list(draw)].sum() for draw in product(range(5), repeat=5)]
    low, high = np.quantile(resamples, [0.025, 0.975])
    interval = interval_of(np.tile(errors[None, :, None], (2, 1, 1)), np.tile(references[None, :, None], (2, 1, 1)))
    assert interval.low == pytest.approx(low, abs=0.02)
    assert interval.high == pytest.approx(high, abs=0.02)


def test_over_origins_alone_the_interval_is_that_of_all_resamples():
    """One series, five origins that do not overlap: likewise; the pooled error of a draw is its mean."""
    errors = np.array([0.5, 0.8, 1.0, 1.1, 0.7])
    references = np.array([1.0, 0.9, 0.9, 1.0, 1.0])
    resamples = [1.0 - errors[list(draw)].sum() / references[list(draw)].sum() for draw in product(range(5), repeat=5)]
    low, high = np.quantile(resamples, [0.025, 0.975])
    interval = interval_of(errors[:, None, None], references[:, None, None], "mae")
    assert interval.low == pytest.approx(low, abs=0.02)
    assert interval.high == pytest.approx(high, abs=0.02)


def test_blocks_make_the_interval_wider_where_neighbouring_origins_agree():
    """Twelve origins of which six in a row are good: as if there were two, not twelve."""
    gains = np.repeat([0.6, 1.2], 6)[:, None, None]
    alone = interval_of(gains, np.ones_like(gains), "mae", overlap=1)
    blocks = interval_of(gains, np.ones_like(gains), "mae", overlap=2)
    assert blocks.high - blocks.low > 1.2 * (alone.high - alone.low)


def test_luck_is_seldom_taken_for_skill():
    """Of 200 pairs of equally good contestants, the interval lies above zero for at most one in forty, as it says."""
    rng = np.random.default_rng(1)
    lucky = 0
    for _ in range(200):
        shared = rng.normal(size=(10, 1, 1)) + rng.normal(size=(1, 6, 1))
        errors, references = (np.exp(0.3 * (shared + rng.normal(size=(10, 6, 1)))) for _ in range(2))
        lucky += interval_of(errors, references).low > 0.0
    assert lucky <= 5


def test_a_real_gain_is_found():
    """20 % better at every series and origin but for noise of 10 %."""
    rng = np.random.default_rng(2)
    references = np.exp(0.1 * rng.normal(size=(14, 9, 1)))
    interval = interval_of(0.8 * np.exp(0.1 * rng.normal(size=(14, 9, 1))), references)
    assert 0.1 < interval.low < 0.2 < interval.high < 0.3


@pytest.mark.parametrize(
    ("shape", "overlap"),
    [((1, 1, 1), 1), ((4, 4, 1), 1), ((14, 1, 1), 3), ((0, 3, 1), 1), ((1, 90, 1), 1), ((14, 90, 1), 8)],
)
def test_too_few_origins_and_series_give_no_interval(shape, overlap):
    """Five blocks of origins or five series: 14 origins in blocks of three are four.

    However many the series, one block of origins says nothing of another fortnight.
    """
    assert interval_of(np.ones(shape), np.ones(shape), overlap=overlap) is None


def test_series_that_were_not_scored_do_not_count():
    """Six series, of which two have points: the others are neither drawn nor count as units."""
    errors = np.full((2, 6, 1), np.nan)
    errors[:, :2] = 1.0
    assert interval_of(errors, errors) is None


def test_a_segment_is_judged_by_its_own_series():
    """Target 0 is better everywhere, target 1 worse everywhere."""
    references = np.ones((6, 5, 2))
    errors = references * [0.9, 1.1]
    first = np.array([[True, False]] * 5)
    assert interval_of(errors, references, segment=first).low == pytest.approx(0.1)
    assert interval_of(errors, references, segment=~first).high == pytest.approx(-0.1)


def test_nothing_is_better_than_a_perfect_rival():
    """Its error is zero in every draw, so no share can be told."""
    assert np.isnan(improvement(0.1, 0.0))
    assert interval_of(np.ones((6, 6, 1)), np.zeros((6, 6, 1))) is None


def test_the_same_contest_gives_the_same_interval():
    """Law: the draws are seeded, so a verdict can be reached again."""
    rng = np.random.default_rng(3)
    errors, references = rng.gamma(2.0, size=(8, 7, 1)), rng.gamma(2.0, size=(8, 7, 1))
    assert interval_of(errors, references) == interval_of(errors, references)


def test_of_a_great_many_series_an_even_spread_is_drawn_from(monkeypatch):
    """Of seven series at most three: the first, the fourth and the seventh, which alone decide then."""
    errors, references = np.full((6, 7, 1), 2.0), np.ones((6, 7, 1))
    errors[:, ::3] = 0.5
    assert interval_of(errors, references, "mae").low < 0.0
    monkeypatch.setattr(bootstrap, "MOST_SERIES", 3)
    assert interval_of(errors, references, "mae").low == pytest.approx(0.5)
