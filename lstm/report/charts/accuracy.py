"""Pictures of the monitor: realised against promised over time, errors by step, coverage, and drift of the inputs."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import Monitor
from lstm.data.frequency.grid import Frequency
from lstm.evaluation.monitoring.realised_scores import ERROR_COLUMNS
from lstm.evaluation.wording import whole_percent
from lstm.references import Accuracy, InputDrift, RealisedScores
from lstm.report.charts.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    LARGEST_GRID,
    MUTED,
    ORANGE,
    PALE,
    PURPLE,
    VERMILION,
    calm,
    moments,
    new_figure,
    png,
    short,
    time_axis,
    title,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_MODELS = 5
MOST_TARGETS = 6
MOST_INPUTS = 20
MODEL_COLORS = (BLUE, GREEN, ORANGE, PURPLE, "#56B4E9")
COVERAGE = "coverage_"


@dataclass(frozen=True)
class MonitorPictures:
    """PNG bytes of bounded size, see `chart`; None where there is nothing to show."""

    over_time: bytes | None
    by_step: bytes | None
    coverage: bytes | None
    drift: bytes | None


def draw_monitor_pictures(
    accuracy: Accuracy, scores: pa.Table | None, frequency: Frequency, settings: Monitor
) -> MonitorPictures:
    """Draws what there is. scores: `realised.parquet`."""
    newest = next(iter(accuracy.models[1:]), None)
    scored = scores is not None and scores.num_rows > 0 and newest is not None
    return MonitorPictures(
        over_time=over_time_picture(scores, accuracy.models, frequency) if scored else None,
        by_step=by_step_picture(scores, newest) if scored and newest is not None else None,
        coverage=coverage_picture(scores, newest, settings) if scored and newest is not None else None,
        drift=drift_picture(accuracy.drift, settings) if accuracy.drift else None,
    )


def over_time_picture(scores: pa.Table, models: tuple[RealisedScores, ...], frequency: Frequency) -> bytes | None:
    """PNG of the MASE of each forecast by its cutoff: a colour a model, what was promised dashed, the naive grey."""
    shown = [line for line in models[1:] if line.kind == "served"][:MOST_MODELS]
    figure = new_figure(2.9)
    axes = figure.subplots()
    served = scores.filter(pc.equal(scores["scope"], "served")).sort_by("cutoff")
    _curve(axes, served, frequency, "naive_mase", FAINT, "seasonal naive, same times")
    for line, color in zip(shown, MODEL_COLORS, strict=False):
        origins = _of_model(scores, "origin", line).sort_by("cutoff")
        _curve(axes, origins, frequency, "mase", color, line.label, marker="o")
        if math.isfinite(line.promised_mase) and origins.num_rows:
            times = _cutoffs(origins, frequency)
            edges = [times[0], times[-1]]
            axes.plot(edges, [line.promised_mase] * 2, color=color, linewidth=1.2, linestyle=(0, (4, 2)))
    if not axes.get_lines():
        return None
    axes.plot([], [], color=MUTED, linewidth=1.2, linestyle=(0, (4, 2)), label="promised by the backtest")
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("MASE")
    calm(axes)
    time_axis(axes, frequency, ticks=8)
    axes.set_xlabel("cutoff of the forecast; hollow: its horizon is not over yet", loc="left")
    hidden = len([line for line in models[1:] if line.kind == "served"]) - len(shown)
    title(axes, "Realised error by forecast", right=f"{hidden} older models left out" if hidden else "")
    figure.legend(loc="outside upper left", ncols=4, frameon=False, fontsize=8, labelcolor=MUTED, handlelength=1.6)
    return png(figure)


def _curve(
    axes: "Axes",
    rows: pa.Table,
    frequency: Frequency,
    column: str,
    color: str,
    label: str,
    marker: str = "",
) -> None:
    values = np.asarray(rows[column].to_numpy(), np.float64)
    if not np.isfinite(values).any():
        return
    times, whole = _cutoffs(rows, frequency), np.asarray(rows["complete"].to_numpy()) >= 1.0
    axes.plot(times, values, color=color, linewidth=1.2, label=label)
    if marker:
        axes.plot(times[whole], values[whole], marker, color=color, markersize=4)
        axes.plot(times[~whole], values[~whole], marker, color=color, markersize=4, markerfacecolor="white")


def _cutoffs(rows: pa.Table, frequency: Frequency) -> np.ndarray:
    return moments(frequency, np.array([frequency.ordinal_of_text(text) for text in rows["cutoff"].to_pylist()]))


def _of_model(scores: pa.Table, scope: str, line: RealisedScores) -> pa.Table:
    of_model = pc.and_(pc.equal(scores["scope"], scope), pc.equal(scores["model"], line.label))
    return scores.filter(pc.and_(of_model, pc.equal(scores["backfill"], line.kind == "backfill")))


def by_step_picture(scores: pa.Table, line: RealisedScores) -> bytes | None:
    """PNG of the distribution of the errors of one model by step, a small chart a target."""
    rows = _of_model(scores, "step", line)
    targets = sorted(set(rows["target"].to_pylist()))
    shown = [target for target in targets if np.isfinite(_column(rows, target, ERROR_COLUMNS[2])).any()][:MOST_TARGETS]
    if not shown:
        return None
    columns = min(len(shown), 3)
    lines = math.ceil(len(shown) / columns)
    figure = new_figure(0.8 + 1.9 * lines)
    places = figure.subplots(lines, columns, squeeze=False, sharey=True, sharex=True).ravel()
    for axes, target in zip(places, shown, strict=False):
        step = _column(rows, target, "step")
        q05, q25, q50, q75, q95 = (_column(rows, target, name) for name in ERROR_COLUMNS)
        axes.fill_between(step, q05, q95, color=BLUE, alpha=0.15, linewidth=0, label="9 of 10 errors")
        axes.fill_between(step, q25, q75, color=BLUE, alpha=0.35, linewidth=0, label="half of them")
        axes.plot(step, q50, color=BLUE, linewidth=1.6, label="median", marker="o" if len(step) < 3 else "")
        axes.axhline(0.0, color=INK, linewidth=0.8)
        calm(axes)
        title(axes, short(target, 60 // columns - 6))
    for axes in places[len(shown) :]:
        axes.set_axis_off()
    for axes in places[max(len(shown) - columns, 0) : len(shown)]:
        axes.set_xlabel("step", loc="left")
    places[0].set_ylabel("forecast less actual\nby the scale of MASE")
    handles, labels = places[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside upper left", ncols=4, frameon=False, fontsize=8, labelcolor=MUTED,
        title=f"Errors of {short(line.label, 40)} by step; above zero is too high", title_fontsize=8, alignment="left",
    )  # fmt: skip
    return png(figure, LARGEST_GRID)


def _column(rows: pa.Table, target: str, name: str) -> np.ndarray:
    of_target = rows.filter(pc.equal(rows["target"], target)).sort_by("step")
    return np.asarray(of_target[name].to_numpy(), np.float64)


def coverage_picture(scores: pa.Table, line: RealisedScores, settings: Monitor) -> bytes | None:
    """PNG of the share of actuals inside of each interval, by target, with what the interval promises."""
    names = [name for name in scores.column_names if name.startswith(COVERAGE)]
    rows = _of_model(scores, "target", line).sort_by("target").to_pylist()[:MOST_TARGETS]
    if not names or not rows:
        return None
    figure = new_figure(0.9 + 0.24 * len(rows) * len(names) + 0.15 * len(rows))
    axes = figure.subplots()
    labels = []
    for place, (row, name) in enumerate((row, name) for row in rows for name in names):
        nominal, share = _nominal(name), row[name]
        bad = abs(share - nominal) > settings.coverage_within
        axes.barh(place, share, height=0.62, color=VERMILION if bad else BLUE)
        axes.plot([nominal] * 2, [place - 0.42, place + 0.42], color=INK, linewidth=1.6)
        axes.text(share + 0.01, place, whole_percent(share), va="center", fontsize=8, color=INK)
        labels.append(f"{short(row['target'], 20)}, {whole_percent(nominal)} band")
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_xlim(0, 1.1)
    axes.set_xlabel("share of actuals inside of the band; the mark is what it promises", loc="left")
    calm(axes, grid="x")
    title(axes, f"Coverage of {short(line.label, 40)}")
    return png(figure)


def _nominal(name: str) -> float:
    """Coverage that a column promises: `coverage_q02_5_q97_5` is of the 95 % band."""
    low, high = (float(part.replace("_", ".")) for part in name.removeprefix(f"{COVERAGE}q").split("_q"))
    return (high - low) / 100.0


def drift_picture(drift: tuple[InputDrift, ...], settings: Monitor) -> bytes | None:
    """PNG of the stability index of each input, with what is usual within training and with the limit."""
    inputs = [channel for channel in drift if math.isfinite(channel.psi)]
    shown = sorted(inputs, key=lambda channel: -channel.psi)[:MOST_INPUTS]
    if not shown:
        return None
    figure = new_figure(1.0 + 0.24 * len(shown))
    axes = figure.subplots()
    indices = [index for channel in shown for index in (channel.psi, channel.usual_psi) if math.isfinite(index)]
    reach = 1.15 * max(*indices, settings.drift_psi)
    for place, channel in enumerate(shown):
        if math.isfinite(channel.usual_psi):
            axes.barh(place, channel.usual_psi, height=0.8, color=PALE)
        axes.barh(place, channel.psi, height=0.4, color=VERMILION if channel.drifted else BLUE)
        axes.text(channel.psi + 0.01 * reach, place, f"{channel.psi:.2f}", va="center", fontsize=8, color=INK)
    axes.axvline(settings.drift_psi, color=MUTED, linewidth=1.0, linestyle=(0, (2, 2)))
    axes.set_yticks(range(len(shown)), [short(channel.name, 26) for channel in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, reach)
    axes.set_xlabel("population stability index; pale: usual within training, dashed: the limit", loc="left")
    calm(axes, grid="x")
    drifted = any(channel.drifted for channel in shown)
    title(axes, "Newest inputs against training", right="red: drifted" if drifted else "")
    return png(figure)
