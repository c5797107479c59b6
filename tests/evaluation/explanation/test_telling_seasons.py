"""Seasons that a reader is told of: those by which values are nearer to each other."""

import numpy as np

from lstm.evaluation.explanation.telling_seasons import telling_seasons
from panels import make_panel

DAY = np.sin(2 * np.pi * np.arange(24) / 24)


def test_a_day_without_a_week_is_a_day() -> None:
    """Hours that repeat each day: the same hour of a week ago is no nearer than that of six or eight days ago."""
    hours = np.tile(DAY, 40) + np.random.default_rng(0).normal(0, 0.1, 960)
    assert telling_seasons(make_panel({"a": hours}, horizon=24, cutoff=960), (24, 168)) == (24,)


def test_a_week_within_days_is_both() -> None:
    """Sundays lie lower: the same weekday is nearer than its neighbours."""
    hours = np.tile(np.concatenate([np.tile(DAY, 6), DAY - 3.0]), 8)
    assert telling_seasons(make_panel({"a": hours}, horizon=24, cutoff=len(hours)), (24, 168)) == (24, 168)


def test_a_random_walk_has_no_season() -> None:
    """The nearer in time the nearer in value: a week ago is not nearer than both four and ten days ago."""
    walk = np.random.default_rng(1).normal(size=2000).cumsum()
    assert telling_seasons(make_panel({"a": walk}, horizon=7, cutoff=2000), (7,)) == ()


def test_series_are_not_compared_with_each_other() -> None:
    """Two series at other levels: only differences within each count."""
    week = np.tile([5.0, 1, 2, 1, 2, 1, 9], 20)
    panel = make_panel({"a": week, "b": 1000.0 + week}, horizon=7, cutoff=140)
    assert telling_seasons(panel, (7,)) == (7,)


def test_what_is_shorter_than_a_season_tells_of_none() -> None:
    """Five days say nothing of a week, and a season of one step is none."""
    panel = make_panel({"a": [1.0, 2, 3, 4, 5]}, horizon=2, cutoff=5)
    assert telling_seasons(panel, (1, 7)) == ()
