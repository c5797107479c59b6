"""The automatic rules: what the pipeline file leaves out follows from the data, each choice with its reason."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict

from lstm.config import Model, Training
from lstm.data.frequency.aliases import DAY
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Windows
from lstm.model.network.imputation import Imputation, choose_imputation

MEMBERS = 3
SHORTEST_LOOK_BACK = 14
# The ridge regression's sums grow with the square of the look-back, its solution with the cube: 2,016 steps are a week
# of five minutes, and take 32 MB and a second.
LONGEST_LOOK_BACK = 2_048
SEGMENTS = 3
TEXTBOOK_HIDDEN = 50
HIDDEN = 64
# Windows a batch, and how many times as many on a GPU, whose step takes as long with fewer.
BATCH, TIMES_ON_GPU = 256, 4
ALIGNED_SLOPE = (0.5, 2.0)
# Days that a cycle of the calendar takes, and the share of it that training must span before the network may read it.
CYCLE_DAYS = {"hour": 1.0, "weekday": 7.0, "yearday": 365.2425, "month": 365.2425}
SHARE_NEEDED = 0.9


class Choice(BaseModel):
    """One setting, its value as text, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: str
    reason: str


@dataclass(frozen=True)
class View:
    """What one member reads: steps of its look-back, and steps a segment."""

    look_back: int
    segment: int


@dataclass(frozen=True)
class Shape:
    """What the networks are built with, one view a member, shortest look-back first.

    known: positions of the user's future covariates in `Panel.future`. aligned, imputations: see `InputSettings`.
    steps_needed: steps up to its cutoff that a window must have; it is padded to the look-back.
    """

    views: tuple[View, ...]
    hidden: int
    known: tuple[int, ...]
    aligned: tuple[tuple[int, int], ...]
    imputations: tuple[Imputation, ...]
    steps_needed: int
    choices: tuple[Choice, ...]


