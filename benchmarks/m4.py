"""M4 Hourly and Weekly: the files, and the metrics of the competition.

Makridakis, Spiliotis and Assimakopoulos (2020), "The M4 Competition", doi:10.1016/j.ijforecast.2019.04.014.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.trial import LEVELS, MEDIAN, Protocol, Scores, Trial, frame_of, split_windows, validation_span
from lstm.data.frequency.aliases import parse_frequency
from lstm.evaluation.backtest import metrics
from lstm.frames.frame_panel import panel_of_frame

SMALL_SHARE = 12  # a trial of this many times fewer series shows that it works


@dataclass(frozen=True)
class Group:
    """A group of the competition. season: the m of its MASE. smape, mase: of Naive2 on the test part."""

    name: str
    frequency: str
    horizon: int
    season: int
    smape: float
    mase: float


GROUPS = {
    "m4-hourly": Group("Hourly", "h", 48, 24, 18.383, 2.395),
    "m4-weekly": Group("Weekly", "W", 13, 1, 9.161, 2.777),
}
# The files hold no times, only an order. All series are laid to end at one made-up step, so no calendar is added.
LAST_STEP = 100_000


def read(path: Path) -> dict[str, np.ndarray]:
    """Values in order by series, of a wide file: an id and then its values, of which the last ones are empty."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = csv.reader(lines)
        next(rows)
        return {row[0]: np.array([float(cell) for cell in row[1:] if cell]) for row in rows}


def trial(name: str, data: Path, protocol: Protocol) -> Trial:
    """The last horizon of the training part is asked for, or with `final` the test part, which else is not opened."""
    group = GROUPS[name]
    histories = read(data / "m4" / f"{group.name}-train.csv")
    if protocol.final:
        futures = read(data / "m4" / f"{group.name}-test.csv")
    else:
        futures = {series: values[-group.horizon :] for series, values in histories.items()}
        histories = {series: values[: -group.horizon] for series, values in histories.items()}
    ids = list(histories)[:: SMALL_SHARE if protocol.small else 1]
    past = [histories[series] for series in ids]
    panel = panel_of_frame(
        frame_of(past, parse_frequency(group.frequency), LAST_STEP),
        series="series",
        time="time",
        target="y",
        horizon=group.horizon,
        frequency=group.frequency,
        calendar={"features": False},
    )
    return Trial(
        panel=panel,
        windows=split_windows(panel, validation_span(panel)),
        refit=True,
        asked=panel,
        series=np.arange(len(ids)),
        cutoffs=np.full(len(ids), panel.cutoff),
        truth=np.stack([futures[series] for series in ids])[:, :, None],
        score=lambda truth, quantiles: scores(group, past, truth[:, :, 0], quantiles[..., 0]),
    )


def scores(group: Group, past: list[np.ndarray], truth: np.ndarray, quantiles: np.ndarray) -> Scores:
    """sMAPE and MASE as means over series, OWA against Naive2, and WQL and coverage of the 80 % interval.

    past: S training parts. truth: (S, H). quantiles: (S, H, Q) at `LEVELS`; the median is the forecast.
    """
    point = quantiles[..., MEDIAN]
    smape = metrics.mean(metrics.symmetric_percentage_error(truth, point))
    scale = np.array([np.abs(values[group.season :] - values[: -group.season]).mean() for values in past])
    mase = metrics.mean(metrics.mase(metrics.absolute_error(truth, point).mean(axis=1), scale))
    return {
        "owa": 0.5 * (smape / group.smape + mase / group.mase),
        "smape": smape,
        "mase": mase,
        "wql": metrics.weighted_quantile_loss(truth, quantiles, LEVELS),
        "coverage80": metrics.coverage(truth, quantiles[..., 0], quantiles[..., -1]),
    }
