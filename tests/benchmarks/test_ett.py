"""ETT: the standard split, and what is not read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.ett import read, scores, trial
from benchmarks.trial import Protocol


def write_hours(folder: Path, hours: int) -> Path:
    """Two channels that count the hours, up and down."""
    times = pd.date_range("2016-07-01", periods=hours, freq="h")
    table = pd.DataFrame({"date": times.strftime("%Y-%m-%d %H:%M:%S"), "up": np.arange(hours), "OT": -np.arange(hours)})
    (folder / "ett").mkdir()
    table.to_csv(folder / "ett" / "ETTh1.csv", index=False)
    return folder / "ett" / "ETTh1.csv"


def test_rows_beyond_those_that_are_wanted_are_not_parsed(tmp_path: Path) -> None:
    """The third row is no number, and nobody notices."""
    path = tmp_path / "ETTh1.csv"
    path.write_text("date,a,b\n2016-07-01 00:00:00,1,2\n2016-07-01 01:00:00,3,4\nnonsense\n", encoding="utf-8")
    times, names, values = read(path, 2)
    assert names == ("a", "b")
    assert values.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert times[1].as_py().isoformat() == "2016-07-01T01:00:00"


def test_the_inner_split_ends_where_the_test_part_begins(tmp_path: Path) -> None:
    """A file that has no test part is enough: 2,880 - 96 + 1 windows, the last one to the end of validation."""
    write_hours(tmp_path, 11_520)
    held = trial("etth1-96", tmp_path, Protocol())
    assert held.truth.shape == (2_785, 96, 2)
    assert held.truth[0, 0].tolist() == [8_640, -8_640]
    assert held.truth[-1, -1].tolist() == [11_519, -11_519]
    assert np.nanmax(held.panel.targets) == 8_639
    assert np.nanmax(held.asked.targets) == 11_519 - 96
    assert not held.refit


def test_the_final_split_is_that_of_the_literature(tmp_path: Path) -> None:
    """Training targets end at row 8,639, validation at 11,519; windows of the test part begin right after."""
    write_hours(tmp_path, 14_400)
    held = trial("etth1-336", tmp_path, Protocol(final=True, calendar=False))
    up, rows = held.panel.targets[:, 0], held.windows.of("train").row
    assert up[rows].max() == 8_639 - 336
    rows = held.windows.of("validation").row
    assert (up[rows].min(), up[rows].max()) == (8_639, 11_519 - 336)
    assert held.truth.shape == (2_880 - 336 + 1, 336, 2)
    assert held.truth[0, 0, 0] == 11_520
    assert held.panel.future_names == ()


def test_the_score_is_in_units_of_the_training_part(tmp_path: Path) -> None:
    """A forecast one standard deviation of the first 6,480 hours too high: MSE and MAE of 1."""
    write_hours(tmp_path, 11_520)
    held = trial("etth1-96", tmp_path, Protocol(small=False))
    spread = np.arange(6_480).std()
    errors = held.score(held.truth[:50], np.repeat((held.truth[:50] + spread)[:, :, None], 9, axis=2))
    assert errors["mse"] == pytest.approx(1.0)
    assert errors["mae"] == pytest.approx(1.0)


def test_errors_are_averaged_over_windows_steps_and_channels() -> None:
    """Worked by hand: errors 1, 3 in one window and 0, 2 in the other; the median is the forecast."""
    truth = np.array([[[0.0, 0.0]], [[1.0, 1.0]]])
    quantiles = np.zeros((2, 1, 9, 2))
    quantiles[0, 0, 4:], quantiles[1, 0, 4:] = [1.0, 3.0], [1.0, 3.0]
    errors = scores(truth, quantiles)
    assert errors == {"mse": pytest.approx(14 / 4), "mae": pytest.approx(6 / 4), "coverage80": 1.0}
