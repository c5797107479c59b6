"""Shards of a panel: each is forecast without the others, and gives what the whole panel at once would give."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from kept_bytes import Folder

from lstm.compute import kept_parts
from lstm.compute.executor import Executor, InOrder
from lstm.compute.local_workers import Processes
from lstm.config import Calendar, Quality, Serving
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.model.baselines.model import BaselineModel
from lstm.model.serving import shards as shards_module
from lstm.model.serving.forecast_rows import Served
from lstm.model.serving.serve import Rules, Server, serve
from lstm.model.serving.shards import placed, shards, with_peers
from panels import make_panel
from trainings import LEVELS, made_of

CPU = torch.device("cpu")
SEASONAL = BaselineModel("seasonal_naive", 7, LEVELS, None)


def uneven() -> Panel:
    """Series of different lengths with holes: one borrows bands of its peers, one ends late, one has a single spike."""
    rng = np.random.default_rng(5)
    lengths = [160, 150, 120, 155, 149, 160, 12, 158, 60]
    histories = {f"s{place}": rng.normal(50, 5, length) for place, length in enumerate(lengths)}
    histories["s2"][70] = 1e6
    panel = make_panel(histories, horizon=3, cutoff=159, ends={"s4": 157})
    values = panel.targets.copy()
    values[rng.random(values.shape) < 0.05] = np.nan
    return replace(panel, targets=values, calendar=Calendar())


PANEL = uneven()


@pytest.fixture(scope="module")
def model():
    return made_of(with_calendar(PANEL))


@pytest.fixture(params=[1, 350, 1 << 20], ids=["a series each", "a few", "one"])
def size(request, monkeypatch) -> int:
    """Steps of a shard at most."""
    monkeypatch.setattr(shards_module, "SHARD_STEPS", request.param)
    return int(request.param)


def test_shards_hold_consecutive_series_with_the_calendar_and_all_of_them(size):
    parts = list(shards(PANEL))
    assert len(parts) == {1: 9, 1 << 20: 1}.get(size, len(parts))
    assert [name for part in parts for name in part.panel.names] == list(PANEL.names)
    assert [part.first for part in parts] == np.cumsum([0, *(part.panel.series for part in parts[:-1])]).tolist()
    assert np.array_equal(np.concatenate([part.panel.future for part in parts]), with_calendar(PANEL).future)
    values = np.arange(PANEL.series)
    assert np.concatenate([part.part_of(values) for part in parts]).tolist() == values.tolist()


@pytest.mark.parametrize("which", ["served", "ridge", "baseline"])
def test_shards_give_the_forecasts_of_the_whole_panel_bit_for_bit(size, model, which):
    asked = SEASONAL if which == "baseline" else model
    series = np.arange(PANEL.series)
    rows = PANEL.row_of(series, PANEL.cutoff)
    whole = asked.forecast(with_calendar(PANEL), series, rows, which=which, device=CPU)
    told = with_peers(asked, PANEL, series, rows)
    parts = [
        placed(told, part.before).forecast(part.panel, part.series, part.rows, which=which, device=CPU)
        for part in shards(PANEL)
    ]
    assert np.array_equal(np.concatenate(parts), whole, equal_nan=True)


def served(model, executor: Executor, keeper=None) -> Served:
    worse = np.full((PANEL.series, 1), None, object)
    worse[5] = "worse than the seasonal naive"
    rules = Rules(Quality(), Serving(), SEASONAL, CPU, 14, worse)
    return serve(PANEL, Server(model, "champion", 4), rules, executor, keeper)


def equal(one: Served, other: Served) -> bool:
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name), equal_nan=field.name == "quantiles")
        for field in fields(Served)
    )


def test_who_serves_is_the_same_in_shards_of_any_size(size, model, monkeypatch):
    """The short series, the one that was worse, and the one with a spike, which is not repeated."""
    parts = served(model, InOrder())
    monkeypatch.setattr(shards_module, "SHARD_STEPS", 1 << 20)
    assert equal(parts, served(model, InOrder()))
    assert parts.method[[5, 6], 0].tolist() == ["baseline:seasonal_naive"] * 2
    assert parts.quantiles[2].max() < 1_000


def test_a_run_that_is_killed_goes_on_after_the_shards_that_are_done(model, monkeypatch):
    """Law: to the same bits, and no shard is served twice."""
    whole = served(model, InOrder())
    monkeypatch.setattr(shards_module, "SHARD_STEPS", 1)
    monkeypatch.setattr(kept_parts, "SECONDS_BETWEEN", 0.0)
    folder = Folder(killed_after=4)
    with pytest.raises(KeyboardInterrupt):
        served(model, InOrder(), folder)
    assert list(folder.kept) == ["0", "1", "2", "3"]
    first_bytes, folder.killed_after = dict(folder.kept), 99
    assert equal(served(model, InOrder(), folder), whole)
    assert list(folder.kept) == [str(series) for series in range(9)]
    assert all(folder.kept[name] is content for name, content in first_bytes.items())


def test_one_shard_is_not_kept(model):
    folder = Folder(killed_after=0)
    served(model, InOrder(), folder)
    assert not folder.kept


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 7])
def test_any_number_of_workers_serves_the_same(workers, model, monkeypatch):
    """Law: equal to the bit."""
    whole = served(model, InOrder())
    monkeypatch.setattr(shards_module, "SHARD_STEPS", 1)
    with Processes(workers) as processes:
        assert equal(served(model, processes), whole)
