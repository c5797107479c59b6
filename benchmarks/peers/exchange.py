"""What a peer is given and what it answers, as files: it shares no package with us but numpy."""

from pathlib import Path

import numpy as np

GIVEN = "histories.npz"
ANSWERED = "forecasts.npy"


def write_histories(folder: Path, histories: list[np.ndarray], windows: int) -> None:
    """Univariate series that end at the same step; the last `windows` horizons, a step apart, are asked for."""
    lengths = np.array([len(values) for values in histories])
    np.savez(folder / GIVEN, values=np.concatenate(histories), lengths=lengths, windows=windows)


def read_histories(folder: Path) -> tuple[list[np.ndarray], int]:
    """What `write_histories` wrote."""
    with np.load(folder / GIVEN) as file:
        return np.split(file["values"], np.cumsum(file["lengths"])[:-1]), int(file["windows"])


def write_forecasts(folder: Path, forecasts: np.ndarray) -> None:
    """forecasts: (series, windows, H), oldest window first."""
    np.save(folder / ANSWERED, forecasts)


def read_forecasts(folder: Path) -> np.ndarray:
    """What `write_forecasts` wrote."""
    return np.asarray(np.load(folder / ANSWERED), np.float64)
