"""The contest: every contestant on the same origins, each as it would have forecast then."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from kept_bytes import Folder

from lstm.compute import kept_parts
from lstm.compute.executor import InOrder
from lstm.compute.local_workers import Processes
from lstm.config import Evaluation
from lstm.data.panel.panel import Panel
from lstm.data.panel.windows import Splits, Windows, plan_splits
from lstm.errors import EvaluationError
from lstm.evaluation.backtest import contest as contest_module
from lstm.evaluation.backtest import window_blocks
from lstm.evaluation.backtest.contest import Baselines, Workplace, contest, held_out, knowable
from lstm.evaluation.backtest.score import truth
from lstm.evaluation.backtest.scored import Scored
from lstm.model.baselines.methods import BASELINES
from lstm.model.baselines.model import BaselineModel
from lstm.model.forecaster.forecaster import Which
from panels import make_panel, windows_of_splits
from trainings import made_of, windows_of

CPU = torch.device("cpu")
LEVELS = (0.1, 0.5, 0.9)
NAN = np.nan
CHEAP = {"baseline:naive", "baseline:seasonal_naive", "baseline:seasonal_average"}


class Last:
    """A model that repeats the last value that it can see, and needs three steps."""

    trained_through = served_through = tuned_through = ""
    steps_needed = 3
    has_ridge = False

    def forecast(self, panel, series, rows, *, which, device):
        assert which in ("evaluated", "ridge")
        last = panel.targets[rows].astype(np.float64)
        return np.repeat(np.repeat(last[:, None, None], panel.horizon, 1), len(LEVELS), 2)

    def too_short(self, panel, series, rows):
        return rows - panel.indptr[series] + 1 < self.steps_needed

    def unreadable(self, panel, series, rows):
        return np.array([[bool(panel.targets[row, 0] == 7)] for row in rows])  # sevens, say

    def readable(self, panel):
        return panel


NO_SPLITS = Splits(0, 0, 0, 0, 0, 0)  # a contest reads none


def windows_at(panel: Panel, *places: tuple[int, int]) -> Windows:
    """Windows of (series, ordinal of the cutoff)."""
    series = np.array([place[0] for place in places])
    rows = panel.row_of(series, np.array([place[1] for place in places]))
    return Windows(series, rows, np.full(len(rows), 2, np.int8), NO_SPLITS)


def scores(panel: Panel, test: Windows, models, **options):
    as_of, executor = options.pop("as_of", None), options.pop("executor", InOrder())
    workplace = Workplace(CPU, executor, keeper=options.pop("keeper", None))
    settings: dict[str, Any] = {"season": 2, "levels": LEVELS} | options
    scale = np.ones((panel.series, len(panel.target_names)))
    return contest(panel, test, models, Baselines(**settings), scale=scale, workplace=workplace, as_of=as_of)


def held(panel: Panel, test: Windows, models, **options):
    """The forecasts (N, H, Q, C) that a contest scores, in the order of the windows; these are sorted by series."""
    parts: dict[tuple[int, int], dict[str, np.ndarray]] = {}

    def listen(block, contestants, rules):
        forecasts = window_blocks.forecast_block(block, contestants, rules)
        for place, (series, cutoff) in enumerate(zip(block.series + block.first, block.cutoffs, strict=True)):
            parts[series, cutoff] = {name: forecast[place] for name, forecast in forecasts.items()}
        return window_blocks.score_block(block, contestants, rules)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contest_module, "score_block", listen)
        names = list(scores(panel, test, models, **options))
    windows = zip(test.series, panel.ordinal_of(test.series, test.row), strict=True)
    in_order = [parts[window] for window in windows]
    return {name: np.stack([of_window[name] for of_window in in_order]) for name in names}


def first(forecasts, name: str) -> list[float]:
    """Medians of the first step of each window."""
    medians: list[float] = forecasts[name][:, 0, 1, 0].tolist()
    return medians


def test_models_and_the_cheap_baselines_are_always_there():
    panel = make_panel({"a": [1, 2, 3, 4, 5]}, horizon=1, cutoff=4)
    forecasts = held(panel, windows_at(panel, (0, 3)), {"challenger": Last(), "champion": Last()})
    assert set(forecasts) == {"challenger", "champion"} | CHEAP
    assert {name: first(forecasts, name) for name in ("champion", "baseline:naive", "baseline:seasonal_naive")} == {
        "champion": [4.0], "baseline:naive": [4.0], "baseline:seasonal_naive": [3.0],
    }  # fmt: skip


def test_what_is_too_short_is_scored_as_it_is_served():
    """Two steps where three are needed: the seasonal naive's 1, not the model's 2."""
    panel = make_panel({"a": [1, 2, 3, 4, 5]}, horizon=1, cutoff=4)
    forecasts = held(panel, windows_at(panel, (0, 1), (0, 2)), {"challenger": Last()})
    assert first(forecasts, "challenger") == [1.0, 3.0]


def test_what_a_model_cannot_read_is_scored_as_it_is_served():
    """It cannot read a seven: the seasonal naive's 3 there, and its own 5 a step later."""
    panel = make_panel({"a": [1, 2, 3, 7, 5, 6]}, horizon=1, cutoff=5)
    forecasts = held(panel, windows_at(panel, (0, 3), (0, 4)), {"challenger": Last()})
    assert first(forecasts, "challenger") == [3.0, 5.0]


