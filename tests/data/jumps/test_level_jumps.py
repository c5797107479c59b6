"""A change of unit is told from a launch, a storm, and a season."""

from dataclasses import replace

import numpy as np
import pytest
from ingested import assemble, at, pipeline, table

from lstm.data.jumps.level_jumps import LevelJump, level_jumps
from lstm.data.panel.panel import Panel
from lstm.errors import DataError
from panels import make_panel

WEEK = np.array([5.0, 6, 5, 7, 9, 12, 0])  # closed on Sundays


def shops(count: int, steps: int = 120) -> np.ndarray:
    """(steps, count): a weekly rhythm of tens, with a tenth of noise."""
    noise = np.random.default_rng(0).uniform(0.9, 1.1, (steps, count))
    return 10 * np.resize(WEEK, steps)[:, None] * noise


def panel_of(values: np.ndarray) -> Panel:
    histories = {f"s{place}": column for place, column in enumerate(values.T)}
    return make_panel(histories, horizon=7, cutoff=len(values) - 1, dtype=np.float64)


def jumps(values: np.ndarray) -> list[LevelJump]:
    panel = panel_of(values)
    return list(level_jumps(panel, "y", panel.targets[:, 0], season=7, newest=panel.cutoff))


@pytest.mark.parametrize("factor", [1000.0, 100.0, 12.0, 0.01, 0.001])
@pytest.mark.parametrize("days", [1, 2, 6])
def test_another_unit_is_seen_in_the_first_night_and_for_a_week(factor, days):
    """The newest day may be a closed one: then the last open one counts, where it is of the new unit."""
    values = shops(6)
    values[-days:] *= factor
    (jump,) = jumps(values)
    assert (len(jump.series), jump.judged) == (6, 6)
    assert jump.change == pytest.approx(factor, rel=0.2)
    assert jump.concerns_the_table(0.3)


def test_nothing_jumps_on_a_usual_night_nor_when_all_are_closed():
    """Law: a night that should go on goes on; a day of zeros is a closed day, or a fault that other rules see."""
    values = shops(6)
    assert jumps(values) == []
    values[-1] = 0.0
    assert jumps(values) == []


def test_what_has_happened_before_is_no_jump():
    """A sale of six times the usual, four days long, half a year ago and tonight."""
    values = shops(6, 300)
    values[100:104] *= 6
    values[-1] *= 6
    assert jumps(values) == []
    values[100:104] /= 6
    (jump,) = jumps(values)
    assert len(jump.series) == 6


def test_a_launch_of_one_product_is_no_change_of_unit():
    """Flat at 500 and then at 5,000; among others it is one of twenty, and alone ten times is what a launch may do."""
    values = shops(20)
    values[:, 3] = 500.0
    values[-2:, 3] = 5000.0
    (jump,) = jumps(values)
    assert jump.series.tolist() == [3]
    assert not jump.concerns_the_table(0.3)
    (alone,) = jumps(values[:, 3:4])
    assert not alone.concerns_the_table(0.3)
    values[-2:, 3] = 500_000.0
    (alone,) = jumps(values[:, 3:4])
    assert alone.concerns_the_table(0.3)


def test_degrees_that_become_fahrenheit_are_seen_by_their_difference():
    """Series that were negative have no ratio: -10 to 10 degrees in waves of ten days, then 14 to 50."""
    celsius = 10 * np.sin(np.arange(200) * 2 * np.pi / 10)[:, None] * np.array([1.0, 0.9, 0.8])
    values = celsius.copy()
    values[-1] = 32 + 1.8 * (celsius[-1] + 10)
    (jump,) = jumps(values)
    assert len(jump.series) == 3
    assert not jump.is_ratio
    assert jump.level.endswith("above the level of before")


def test_a_series_with_too_little_past_is_not_judged():
    """Three weeks tell of no level."""
    values = shops(3, 21)
    values[-1] *= 1000
    assert jumps(values) == []


def rows_with(factor: float, of: tuple[str, ...] = ("A", "B", "C")) -> list[tuple[str, str, float]]:
    """Three shops, hundred days; the last two days of some of them times a factor."""
    days = np.arange("2024-01-01", "2024-04-10", dtype="datetime64[D]")
    return [
        (name, str(day), float(10 + place % 7) * (factor if name in of and place >= 98 else 1.0))
        for name in "ABC"
        for place, day in enumerate(days)
    ]


def test_a_change_of_unit_is_refused_with_what_to_do():
    """Law: forecasts of another unit are never published in silence."""
    message = r"'y' is suddenly at about 1,\d\d\d times the level of before in 3 of 3 series .*quality\.unit_change"
    with pytest.raises(DataError, match=message):
        assemble(table(rows_with(1000.0)), pipeline(), at("2024-04-10"))


def test_a_change_of_unit_that_is_meant_is_said_and_goes_on():
    _, report = assemble(table(rows_with(1000.0)), pipeline(quality={"unit_change": "degrade"}), at("2024-04-10"))
    assert "in 3 of 3 series ('A', 'B', 'C')" in report.unit_change
    assert any(report.unit_change in warning for warning in report.warnings)


def test_one_shop_that_jumps_is_a_warning_that_names_it():
    _, report = assemble(table(rows_with(1000.0, ("B",))), pipeline(), at("2024-04-10"))
    assert report.unit_change == ""
    assert any("in 1 of 3 series ('B')" in warning for warning in report.warnings)


def test_a_covariate_that_jumps_is_a_warning():
    """The network reads it within bounds; nobody's forecast is of its unit."""
    panel = panel_of(shops(3))
    plan = panel.targets.copy()
    plan[panel.ordinals >= 119] *= 1000
    (jump,) = level_jumps(replace(panel, future=plan), "plan", plan[:, 0], season=7, newest=119)
    assert (jump.column, len(jump.series)) == ("plan", 3)
