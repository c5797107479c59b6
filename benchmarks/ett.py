"""ETTh1 and ETTh2, seven channels at once: the standard split of the long-horizon literature.

Zhou et al. (2021), "Informer", arXiv:2012.07436, has the split; every window counts, the last batch as well (Qiu et al.
2024, "TFB", arXiv:2403.20150, tell what dropping it does).
"""

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

from benchmarks.trial import LEVELS, MEDIAN, Protocol, Scores, Trial, split_windows
from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.evaluation.backtest import metrics
from lstm.frames.frame_panel import panel_of_frame

NAMES = ("etth1-96", "etth1-336", "etth2-96", "etth2-336")
# Rows where training, validation and what is asked for end.
FINAL = (8_640, 11_520, 14_400)
INNER = (6_480, 8_640, 11_520)
SMALL_STEPS = 1_000
SMALL_WINDOWS = 100


def read(path: Path, rows: int) -> tuple[pa.Array, tuple[str, ...], np.ndarray]:
    """(times, channel names, float64 (rows, C)) of the first rows of a file; nothing after them is parsed."""
    with path.open("rb") as lines:
        head = b"".join(line for line, _ in zip(lines, range(rows + 1), strict=False))
    table = pacsv.read_csv(pa.BufferReader(head))
    names = tuple(table.column_names[1:])
    values = np.column_stack([np.asarray(table[name], np.float64) for name in names])
    return table["date"].combine_chunks().cast(pa.timestamp("us")), names, values


def trial(name: str, data: Path, protocol: Protocol) -> Trial:
    """Every window of the test part, or of the validation part when not `final`; the weights that validation chose."""
    found = re.fullmatch(r"etth([12])-(\d+)", name)
    if found is None:
        raise ValueError(f"{name!r} is none of {', '.join(NAMES)}")
    horizon = int(found[2])
    train, validation, end = FINAL if protocol.final else INNER
    times, names, values = read(data / "ett" / f"ETTh{found[1]}.csv", end)
    if protocol.small:
        skipped = train - SMALL_STEPS
        train, validation, end = train - skipped, validation - skipped, end - skipped
        times, values = times[skipped:], values[skipped:]
    frequency = parse_frequency("h")
    first = int(frequency.ordinals(times)[0][0])
    known, asked = (
        _panel(times[:rows], names, values[:rows], horizon, protocol) for rows in (validation, end - horizon)
    )
    rows = np.arange(validation - 1, end - horizon)[-SMALL_WINDOWS if protocol.small else 0 :]
    center, spread = values[:train].mean(axis=0), values[:train].std(axis=0)
    return Trial(
        panel=known,
        windows=split_windows(known, validation - train),
        refit=False,
        asked=asked,
        series=np.zeros(len(rows), np.int64),
        cutoffs=first + rows,
        truth=values[rows[:, None] + np.arange(1, horizon + 1)],
        score=lambda truth, quantiles: scores((truth - center) / spread, (quantiles - center) / spread),
    )


def _panel(times: pa.Array, names: tuple[str, ...], values: np.ndarray, horizon: int, protocol: Protocol) -> Panel:
    frame = pa.table({"date": times} | dict(zip(names, values.T, strict=True)))
    calendar = {"features": protocol.calendar}
    return with_calendar(
        panel_of_frame(frame, time="date", target=names, horizon=horizon, frequency="h", calendar=calendar)
    )


def scores(truth: np.ndarray, quantiles: np.ndarray) -> Scores:
    """MSE and MAE of the median over all windows, steps and channels, and the coverage of the 80 % interval.

    truth: (N, H, C) and quantiles: (N, H, Q, C) at `LEVELS`, both standardised by the training part.
    """
    point = quantiles[:, :, MEDIAN]
    return {
        "mse": metrics.mean(metrics.squared_error(truth, point)),
        "mae": metrics.mean(metrics.absolute_error(truth, point)),
        "coverage80": metrics.coverage(truth, quantiles[:, :, 0], quantiles[:, :, len(LEVELS) - 1]),
    }
