"""The picture of a training: losses and learning rate by epoch."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lstm.report.charts.style import BLUE, FAINT, INK, MUTED, ORANGE, VERMILION, calm, limits, new_figure, png, title

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Epochs = dict[str, np.ndarray]


def training_picture(history: pa.Table) -> bytes:
    """PNG of a history: a row an epoch, columns phase, epoch, train_loss, validation_loss and learning_rate.

    Every member has its curves and its best epoch. The refit has none: it repeats the steps that were found best.
    """
    from matplotlib.ticker import MaxNLocator

    figure = new_figure(3.2)
    losses, rates = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    members = _members(history)
    for member in members:
        _draw_losses(losses, member)
        rates.step(
            member["epoch"], member["learning_rate"], ".-", where="mid", color=ORANGE, linewidth=1.4, markersize=4
        )
    best = _mark_best(losses, members)
    span = limits(*_joined(members))
    if span is not None:
        losses.set_ylim(*span)
    for axes, label in ((losses, "loss"), (rates, "learning\nrate")):
        calm(axes)
        axes.set_ylabel(label)
    _rate_ticks(rates, members)
    rates.set_xlabel("epoch")
    rates.xaxis.set_major_locator(MaxNLocator(12, integer=True, min_n_ticks=1))
    title(losses, f"Loss of {len(members)} members" if len(members) > 1 else "Loss", right=best)
    artists, labels = _legend(losses)
    figure.legend(
        artists,
        labels,
        loc="outside upper left",
        ncols=3,
        frameon=False,
        fontsize=8,
        labelcolor=MUTED,
        handlelength=1.6,
    )
    return png(figure)


def _members(history: pa.Table) -> list[Epochs]:
    """Columns of each member that was trained with validation, refits left out."""
    names = ("epoch", "train_loss", "validation_loss", "learning_rate")
    phases = [phase for phase in pc.unique(history["phase"]).to_pylist() if not phase.endswith("-refit")]
    tables = [history.filter(pc.equal(history["phase"], phase)).sort_by("epoch") for phase in phases]
    return [{name: np.asarray(rows[name].to_numpy(), np.float64) for name in names} for rows in tables]


def _draw_losses(axes: "Axes", member: Epochs) -> None:
    for name, color, label in (("train_loss", BLUE, "training"), ("validation_loss", VERMILION, "validation")):
        axes.plot(member["epoch"], member[name], ".-", color=color, linewidth=1.5, markersize=4, label=label)


def _mark_best(axes: "Axes", members: list[Epochs]) -> str:
    """A ring at each member's best epoch; of one alone a line, too, and the words.

    Members read differently far and scale differently, so that their losses do not compare.
    """
    best = [(*_best(member),) for member in members if np.isfinite(member["validation_loss"]).any()]
    for epoch, loss in best:
        axes.plot(epoch, loss, "o", markersize=8, fillstyle="none", color=INK, label="best epoch")
    if len(best) > 1:
        return ""
    if best:
        epoch, loss = best[0]
        axes.axvline(epoch, color=FAINT, linewidth=1.0, linestyle=(0, (2, 2)))
        return f"best: epoch {epoch:g}, validation loss {loss:.4g}"
    return "no validation loss"


def _best(member: Epochs) -> tuple[float, float]:
    place = int(np.nanargmin(member["validation_loss"]))
    return float(member["epoch"][place]), float(member["validation_loss"][place])


def _joined(members: list[Epochs]) -> tuple[np.ndarray, np.ndarray]:
    losses = [member[name] for member in members for name in ("train_loss", "validation_loss")]
    best = [np.array([_best(member)[1]]) for member in members if np.isfinite(member["validation_loss"]).any()]
    nothing = np.zeros(0)
    return np.concatenate([nothing, *losses]), np.concatenate([nothing, *best])


def _rate_ticks(axes: "Axes", members: list[Epochs]) -> None:
    """The highest and the lowest learning rate, on a scale on which halving is always the same step."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    rates = np.concatenate([np.zeros(0), *(member["learning_rate"] for member in members)])
    rates = rates[np.isfinite(rates) & (rates > 0)]
    if not len(rates):
        return
    axes.set_yscale("log")
    axes.set_ylim(rates.min() / 1.5, rates.max() * 1.5)
    axes.yaxis.set_major_locator(FixedLocator(sorted({float(rates.min()), float(rates.max())})))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda rate, _: f"{rate:.2g}"))


def _legend(axes: "Axes") -> tuple[list["Artist"], list[str]]:
    artists, labels = axes.get_legend_handles_labels()
    first = {label: artist for artist, label in reversed(list(zip(artists, labels, strict=True)))}
    order = [label for label in ("training", "validation", "best epoch") if label in first]
    return [first[label] for label in order], order
