"""What moves a baseline: its level, and the pattern of the season that it repeats."""

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.evaluation.explanation.baseline_parts import baseline_groups, baseline_parts
from lstm.evaluation.explanation.earlier import Question
from lstm.model.baselines.model import BaselineModel
from panels import make_panel
from trainings import CPU, LEVELS

WEEK = np.array([5.0, 1, 2, 1, 2, 1, 9])


def explained(name: str, panel: Panel, earlier: int = 1) -> tuple[list[str], np.ndarray, np.ndarray]:
    """(kinds of the groups, (H, G) contributions, (H) usual) of a panel of one series."""
    model = BaselineModel(name, 7, LEVELS, None)
    series = np.arange(1)
    rows = panel.row_of(series, panel.cutoff)
    forecast = model.forecast(panel, series, rows, which="served", device=CPU)[:, :, 1]
    parts, usual = baseline_parts(model, panel, series, rows, forecast, Question((7,), 7, earlier))
    np.testing.assert_allclose(parts.sum(axis=-1) + usual, forecast)
    return [group.kind for group in baseline_groups(model)], parts[0, :, 0], usual[0, :, 0]


def test_a_seasonal_naive_that_rose_rose_by_its_level() -> None:
    """The same week, 10 higher than a week ago: usual is that week, and the level adds 10 to each step."""
    panel = make_panel({"a": np.concatenate([100 + WEEK, 110 + WEEK])}, horizon=7, cutoff=14)
    kinds, parts, usual = explained("seasonal_naive", panel)
    assert kinds == ["level", "season"]
    np.testing.assert_allclose(usual, 100 + WEEK)
    np.testing.assert_allclose(parts[:, 0], 10.0)
    np.testing.assert_allclose(parts[:, 1], 0.0, atol=1e-9)


def test_a_seasonal_naive_whose_week_changed_changed_by_its_pattern() -> None:
    """7 more on the first day and 7 less on the last leave the level as it was."""
    changed = WEEK + np.array([7.0, 0, 0, 0, 0, 0, -7])
    panel = make_panel({"a": np.concatenate([100 + WEEK, 100 + changed])}, horizon=7, cutoff=14)
    _, parts, _ = explained("seasonal_naive", panel)
    np.testing.assert_allclose(parts[:, 0], 0.0, atol=1e-9)
    np.testing.assert_allclose(parts[:, 1], changed - WEEK, atol=1e-6)


def test_a_seasonal_average_moves_by_a_quarter_of_what_its_last_week_did() -> None:
    """Four weeks are averaged: the newest is 8 higher, so the level is 2 higher than a week before."""
    panel = make_panel({"a": np.concatenate([np.tile(WEEK, 5), 8 + WEEK])}, horizon=7, cutoff=42)
    _, parts, _ = explained("seasonal_average", panel)
    np.testing.assert_allclose(parts[:, 0], 2.0)
    np.testing.assert_allclose(parts[:, 1], 0.0, atol=1e-6)


def test_naive_is_all_level() -> None:
    """The last value is 9, a week ago it was 4."""
    panel = make_panel({"a": [1.0, 4, 4, 5, 6, 7, 8, 8.5, 9]}, horizon=2, cutoff=9)
    kinds, parts, usual = explained("naive", panel)
    assert kinds == ["level"]
    np.testing.assert_allclose(usual, 4.0)
    np.testing.assert_allclose(parts[:, 0], 5.0)


def test_what_is_fitted_anew_is_one_group() -> None:
    """Theta is fitted to the history, and to that of a week ago."""
    rng = np.random.default_rng(0)
    panel = make_panel({"a": 50 + np.tile(WEEK, 8) + rng.normal(size=56)}, horizon=3, cutoff=56)
    kinds, parts, usual = explained("theta", panel, earlier=2)
    assert kinds == ["history"]
    assert np.isfinite(parts).all()
    assert np.abs(usual - 50).max() < 20


def test_a_series_without_an_earlier_window_is_not_explained() -> None:
    """Six values do not reach a week back."""
    panel = make_panel({"a": [1.0, 2, 3, 4, 5, 6]}, horizon=2, cutoff=6)
    _, parts, usual = explained_of_short(panel)
    assert np.isnan(parts).all()
    assert np.isnan(usual).all()


def explained_of_short(panel: Panel) -> tuple[list[str], np.ndarray, np.ndarray]:
    model = BaselineModel("naive", 7, LEVELS, None)
    rows = panel.row_of(np.arange(1), panel.cutoff)
    parts, usual = baseline_parts(model, panel, np.arange(1), rows, np.full((1, 2, 1), 6.0), Question((7,), 7))
    return [], parts, usual