def choose_shape(panel: Panel, windows: Windows, model: Model, seasons: tuple[int, ...]) -> Shape:
    """Look-backs, segments and the role of each covariate, from the pipeline file or by rule."""
    look_backs, why_look_backs = _look_backs(panel, windows, model, seasons)
    views = tuple(View(look_back, _segment(look_back, panel.horizon, model, seasons[0])) for look_back in look_backs)
    hidden = model.hidden or (TEXTBOOK_HIDDEN if model.kind == "textbook" else HIDDEN)
    known = tuple(i for i, name in enumerate(panel.future_names) if not name.startswith("calendar:"))
    aligned = _aligned(panel, windows.splits.train_end, known)
    imputations = tuple(
        choose_imputation(panel, target, seasons, windows.splits.train_end) for target in panel.targets.T
    )
    pairs = ", ".join(f"{panel.future_names[known[k]]} for {panel.target_names[c]}" for c, k in aligned)
    choices = (
        Choice(name="look_back", value=_listed(look_backs), reason=why_look_backs),
        Choice(
            name="segment",
            value=_listed(view.segment for view in views),
            reason=_fixed(model.segment)
            or "a third of the look-back, between one and two times the whole seasons that hold the horizon",
        ),
        Choice(name="hidden", value=str(hidden), reason=_fixed(model.hidden) or "the default"),
        Choice(
            name="aligned",
            value=pairs or "none",
            reason="future covariates that move with the target in its own unit, slope between 0.5 and 2, and lie "
            "nearer to it than the series' mean does",
        ),
        Choice(
            name="gaps",
            value="; ".join(_in_words(imputation) for imputation in imputations),
            reason="what was nearer to the values that were observed, at that distance",
        ),
    )
    return Shape(views, hidden, known, aligned, imputations, max(min(look_backs) // 2, 1), choices)


def choose_batches(training: Training, device: torch.device) -> tuple[Training, int, Choice]:
    """(settings of the steps, windows a batch, and why), from the pipeline file or by the device.

    Batches k times as large want a rate that is the square root of k times as high, and then an epoch of the same
    windows learns as much (Malladi et al. 2022, "On the SDEs and scaling rules for adaptive gradient algorithms",
    arXiv:2205.10287; measured in `benchmarks/README.md`).
    """
    size, reason = training.batch_size or BATCH, _fixed(training.batch_size) or "the default"
    if training.batch_size is None and device.type == "cuda":
        size, reason = BATCH * TIMES_ON_GPU, "a GPU: a quarter of the steps an epoch, at twice the learning rate"
        steps, rate = -(-training.epoch_steps // TIMES_ON_GPU), training.learning_rate * TIMES_ON_GPU**0.5
        training = training.model_copy(update={"epoch_steps": steps, "learning_rate": rate})
    return training, size, Choice(name="batch_size", value=str(size), reason=reason)


def _in_words(imputation: Imputation) -> str:
    if not imputation.season:
        return "the last value"
    season = f"the value {imputation.season} steps before"
    return f"the last value for {imputation.carried} steps, then {season}" if imputation.carried else season


def _fixed(value: object) -> str:
    return "the pipeline file" if value is not None else ""


def _listed(values: Iterable[int]) -> str:
    return ", ".join(str(value) for value in values)


def member_count(model: Model) -> int:
    """Networks whose quantiles are averaged."""
    return model.members or (1 if model.kind == "textbook" else MEMBERS)


def _look_backs(panel: Panel, windows: Windows, model: Model, seasons: tuple[int, ...]) -> tuple[tuple[int, ...], str]:
    """One look-back a member. Members that read differently far differ more than by their seed, and average better."""
    members = member_count(model)
    if model.look_back is not None:
        return (model.look_back,) * members, "the pipeline file"
    longest = seasons[-1]
    unit = longest * -(-max(panel.horizon // 2, SHORTEST_LOOK_BACK) // longest)
    lengths = np.maximum(windows.splits.train_end - panel.start + 1, 1)
    limit = max(int(min(np.percentile(lengths, 20), 2 * np.median(lengths) / 3, LONGEST_LOOK_BACK)), 1)
    if limit > seasons[0]:
        limit -= limit % seasons[0]
    look_backs = [unit * (1 + member % MEMBERS) for member in range(members)] if members > 1 else [2 * unit]
    reason = f"one, two and three times {unit}" if members > 1 else f"twice {unit}"
    reason += f", whole seasons of {longest} that hold {SHORTEST_LOOK_BACK} steps and half of the horizon"
    if limit < max(look_backs):
        reason += f"; at most {limit}, for which the training part is long enough and memory suffices"
    return tuple(min(look_back, limit) for look_back in look_backs), reason


def _segment(look_back: int, horizon: int, model: Model, season: int) -> int:
    if model.kind != "segmented":
        return 1
    if model.segment is not None:
        return min(model.segment, look_back)
    seasons = season * -(-horizon // season)
    return max(min(max(seasons, min(2 * seasons, -(-look_back // SEGMENTS))), look_back // 2), 1)


def _aligned(panel: Panel, train_end: int, known: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Pairs (target, position in `known`) where the covariate nearly is the target, judged on training rows."""
    # Per pair: the regression of the target on the covariate within series, by sums over each series' rows, and whether
    # the covariate lies nearer to the target than the mean of the series does.
    if not known:
        return ()
    training, series = panel.rows_through(train_end), panel.row_series
    pairs = []
    for target in range(panel.targets.shape[1]):
        for position, column in enumerate(known):
            y, x = panel.targets[:, target].astype(np.float64), panel.future[:, column].astype(np.float64)
            rows = training & np.isfinite(y) & np.isfinite(x)
            if rows.sum() < 30:
                continue
            count = np.maximum(np.bincount(series[rows], minlength=panel.series), 1)
            dy = y[rows] - (np.bincount(series[rows], y[rows], panel.series) / count)[series[rows]]
            dx = x[rows] - (np.bincount(series[rows], x[rows], panel.series) / count)[series[rows]]
            slope = float((dx * dy).sum() / max((dx**2).sum(), 1e-12))
            nearer = np.abs(y[rows] - x[rows]).mean() < np.abs(dy).mean()
            if ALIGNED_SLOPE[0] <= slope <= ALIGNED_SLOPE[1] and nearer:
                pairs.append((target, position))
    return tuple(pairs)


def choose_future(panel: Panel, train_end: int) -> tuple[tuple[str, ...], Choice]:
    """Names of the future covariates that the network reads: the user's own, and the calendar's seen nearly whole.

    Within a part of a year the day of the year only rises, and what is learnt from it is extrapolated.
    """
    days = (train_end - int(panel.start.min()) + 1) * panel.frequency.seconds / DAY
    names = tuple(name for name in panel.future_names if _cycle_of(name) * SHARE_NEEDED <= days)
    left_out = ", ".join(name for name in panel.future_names if name not in names)
    short = f"training spans {days:,.0f} days, not nearly a whole cycle of {left_out}"
    reason = short if left_out else "all that there are"
    return names, Choice(name="future covariates", value=", ".join(names) or "none", reason=reason)


def _cycle_of(name: str) -> float:
    """Days of the cycle that a calendar covariate goes through; 0 for any other covariate."""
    prefix, _, feature = name.partition(":")
    return CYCLE_DAYS.get(feature.rpartition("_")[0], 0.0) if prefix == "calendar" else 0.0


def default_device() -> torch.device:
    """CUDA where there is a GPU, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
