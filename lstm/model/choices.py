"""The automatic rules: what the pipeline file leaves out follows from the data, each choice with its reason."""

from dataclasses import dataclass

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict

from lstm.config import Model
from lstm.data.frequency import DAY
from lstm.data.panel import Panel
from lstm.data.windows import Windows

SHORTEST_LOOK_BACK = 28
TEXTBOOK_HIDDEN = 50
SEGMENTED_HIDDEN = 64
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
class Shape:
    """What the network is built with. known: positions of the user's future covariates in `Panel.future`."""

    look_back: int
    segment: int
    hidden: int
    known: tuple[int, ...]
    aligned: tuple[tuple[int, int], ...]
    choices: tuple[Choice, ...]


def choose_shape(panel: Panel, windows: Windows, model: Model, seasons: tuple[int, ...]) -> Shape:
    """Look-back, segment and the role of each covariate, from the pipeline file or by rule."""
    look_back, why_look_back = _look_back(panel, windows, model, seasons)
    segment = model.segment or (seasons[0] if seasons[0] > 1 else panel.horizon)
    segment = min(segment, look_back)
    hidden = model.hidden or (TEXTBOOK_HIDDEN if model.kind == "textbook" else SEGMENTED_HIDDEN)
    known = tuple(i for i, name in enumerate(panel.future_names) if not name.startswith("calendar:"))
    aligned = _aligned(panel, windows.splits.train_end, known)
    pairs = ", ".join(f"{panel.future_names[known[k]]} for {panel.target_names[c]}" for c, k in aligned)
    choices = (
        Choice(name="look_back", value=str(look_back), reason=why_look_back),
        Choice(
            name="segment", value=str(segment), reason=_fixed(model.segment) or "the shortest season, else the horizon"
        ),
        Choice(
            name="aligned",
            value=pairs or "none",
            reason="future covariates that move with the target in its own unit, slope between 0.5 and 2, and lie "
            "nearer to it than the series' mean does",
        ),
    )
    return Shape(look_back, segment, hidden, known, aligned, choices)


def _fixed(value: object) -> str:
    return "the pipeline file" if value is not None else ""


def _look_back(panel: Panel, windows: Windows, model: Model, seasons: tuple[int, ...]) -> tuple[int, str]:
    if model.look_back is not None:
        return model.look_back, "the pipeline file"
    wanted = max(2 * seasons[-1], 2 * panel.horizon, SHORTEST_LOOK_BACK)
    lengths = np.maximum(windows.splits.train_end - panel.start + 1, 1)
    limit = max(int(np.percentile(lengths, 20)) // 2, 1)
    look_back = min(wanted, limit)
    if seasons[0] > 1 and look_back > seasons[0]:
        look_back -= look_back % seasons[0]
    why = f"two of the longest season ({seasons[-1]}) and of the horizon, at least {SHORTEST_LOOK_BACK}"
    return look_back, why + (
        f"; at most half of the 20th percentile of the training length, {limit}" if limit < wanted else ""
    )


def _aligned(panel: Panel, train_end: int, known: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Pairs (target, position in `known`) where the covariate nearly is the target, judged on training rows."""
    training = panel.ordinals <= train_end
    series = panel.row_series
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
