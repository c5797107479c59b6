"""What an exported model reads, made of a series' plain history by numpy alone.

Letters: T steps of a series so far, L look-back of the longest member, H horizon, C targets, M members, P past
covariates, F future covariates, G static covariates.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

SEASONS_BACK = 4  # where a season ago there was no value either, the one before it counts, and so on, so often
STD_FLOOR, LEVEL_FLOOR, PRIOR = 0.05, 1e-4, 1.0
FURTHEST, ROUNDING = 1e-4, 2.4e-7  # of a scale, and of a value in the single precision that networks reckon in

Forecast = Callable[[dict[str, np.ndarray]], np.ndarray]  # from a model's inputs to quantiles (N, H, Q, C)


def forecast_series(
    card: dict[str, Any],
    forecast: Forecast,
    targets: np.ndarray,
    past: np.ndarray | None = None,
    future: np.ndarray | None = None,
    static: np.ndarray | None = None,
) -> np.ndarray:
    """(H, Q, C): the horizon after a series' last step, as a night forecasts it. The rest is as `window_inputs` says.

    Where the last steps of a target were not observed, the model's own forecast of them stands in, and serves as far as
    it reaches. What has never been below zero is not forecast below it, unless the card names a minimum.
    """
    horizon, median = card["contract"]["horizon"], card["contract"]["quantile_levels"].index(0.5)
    targets, steps = np.asarray(targets, np.float64), len(targets)
    bridge, earlier = np.full(targets.shape, np.nan), {}
    for target, column in enumerate(targets.T):
        begin = 1 + max(np.flatnonzero(~np.isnan(column)), default=steps - 1)
        if begin < steps:
            until = None if past is None else past[:begin], None if future is None else future[: begin + horizon]
            earlier[target] = forecast(window_inputs(card, targets[:begin], *until, static))[0, :, :, target]
            gap = bridge[begin : begin + horizon, target]
            gap[:] = earlier[target][: len(gap), median]
    quantiles: np.ndarray = forecast(window_inputs(card, targets, past, future, static, bridge))[0].copy()
    for target, rows in earlier.items():
        reached = rows[steps - 1 - np.flatnonzero(~np.isnan(targets[:, target]))[-1] :]
        quantiles[: len(reached), :, target] = reached
    if card["minimum"] is None:
        never_negative = ~(targets < 0.0).any(axis=0)
        np.maximum(quantiles, 0.0, out=quantiles, where=never_negative)
    return quantiles


def window_inputs(
    card: dict[str, Any],
    targets: np.ndarray,
    past: np.ndarray | None = None,
    future: np.ndarray | None = None,
    static: np.ndarray | None = None,
    bridge: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """The inputs of the one window that ends with the history's last step, by name; each with one row.

    card: `model.json`. targets: (T, C), the whole series from its first step on, NaN where not observed; a step a row
    without holes between them, oldest first. past: (T, P), NaN where missing. future: (T + H, F), of these steps and
    the horizon. static: (G), numbers, or places in `static_categories` of the card. bridge: (T, C), what stands in
    first of all for targets that were not observed, NaN where nothing does.
    """
    horizon, members, logs = card["contract"]["horizon"], card["members"], np.array(card["logs"])
    longest = max(member["look_back"] for member in members)
    values = np.asarray(targets, np.float64)
    values = np.where(logs & ~(values > 0.0), np.nan, values)  # what has no logarithm counts as not observed
    ways = card["imputations"] or [{"season": 0, "carried": 0}] * len(logs)
    filled = np.stack([fill(column, **way) for column, way in zip(values.T, ways, strict=True)], axis=1)
    if bridge is not None:
        filled = np.where(np.isnan(values) & ~np.isnan(bridge), bridge, filled)
    read, newest = (np.where(logs, np.log(np.where(logs, part, 1.0)), part) for part in (values, filled[-1]))
    scales = [level_and_scale(read, newest, member["look_back"], member["normalisation"]) for member in members]
    level, scale = np.stack(scales, axis=1)
    inputs = {"history": newest_steps(filled, longest), "level": level, "scale": scale}
    if members[0]["kind"] != "textbook":
        inputs["observed"] = newest_steps(values, longest) == inputs["history"]
        for name, rows, steps in (("past", past, longest), ("future", future, longest + horizon)):
            if card[f"{name}_names"]:
                inputs[name] = newest_steps(np.asarray(rows, np.float64), steps)
        if card["static_names"]:
            inputs["static"] = np.asarray(static, np.float64)
    return {name: value[None] for name, value in inputs.items()}


def newest_steps(rows: np.ndarray, steps: int) -> np.ndarray:
    """(steps, columns): the last rows, behind NaN where there are fewer."""
    return np.concatenate([np.full((max(steps - len(rows), 0), rows.shape[1]), np.nan), rows[-steps:]])


def fill(values: np.ndarray, season: int, carried: int) -> np.ndarray:
    """(T): one target with its gaps filled; NaN before the first observation.

    A gap takes the last observation, but from `carried` steps after that on, where there is a season (in steps), what
    was observed whole seasons before.
    """
    filled, last = values.copy(), -1
    for step in range(len(values)):
        if not np.isnan(values[step]):
            last = step
        elif last >= 0:
            seasons_ago = [step - back * season for back in range(1, SEASONS_BACK + 1) if step >= back * season]
            usable = [place for place in seasons_ago if not np.isnan(values[place])]
            by_season = season > 0 and step - last > carried and len(usable) > 0
            filled[step] = values[usable[0] if by_season else last]
    return filled


def level_and_scale(
    values: np.ndarray, newest: np.ndarray, look_back: int, normalisation: str
) -> tuple[np.ndarray, np.ndarray]:
    """((C) level, (C) scale) of the window that ends with the last of the values (T, C), by what was observed so far.

    `mean_std`: mean and standard deviation of the look-back, in which the variance of the series so far counts as one
    more step. `last_value`: the newest value (C; filled where not observed) and the standard deviation of the series so
    far. `series`: mean and standard deviation of the series so far. Values are logarithms where the model forecasts
    logarithms.
    """
    levels, scales = np.zeros(values.shape[1]), np.ones(values.shape[1])
    for target, column in enumerate(values.T):
        seen, inside = column[~np.isnan(column)], column[-look_back:][~np.isnan(column[-look_back:])]
        if not len(seen):
            continue
        level, width = seen.mean(), seen.std()
        if normalisation == "last_value":
            level = newest[target]
        elif normalisation == "mean_std":
            level = inside.mean() if len(inside) else seen[-1]
            squares = len(inside) * inside.var() if len(inside) else 0.0
            width = np.sqrt((squares + PRIOR * seen.var()) / (len(inside) + PRIOR))
        scale = max(width, STD_FLOOR * seen.std(), LEVEL_FLOOR * abs(seen.mean()))
        levels[target], scales[target] = level, scale or 1.0
    return levels, scales


def calendar(names: Sequence[str], times: np.ndarray) -> dict[str, np.ndarray]:
    """The covariates that follow from the time, by name, each (T): sine and cosine of the place in a cycle.

    names: `future_names` of the card, of which those that begin with `calendar:` are answered, but for holidays. times:
    datetime64 (T), the steps by the clock of the model's time zone.
    """
    days = times.astype("datetime64[D]")
    shares = {
        "hour": (times - days) / np.timedelta64(1, "D"),
        "weekday": (days.astype(np.int64) + 3) % 7 / 7,  # Monday is 0
        "yearday": (days - days.astype("datetime64[Y]")).astype(np.int64) / 365.2425,
        "month": days.astype("datetime64[M]").astype(np.int64) % 12 / 12,
    }
    columns: dict[str, np.ndarray] = {}
    for cycle, share in shares.items():
        columns |= {
            f"calendar:{cycle}_sin": np.sin(2 * np.pi * share),
            f"calendar:{cycle}_cos": np.cos(2 * np.pi * share),
        }
    return {name: columns[name] for name in names if name in columns}


def distance(
    card: dict[str, Any], inputs: Mapping[str, np.ndarray], quantiles: np.ndarray, expected: np.ndarray
) -> np.ndarray:
    """(N, C): the largest difference of two forecasts (N, H, Q, C) of the same windows, in scales of these.

    Where `expected` is NaN nothing is compared; where the other alone is NaN, the difference is.
    """
    unit = np.where(card["logs"], np.abs(expected), 1.0)  # of a target by its logarithm: a share of its value
    apart = np.abs(quantiles - expected) / (inputs["scale"][:, 0][:, None, None] * unit)
    largest: np.ndarray = np.where(np.isnan(expected), 0.0, apart).max(axis=(1, 2))
    return largest


def allowed(inputs: Mapping[str, np.ndarray]) -> np.ndarray:
    """(N, C): how far apart two forecasts may be, in scales: what single precision makes of large values, and 1e-4."""
    return np.asarray(FURTHEST + ROUNDING * np.abs(inputs["level"][:, 0] / inputs["scale"][:, 0]))