def test_without_versions_the_contest_is_that_of_the_models_themselves_bit_for_bit():
    """Law: what the model, its ridge regression and the baselines answer for all windows at once."""
    rng = np.random.default_rng(1)
    panel = make_panel({name: 50 + rng.normal(size=120) for name in "abc"}, horizon=7, cutoff=119)
    model, test = made_of(panel), windows_of(panel).of("test")
    forecasts = held(panel, test, {"challenger": model}, season=7)
    weights: tuple[tuple[Which, str], ...] = (("evaluated", "challenger"), ("ridge", "baseline:ridge"))
    for which, name in weights:
        alone = model.forecast(panel, test.series, test.row, which=which, device=CPU)
        np.testing.assert_array_equal(forecasts[name], alone)
    for name, baseline in BASELINES.items():
        alone = baseline(panel, test.series, panel.ordinals[test.row], LEVELS, 7)
        np.testing.assert_array_equal(forecasts[f"baseline:{name}"], alone)


def test_versions_that_were_never_revised_change_no_model():
    """Law: where everything was known at once, a replayed origin is the origin; baselines know more errors by then."""
    rng = np.random.default_rng(1)
    panel = make_panel({name: 50 + rng.normal(size=120) for name in "abc"}, horizon=7, cutoff=119)
    model, test = made_of(panel), windows_of(panel).of("test")
    plain = held(panel, test, {"challenger": model}, season=7)
    steps = np.flatnonzero(panel.observed[:, 0])
    known = pa.table({"step": steps, "known_at": np.zeros(len(steps), np.int64), "y": panel.targets[steps, 0]})
    replayed = held(panel.with_versions({"source": known}), test, {"challenger": model}, season=7)
    np.testing.assert_allclose(replayed["challenger"], plain["challenger"], rtol=1e-6)
    np.testing.assert_array_equal(replayed["baseline:naive"][:, :, 1], plain["baseline:naive"][:, :, 1])


def revised() -> Panel:
    """Five days 1 to 5, each known at the next midnight; that of ordinal 3 was 40 until ordinal 5 began, then 4."""
    panel = make_panel({"a": [1, 2, 3, 4, 5]}, horizon=1, cutoff=4)
    day = 86_400_000_000
    known = [days * day for days in (1, 2, 3, 4, 5, 5)]
    table = {"step": [0, 1, 2, 3, 3, 4], "known_at": known, "y": [1.0, 2.0, 3.0, 40.0, 4.0, 5.0]}
    return panel.with_versions({"source": pa.table(table)})


