"""Small models of every kind, with all that a panel can have, to be exported."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from lstm.config import Model
from lstm.data.panel.panel import Panel
from lstm.export.alone.exported_model import ExportedModel, build
from lstm.export.alone.window_inputs import allowed, distance
from lstm.export.exporting import exported_weights
from lstm.export.formats.torch_weights import forecasts_of
from lstm.export.sample_windows import Sample, forecast_sample
from lstm.model.forecaster.forecaster import Forecaster
from panels import make_panel
from trainings import made_of

QUICK = {"epoch_steps": 3, "max_epochs": 1, "batch_size": 32}
# By name: settings of the model, and what is done to the panel.
KINDS: dict[str, dict[str, Any]] = {
    "segmented": {"members": 2, "transform": "identity", "normalisation": "last_value", "channels": "joint"},
    "shared": {"look_back": 20, "members": 1, "transform": "log", "normalisation": "mean_std", "channels": "shared"},
    "attentive": {
        "look_back": 20, "members": 1, "attention": True, "bidirectional": True, "transform": "identity",
        "normalisation": "mean_std", "channels": "joint",
    },
    "stepwise": {
        "kind": "stepwise", "look_back": 12, "members": 1, "bidirectional": True, "attention": True, "layers": 2,
        "loss": "huber", "transform": "identity", "normalisation": "last_value", "channels": "shared",
    },
    "textbook": {"kind": "textbook", "look_back": 14, "members": 2, "layers": 2, "transform": "log"},
}  # fmt: skip


def rich_panel(*, level: float = 0.0, dtype: type = np.float32) -> Panel:
    """Four series of days: two targets with gaps, a past covariate, a plan that nearly is `y`, a weekday, statics.

    Series c has ten steps, fewer than any look-back, of which the first two were observed in no target and the next two
    in one; its plan is known ahead only. The newest values are missing: of
    `z` of b, of both targets of c, and of d for longer than the horizon. Covariates have holes. level: is added to the
    targets.
    """
    draw = np.random.default_rng(0)
    week = np.tile([5.0, 3, 4, 6, 8, 12, 9], 30)
    lengths = {"a": 200, "b": 200, "c": 10, "d": 150}
    histories = {name: 10.0 * rank + week[:length] for rank, (name, length) in enumerate(lengths.items(), start=2)}
    panel = make_panel(histories, horizon=5, cutoff=200, dtype=dtype)
    steps, rows = panel.steps, panel.indptr[1:] - panel.horizon
    y = panel.targets[:, 0].astype(np.float64) + draw.normal(size=steps)
    targets = np.stack([y, 0.5 * y + draw.normal(size=steps)], axis=1) + level
    plan = np.where(np.isnan(y), 10.0, y) + draw.normal(size=steps) * 0.5 + level
    targets[draw.random(targets.shape) < 0.1] = np.nan
    targets[panel.indptr[:-1]] = 20.0 + level
    targets[panel.indptr[2] : panel.indptr[2] + 2] = np.nan
    targets[panel.indptr[2] : panel.indptr[2] + 4, 1] = np.nan
    targets[rows - 1] = 25.0 + level
    targets[rows[1] - 3 : rows[1], 1] = np.nan
    targets[rows[2] - 2 : rows[2]] = np.nan
    targets[rows[3] - 7 : rows[3]] = np.nan
    past = draw.normal(size=(steps, 1))
    turn = 2 * np.pi * ((panel.ordinals + 3) % 7) / 7
    future = np.stack([plan, np.sin(turn), np.cos(turn)], axis=1)
    for holes in (past, future[:, :1]):
        holes[draw.random(steps) < 0.05] = np.nan
    future[panel.indptr[2] : rows[2], 0] = np.nan
    return replace(
        panel,
        targets=targets.astype(dtype),
        past=past.astype(np.float32),
        future=future.astype(np.float32),
        static=np.array([[0.0, 3.5], [1.0, np.nan], [1.0, 7.0], [0.0, 1.0]], np.float32),
        target_names=("y", "z"),
        past_names=("wind",),
        future_names=("plan", "calendar:weekday_sin", "calendar:weekday_cos"),
        static_names=("region", "size"),
        categories=(("north", "south"), ()),
        keys=pa.table({"id": pa.array(["a", "b", "c", "d"])}),
    )


@cache
def model_of(kind: str) -> Forecaster:
    """A model of the rich panel, whose weights are changed by chance: after so few steps most would still be zero."""
    trained = made_of(rich_panel(), model=Model(**KINDS[kind]), training=QUICK)
    draw = torch.Generator().manual_seed(1)
    weights = {
        name: tensor + 0.05 * torch.randn(tensor.shape, generator=draw) for name, tensor in trained.weights.items()
    }
    return Forecaster(trained.card, weights)


@cache
def sample_of(kind: str) -> Sample:
    """Its forecasts of the rich panel, with the windows."""
    return forecast_sample(model_of(kind), rich_panel(), "of a test")


def card_of(model: Forecaster) -> dict[str, Any]:
    """`model.json` as plain JSON."""
    card: dict[str, Any] = json.loads(model.card.model_dump_json())
    return card


def module_of(kind: str) -> ExportedModel:
    """The exported module of a kind."""
    return build(card_of(model_of(kind)), exported_weights(model_of(kind)))


def in_torch(kind: str) -> np.ndarray:
    """(N, H, Q, C): what the exported module forecasts for the windows of its sample."""
    return forecasts_of(module_of(kind))(sample_of(kind).inputs)


def far_apart(sample: Sample, quantiles: np.ndarray) -> bool:
    """Whether forecasts of a sample's windows are not those of the sample, where these end in time."""
    windows = {name: rows[sample.arrays["in_time"]] for name, rows in sample.inputs.items()}
    expected = sample.arrays["expected"][sample.arrays["in_time"]]
    return bool(
        (distance(sample.card, windows, quantiles[sample.arrays["in_time"]], expected) > allowed(windows)).any()
    )
