"""Pictures of forecasts."""

import io
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from stories import story_forecasts, story_panel

from lstm.report.charts.forecasts import ForecastView, choose_pairs, forecast_grid
from lstm.report.charts.style import LARGEST_GRID, LARGEST_PNG

LEVELS = (0.1, 0.5, 0.9)


def pixels(png: bytes) -> np.ndarray:
    """int (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


@pytest.mark.parametrize(
    ("series", "targets", "expected"),
    [
        (1, 1, [(0, 0)]),
        (3, 3, [(0, 0), (1, 0), (1, 1), (2, 1), (0, 2), (2, 2)]),
        (1000, 1, [(0, 0), (200, 0), (400, 0), (599, 0), (799, 0), (999, 0)]),
        (1, 3, [(0, 0), (0, 1), (0, 2)]),
        (2, 2, [(0, 0), (1, 0), (0, 1), (1, 1)]),
    ],
)
def test_six_pairs_show_every_target_and_several_series(
    series: int, targets: int, expected: list[tuple[int, int]]
) -> None:
    """Each pair once, sorted by target and series, no more than six; worked by hand."""
    assert choose_pairs(series, targets) == expected


@pytest.mark.parametrize("targets", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("series", [3, 4, 7, 35])
def test_no_target_is_left_out_while_six_suffice(series: int, targets: int) -> None:
    """Up to six targets all appear, and at least three series do."""
    pairs = choose_pairs(series, targets)
    assert len(pairs) == len(set(pairs)) <= 6
    assert {target for _, target in pairs} == set(range(targets))
    assert len({chosen for chosen, _ in pairs}) >= 3


@pytest.mark.parametrize(
    ("frequency", "horizon", "steps"), [("1", 1, 60), ("h", 24, 400), ("MS", 12, 100), ("B", 5, 70), ("W-MON", 13, 130)]
)
def test_every_kind_of_grid_can_be_drawn(frequency: str, horizon: int, steps: int) -> None:
    """Dates, instants and integer steps, down to a horizon of one."""
    panel = story_panel(["a", "b"], frequency=frequency, horizon=horizon, steps=steps)
    assert len(forecast_grid(ForecastView(panel, story_forecasts(panel), LEVELS))) <= LARGEST_GRID


@pytest.mark.parametrize("levels", [(0.5,), (0.5, 0.9), (0.025, 0.1, 0.5, 0.9, 0.975)])
def test_any_quantile_levels_can_be_drawn(levels: tuple[float, ...]) -> None:
    """A median alone, a level without a partner, two bands."""
    panel = story_panel(["a"])
    assert len(forecast_grid(ForecastView(panel, story_forecasts(panel, levels), levels))) <= LARGEST_PNG


def test_a_gap_is_not_bridged() -> None:
    """A panel with a gap and one without it look different only where the gap is: the line ends there."""
    panel = story_panel(["a"])
    rows = story_forecasts(panel)
    whole = story_panel(["a"])
    missing = np.isnan(whole.targets[: -whole.horizon, 0])
    filling = np.interp(np.flatnonzero(missing), np.flatnonzero(~missing), whole.targets[: -whole.horizon, 0][~missing])
    whole.targets[np.flatnonzero(missing), 0] = filling
    ink = [(pixels(forecast_grid(ForecastView(p, rows, LEVELS))).sum(axis=2) < 200).sum() for p in (panel, whole)]
    assert ink[0] < ink[1]


def test_an_outlier_in_the_history_does_not_flatten_the_forecast() -> None:
    """One value of nine million among fifties: the blue median still spans a good part of the height."""
    panel = story_panel(["a"])
    rows = story_forecasts(panel)
    panel.targets[80, 0] = 9e6
    picture = pixels(forecast_grid(ForecastView(panel, rows, LEVELS)))
    below_legend = picture[60:]
    blue = (below_legend[..., 2] > 150) & (below_legend[..., 0] < 40)
    high, low = np.flatnonzero(blue.any(axis=1))[[0, -1]]
    assert low - high > 0.2 * len(picture)


def test_a_failed_series_and_one_without_rows_are_drawn_without_a_forecast() -> None:
    """The history alone, no blue line."""
    panel = story_panel(["a"])
    failed = story_forecasts(panel, failed="a")
    nothing = failed.slice(0, 0)
    for rows in (failed, nothing):
        picture = pixels(forecast_grid(ForecastView(panel, rows, LEVELS)))[60:]
        assert not ((picture[..., 2] > 150) & (picture[..., 0] < 40)).any()


def test_a_series_without_any_observation_is_drawn() -> None:
    """Nothing to scale the axis by is no error."""
    panel = story_panel(["a"])
    rows = story_forecasts(panel, failed="a")
    panel.targets[:] = np.nan
    assert forecast_grid(ForecastView(panel, rows, LEVELS))


def test_a_name_that_looks_like_a_formula_is_drawn_as_it_is() -> None:
    """Matplotlib would read text between dollar signs as TeX, and refuse what is none."""
    panel = story_panel(["$\\frac{$", "x" * 300, "a\nb"], ("$y_$",))
    assert forecast_grid(ForecastView(panel, story_forecasts(panel), LEVELS))


def test_pictures_are_the_same_in_threads() -> None:
    """No state is shared: four threads draw what one draws, byte for byte."""
    panels = [story_panel(["a"], seed=seed) for seed in range(4)]
    nights = [ForecastView(panel, story_forecasts(panel), LEVELS) for panel in panels]
    alone = [forecast_grid(night) for night in nights]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(forecast_grid, nights))
    assert together == alone
