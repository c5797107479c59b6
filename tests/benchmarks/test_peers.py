"""What a peer is given and what is made of its answer; no peer is needed here."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.peer_run import forecasts_of, histories_of
from benchmarks.peers import environment
from benchmarks.peers.exchange import read_forecasts, read_histories, write_forecasts, write_histories
from benchmarks.trial import Trial, split_windows
from lstm.data.frequency.aliases import parse_frequency
from lstm.frames.frame_panel import panel_of_frame


def rolling() -> Trial:
    """One series of two channels that count up and down over 20 steps; the windows after steps 14, 15 and 16."""
    values = np.column_stack([np.arange(20.0), -np.arange(20.0)])
    rows = np.array([14, 15, 16])
    times = parse_frequency("h").times(100 + np.arange(17))
    frame = pa.table({"time": times, "up": values[:17, 0], "down": values[:17, 1]})
    arguments = {"time": "time", "target": ("up", "down"), "horizon": 3, "frequency": "h"}
    known = panel_of_frame(frame.slice(0, 15), **arguments)
    return Trial(
        panel=known,
        windows=split_windows(known, 4),
        refit=False,
        asked=panel_of_frame(frame, **arguments),
        series=np.zeros(3, np.int64),
        cutoffs=100 + rows,
        truth=values[rows[:, None] + np.arange(1, 4)],
        score=lambda truth, quantiles: {},
    )


def test_a_peer_is_given_each_channel_to_the_end_of_the_last_horizon() -> None:
    """Three windows a step apart of three steps each end at step 19."""
    given = histories_of(rolling())
    assert [values.tolist() for values in given] == [list(range(20)), [-step for step in range(20)]]


def test_the_answers_come_back_in_the_order_of_the_windows() -> None:
    """(channels, windows, H) to (windows, H, channels)."""
    trial = rolling()
    np.testing.assert_array_equal(forecasts_of(trial, trial.truth.transpose(2, 0, 1)), trial.truth)


def test_files_hold_what_was_written(tmp_path: Path) -> None:
    """Series of different lengths, and forecasts."""
    write_histories(tmp_path, [np.arange(3.0), np.arange(5.0)], 2)
    histories, windows = read_histories(tmp_path)
    assert ([values.tolist() for values in histories], windows) == ([[0, 1, 2], [0, 1, 2, 3, 4]], 2)
    write_forecasts(tmp_path, np.ones((2, 2, 3)))
    assert read_forecasts(tmp_path).shape == (2, 2, 3)


def test_the_environment_is_made_once(tmp_path: Path) -> None:
    """A stamp with the hash of the requirements says that it is there; nothing is installed then."""
    requirements, folder = tmp_path / "requirements.txt", tmp_path / "made"
    requirements.write_text("nothing-of-this-name==1\n", encoding="utf-8")
    folder.mkdir()
    (folder / "installed").write_text(hashlib.sha256(requirements.read_bytes()).hexdigest(), encoding="utf-8")
    assert environment.python(requirements, folder) == folder / "bin" / "python"


@pytest.mark.slow
def test_the_environment_is_made_anew_when_the_requirements_change(tmp_path: Path) -> None:
    """Here there is nothing to install."""
    requirements, folder = tmp_path / "requirements.txt", tmp_path / "made"
    requirements.write_text("# nothing\n", encoding="utf-8")
    folder.mkdir()
    (folder / "installed").write_text("of another time", encoding="utf-8")
    assert environment.python(requirements, folder).exists()
    assert len((folder / "installed").read_text(encoding="utf-8")) == 64


def test_the_peers_are_pinned_and_have_our_torch() -> None:
    """One exact version a line."""
    lines = environment.REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+", line) for line in lines)
    assert {"torch==2.13.0", "neuralforecast==3.3.0"} <= set(lines)