def test_an_origin_reads_the_first_version_and_is_scored_by_the_newest():
    """At the origin of ordinal 3 the value was 40, and everybody forecasts from it; the truth of ordinal 3 is 4."""
    panel = revised()
    test = windows_at(panel, (0, 2), (0, 3))
    forecasts = held(panel, test, {"challenger": Last()})
    assert first(forecasts, "challenger") == [3.0, 40.0]
    assert first(forecasts, "baseline:naive") == [3.0, 40.0]
    assert first(forecasts, "baseline:seasonal_average") == [2.0, 2.0]
    assert truth(panel, test.series, panel.ordinals[test.row])[:, 0, 0].tolist() == [4.0, 5.0]


def test_a_later_run_knows_more_of_each_origin():
    """A run that starts a day and more after its cutoff's end has the correction by then, at every origin."""
    from datetime import UTC, datetime

    panel = revised()
    forecasts = held(
        panel, windows_at(panel, (0, 3)), {"challenger": Last()}, as_of=datetime(1970, 1, 7, 1, tzinfo=UTC)
    )
    assert first(forecasts, "challenger") == [4.0]


def test_windows_of_which_nothing_was_known_are_left_out():
    """b began at ordinal 2, and its rows came at the end of ordinal 4: at the origins before nobody knew its level."""
    panel = make_panel({"a": [1, 2, 3, 4, 5], "b": [7, 8, 9]}, horizon=1, cutoff=4)
    day = 86_400_000_000
    steps = np.flatnonzero(panel.observed[:, 0])
    since = np.array([1, 2, 3, 4, 5, 5, 5, 5]) * day
    panel = panel.with_versions({"source": pa.table({"step": steps, "known_at": since, "y": panel.targets[steps, 0]})})
    test = windows_at(panel, (0, 1), (0, 3), (1, 3), (1, 4))
    kept = knowable(panel, test)
    assert list(zip(kept.series.tolist(), panel.ordinals[kept.row].tolist(), strict=True)) == [(0, 1), (0, 3), (1, 4)]
    with pytest.raises(EvaluationError, match="no origin of the backtest has a value"):
        knowable(panel, windows_at(panel, (1, 3)))


class NoRidge(Last):
    """A challenger whose ridge regression has no finite forecast."""

    has_ridge = True

    def forecast(self, panel, series, rows, *, which, device):
        forecast = super().forecast(panel, series, rows, which=which, device=device)
        return forecast * np.inf if which == "ridge" else forecast


def test_a_ridge_regression_that_is_not_finite_takes_no_part():
    panel = make_panel({"a": [1, 2, 3, 4, 5]}, horizon=1, cutoff=4)
    assert "baseline:ridge" not in held(panel, windows_at(panel, (0, 3)), {"challenger": NoRidge()})


def test_methods_of_statsforecast_take_part_where_asked_for_and_complete(monkeypatch, caplog):
    """What the library has no forecast of gets the seasonal naive's; without the extra they are left out."""
    panel = make_panel({"a": [1, 2, 3, 4, 5], "b": [1, 2, 3, 4, 5]}, horizon=1, cutoff=4)

    def half(panel, series, cutoffs, levels, season):
        forecast = np.full((len(series), panel.horizon, len(levels), 1), 9.0)
        forecast[series == 1] = NAN
        return forecast

    monkeypatch.setattr("lstm.model.baselines.model.STATISTICAL", {"theta": half})
    test = windows_at(panel, (0, 3), (1, 3))
    assert "baseline:theta" not in held(panel, test, {})
    assert first(held(panel, test, {}, statistical=("theta",)), "baseline:theta") == [9.0, 3.0]
    monkeypatch.setattr(contest_module, "statsforecast_installed", lambda: False)
    assert "baseline:theta" not in held(panel, test, {}, statistical=("theta",))
    assert "theta left out: the extra statsforecast is not installed" in caplog.text


