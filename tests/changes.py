"""Two nights made by hand: what each published, and the change between them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lstm.data.panel.panel import Panel
from lstm.evaluation.change.attribution import Change, Parts, attribute
from lstm.evaluation.change.published import NOBODY, Maker, Published

V1, V2 = Maker("champion", 1), Maker("champion", 2)
NAIVE = Maker("baseline:naive", None)


def published(median: Any, makers: tuple[Maker, ...] = (V1,), maker: Any = 0) -> Published:
    """median: (S, H, C), or what becomes it. maker: (S, C) or one for all; nobody where nothing is known."""
    values: np.ndarray = np.asarray(median, dtype=np.float64)
    who = np.broadcast_to(np.asarray(maker), (len(values), values.shape[2]))
    return Published(values, np.where(np.isnan(values).all(axis=1), NOBODY, who), makers)


def change_of(last: Published, tonight: Published, **fields: Any) -> Change:
    """Every series usually moves by 2 in a season of 7; by default all of the change came with the data."""
    nothing: np.ndarray = np.zeros_like(last.median)
    shape = (len(nothing), nothing.shape[2])
    moved = tonight.median - last.median
    change = Change(
        run_id="small.retrain.20240429T000000Z",
        cutoff=8,
        last=last,
        tonight=tonight,
        parts=Parts(moved, np.where(np.isnan(moved), np.nan, nothing), np.where(np.isnan(moved), np.nan, nothing)),
        scale=np.full(shape, 2.0),
        season=7,
        counted=np.ones(shape[0], bool),
    )
    return replace(change, **fields)


def in_parts(data: Any, covariates: Any, model: Any, last: Any = 100.0, **fields: Any) -> Change:
    """A change from parts (S, H, C), by v1 last night and v2 tonight."""
    steps = [np.asarray(part, dtype=np.float64) for part in (data, covariates, model)]
    begin = np.broadcast_to(np.asarray(last, dtype=np.float64), steps[0].shape)
    after = [begin, begin + steps[0], begin + steps[0] + steps[1], begin + sum(steps)]
    return change_of(published(begin), published(after[3], (V2,)), **{"parts": attribute(*after), **fields})


def known_ahead(panel: Panel, values: Sequence[float] | np.ndarray, name: str = "plan") -> Panel:
    """The panel with one future covariate. values: (T)."""
    return replace(panel, future=np.asarray(values, np.float32)[:, None], future_names=(name,))
