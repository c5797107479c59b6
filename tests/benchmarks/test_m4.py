"""M4: its files and its metrics."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.m4 import GROUPS, read, scores, trial
from benchmarks.trial import Protocol


def write_wide(path: Path, rows: dict[str, list[float]]) -> None:
    """As the competition has it: every cell in quotes, the shorter rows filled up with empty ones."""
    width = max(len(values) for values in rows.values())
    lines = [",".join(f'"V{number}"' for number in range(1, width + 2))]
    for series, values in rows.items():
        cells = [f'"{series}"', *(f'"{value}"' for value in values), *[""] * (width - len(values))]
        lines.append(",".join(cells))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_wide_file_gives_each_series_its_own_length(tmp_path: Path) -> None:
    """Empty cells follow the last value."""
    write_wide(tmp_path / "wide.csv", {"W1": [1.5, 2.0, 3.0], "W2": [4.0]})
    histories = read(tmp_path / "wide.csv")
    assert {series: values.tolist() for series, values in histories.items()} == {"W1": [1.5, 2.0, 3.0], "W2": [4.0]}


def test_the_scores_are_those_of_the_competition() -> None:
    """Worked by hand, m = 1: errors of 10 on 100 against 90 and 2 on 8 against 10; scales 5 and 2."""
    past = [np.array([90.0, 95.0, 90.0]), np.array([10.0, 12.0, 14.0, 12.0])]
    truth = np.array([[100.0], [8.0]])
    quantiles = np.repeat(np.array([[90.0], [10.0]])[:, :, None], 9, axis=2)
    errors = scores(GROUPS["m4-weekly"], past, truth, quantiles)
    smape = (200 * 10 / 190 + 200 * 2 / 18) / 2
    assert errors["smape"] == pytest.approx(smape)
    assert errors["mase"] == pytest.approx((10 / 5 + 2 / 2) / 2)
    assert errors["owa"] == pytest.approx((smape / 9.161 + 1.5 / 2.777) / 2)
    # All quantiles coincide: twice the pinball loss, over symmetric levels, is the absolute error.
    assert errors["wql"] == pytest.approx(12 / 108)
    assert errors["coverage80"] == 0.0


def test_a_forecast_as_bad_as_naive2_has_an_owa_of_one() -> None:
    """sMAPE and MASE of Naive2 as published for Hourly, 18.383 and 2.395."""
    level, error = 100.0, 2 * 100.0 * 18.383 / (200.0 - 18.383)
    past = [np.tile([0.0] * 24 + [error / 2.395] * 24, 3)]
    truth, quantiles = np.full((1, 48), level), np.full((1, 48, 9), level + error)
    errors = scores(GROUPS["m4-hourly"], past, truth, quantiles)
    assert errors["smape"] == pytest.approx(18.383)
    assert errors["mase"] == pytest.approx(2.395)
    assert errors["owa"] == pytest.approx(1.0)


def test_the_inner_split_asks_for_the_end_of_training_and_needs_no_test_file(tmp_path: Path) -> None:
    """The last 13 of 120 weeks are asked for, and training ends before them; there is no test file to open."""
    write_wide(tmp_path / "m4" / "Weekly-train.csv", {"W1": [float(week) for week in range(120)]})
    held = trial("m4-weekly", tmp_path, Protocol())
    assert held.truth[0, :, 0].tolist() == [float(week) for week in range(107, 120)]
    assert np.nanmax(held.panel.targets) == 106.0
    assert held.cutoffs.tolist() == [held.panel.cutoff]


def test_the_final_split_asks_for_the_test_file(tmp_path: Path) -> None:
    """Training ends with the training file; series are told by their ids, not by their order."""
    weeks = [float(week) for week in range(120)]
    write_wide(tmp_path / "m4" / "Weekly-train.csv", {"W1": weeks, "W2": weeks})
    write_wide(tmp_path / "m4" / "Weekly-test.csv", {"W2": [2.0] * 13, "W1": [1.0] * 13})
    held = trial("m4-weekly", tmp_path, Protocol(final=True))
    assert held.truth[:, 0, 0].tolist() == [1.0, 2.0]
    assert np.nanmax(held.panel.targets) == 119.0