def uneven(targets: int) -> Panel:
    """Series of different lengths, of which one has too few errors and borrows; with holes, also where windows end."""
    rng = np.random.default_rng(5)
    lengths = [160, 150, 120, 155, 149, 160, 20, 158, 60]
    histories = {f"s{place}": rng.normal(50, 5, length) for place, length in enumerate(lengths)}
    panel = make_panel(histories, horizon=3, cutoff=159)
    values = np.column_stack([panel.targets[:, 0] * (1 + target) for target in range(targets)])
    values[rng.random(values.shape) < 0.05] = NAN
    return replace(panel, targets=values.astype(np.float32), target_names=("y", "z")[:targets])


def same(scored: dict[str, Scored], others: dict[str, Scored]) -> bool:
    """Whether all sums are equal to the bit."""
    assert list(scored) == list(others)
    return all(
        np.array_equal(scored[name].sums[error], others[name].sums[error])
        and np.array_equal(scored[name].covered, others[name].covered)
        for name in scored
        for error in scored[name].sums
    )


@pytest.mark.parametrize("targets", [1, 2])
@pytest.mark.parametrize("versions", [False, True])
def test_blocks_of_series_give_the_scores_of_all_at_once(monkeypatch, targets, versions):
    """Law: equal to the bit, in blocks of one, of a few and of all; borrowed bands come from the whole panel."""
    panel = uneven(targets)
    model, test = made_of(panel), windows_of(panel).of("test")
    if versions:
        steps = np.flatnonzero(panel.observed.all(axis=1))
        table = {"step": steps, "known_at": np.zeros(len(steps), np.int64)}
        table |= {name: panel.targets[steps, place] for place, name in enumerate(panel.target_names)}
        panel = panel.with_versions({"source": pa.table(table)})
    models = {"challenger": model, "champion": BaselineModel("seasonal_average", 7, LEVELS, None)}
    whole = scores(panel, test, models, season=7)
    assert "baseline:ridge" in whole
    for block_bytes, fewest in ((1, 9), (6_000 * targets, 3)):
        monkeypatch.setattr(window_blocks, "BLOCK_BYTES", block_bytes)
        counted = list(window_blocks.blocks(panel, panel, test.series, test.row, np.ones((9, targets)), len(LEVELS)))
        assert fewest <= len(counted) <= 9
        assert same(scores(panel, test, models, season=7), whole)


def test_a_contest_that_is_killed_goes_on_after_the_blocks_that_are_done(monkeypatch):
    """Law: to the same bits, and no block is scored twice."""
    panel = uneven(1)
    models, test = {"challenger": made_of(panel)}, windows_of(panel).of("test")
    whole = scores(panel, test, models, season=7)
    monkeypatch.setattr(window_blocks, "BLOCK_BYTES", 1)
    monkeypatch.setattr(contest_module, "KEPT_FROM", 0)
    monkeypatch.setattr(kept_parts, "SECONDS_BETWEEN", 0.0)
    folder = Folder(killed_after=4)
    with pytest.raises(KeyboardInterrupt):
        scores(panel, test, models, season=7, keeper=folder)
    first_bytes, folder.killed_after = dict(folder.kept), 99
    assert len(first_bytes) == 4
    assert same(scores(panel, test, models, season=7, keeper=folder), whole)
    assert len(folder.kept) == 9
    assert all(folder.kept[name] is content for name, content in first_bytes.items())


@pytest.mark.slow
@pytest.mark.parametrize("workers", [2, 7])
def test_any_number_of_workers_gives_the_same_scores(monkeypatch, workers):
    """Law: equal to the bit; blocks of which each window is fitted anew are smaller, so that all workers have some."""
    panel = uneven(1)
    models, test = {"challenger": made_of(panel)}, windows_of(panel).of("test")
    whole = scores(panel, test, models, season=7, statistical=("theta",))
    monkeypatch.setattr(contest_module, "BLOCK_FITS", 3)
    with Processes(workers) as processes:
        assert same(scores(panel, test, models, season=7, statistical=("theta",), executor=processes), whole)
        assert len(processes._idle) == min(workers, panel.series)


def test_blocks_at_once_are_no_more_than_memory_has_room_for():
    """Four contestants of two blocks of 16 MiB and a process of 400 MB are 534 MB; a GPU has room for one block."""
    assert Workplace(CPU, free_memory=1_100_000_000).at_once(4) == 2
    assert Workplace(CPU).at_once(4) is None
    assert Workplace(torch.device("cuda")).at_once(4) == 1


def test_what_short_series_borrow_in_a_block_is_what_they_borrow_among_all(monkeypatch):
    """Law: a block of the shortest series alone has the bands that it has beside its peers."""
    panel = uneven(1)
    test = windows_of(panel).of("test")
    of_short = test.series == 6
    together = held(panel, test, {}, season=7)["baseline:naive"][of_short]
    monkeypatch.setattr(window_blocks, "BLOCK_BYTES", 1)
    np.testing.assert_array_equal(held(panel, test, {}, season=7)["baseline:naive"][of_short], together)
    alone = Windows(test.series[of_short], test.row[of_short], test.split[of_short], test.splits)
    assert not np.array_equal(held(panel, alone, {}, season=7)["baseline:naive"], together)


class Broken(Last):
    """Forecasts that are finite of one series only, the first of the panel that it is given in blocks."""

    def forecast(self, panel, series, rows, *, which, device):
        forecast = super().forecast(panel, series, rows, which=which, device=device)
        forecast[panel.keys["id"].to_numpy(zero_copy_only=False)[series] != "a"] = NAN
        return forecast


class BrokenRidge(Broken):
    """A challenger whose ridge regression alone has forecasts that are not finite."""

    has_ridge = True

    def forecast(self, panel, series, rows, *, which, device):
        if which == "ridge":
            return super().forecast(panel, series, rows, which=which, device=device)
        return Last().forecast(panel, series, rows, which=which, device=device)


@pytest.mark.parametrize("block_bytes", [1, 1 << 26])
def test_ridge_and_champion_are_judged_by_all_blocks_together(monkeypatch, block_bytes):
    """One series without a finite forecast costs the ridge regression its place; the champion's it does not.

    A champion is served by the seasonal naive there: 2 for the truth 4 of b, and its own 3 for the 4 of a.
    """
    monkeypatch.setattr(window_blocks, "BLOCK_BYTES", block_bytes)
    panel = make_panel({"a": [1, 2, 3, 4, 5], "b": [1, 2, 3, 4, 5], "c": [1, 2, 3, 4, 5]}, horizon=1, cutoff=4)
    test = windows_at(panel, (0, 2), (1, 2), (2, 2))
    contestants = scores(panel, test, {"challenger": BrokenRidge(), "champion": Broken()})
    assert set(contestants) == {"challenger", "champion"} | CHEAP
    assert contestants["champion"].by_series("mae")[:, 0].tolist() == [1.0, 2.0, 2.0]
    broken = windows_at(panel, (1, 2), (2, 2))
    assert "champion" not in scores(panel, broken, {"champion": Broken()})


class Tuned(Last):
    """Whose settings were chosen by what was known through a time."""

    def __init__(self, through: str) -> None:
        self.tuned_through = through


def test_origins_that_the_choice_of_a_setting_has_read_are_not_held_out():
    """Law: what was tuned through a day is judged on origins from that day on, as what was trained through it is."""
    panel = make_panel({"a": np.arange(1.0, 61.0)}, horizon=2, cutoff=60)
    windows = windows_of_splits(panel, plan_splits(panel, Evaluation(origins=4, stride=2), (7,)))
    text = panel.frequency.text
    cutoffs = [int(origin) for origin in windows.splits.test_cutoffs()]
    assert cutoffs == [52, 54, 56, 58]

    def left(*through):
        test = held_out(panel, windows, [Tuned(day) for day in through])
        return panel.ordinal_of(test.series, test.row).tolist()

    assert left("") == cutoffs
    assert left("", text(54)) == [54, 56, 58]
    assert left(text(50), text(57)) == [58]
    with pytest.raises(EvaluationError, match="a contestant was trained or its settings tuned"):
        left(text(59))
