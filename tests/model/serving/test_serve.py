"""Who serves: one order of fallbacks whoever serves, target by target, with the reason in words."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lstm.config import Model, Quality, Serving
from lstm.data.panel.panel import Panel
from lstm.errors import DataError
from lstm.model.baselines.model import BaselineModel
from lstm.model.serving.serve import Rules, Server, serve
from lstm.model.serving.serving_remarks import serving_remarks
from panels import make_panel
from trainings import made_of

NAN = np.nan
LEVELS = (0.1, 0.5, 0.9)
FALLBACK = BaselineModel("seasonal_naive", 2, LEVELS, None)
NAIVE = "baseline:seasonal_naive"


class Says:
    """A model that says the same of every step, by series; bands one below and one above."""

    trained_through = served_through = "1970-01-01"
    tuned_through = ""
    has_ridge = False

    def __init__(self, values: list[object], steps_needed: int = 0) -> None:
        self.values = np.array(values, float)  # (S) or (S, C)
        self.steps_needed = steps_needed

    def forecast(self, panel, series, rows, *, which, device):
        said = self.values.reshape(len(self.values), -1)[series]
        return said[:, None, None] + np.array([-1.0, 0.0, 1.0])[:, None] + np.zeros((1, panel.horizon, 1, 1))

    def too_short(self, panel, series, rows):
        return rows - panel.indptr[series] + 1 < self.steps_needed

    def unreadable(self, panel, series, rows):
        return np.zeros((len(series), 1), bool)

    def readable(self, panel):
        return panel


def rules(quality: Quality | None = None, *, steps_needed: int = 0, worse: np.ndarray | None = None) -> Rules:
    return Rules(quality or Quality(), Serving(), FALLBACK, torch.device("cpu"), steps_needed, worse)


def champion(values: list[object], steps_needed: int = 0) -> Server:
    return Server(Says(values, steps_needed), "champion", 4)


def short_panel(**histories: list[float]) -> Panel:
    return make_panel(histories, horizon=2, cutoff=9)


def rows_of(panel: Panel, server: Server, by: Rules | None = None) -> list[tuple[str, str | None, int | None, float]]:
    """(method, reason, version, median of the first step) of the first target of each series."""
    served = serve(panel, server, by or rules())
    columns = (served.method, served.reason, served.version, served.quantiles[:, 0, 1])
    return [tuple(column[series, 0] for column in columns) for series in range(panel.series)]


def test_the_model_serves_what_nothing_speaks_against():
    panel = short_panel(a=[1, 2, 3, 4, 5, 6])
    assert rows_of(panel, champion([5])) == [("champion", None, 4, 5)]


def test_what_never_moved_is_served_by_the_seasonal_naive_and_so_is_a_single_value():
    panel = short_panel(still=[5, 5, NAN, 5], one=[NAN, NAN, 7])
    assert rows_of(panel, champion([5.1, 7.1])) == [
        (NAIVE, "constant so far", None, 5),
        (NAIVE, "constant so far", None, 7),
    ]


def test_a_model_of_logarithms_never_serves_what_has_been_at_or_below_zero():
    """Law: zeros are missing to it, so a shop that closed forty days ago would be forecast as it was when open.

    One closed at 0, one booked at -5, and a third that stays open; the two are served by what can read them.
    """
    rng = np.random.default_rng(0)
    open_shop = 40 + 5 * np.sin(np.arange(160) * 2 * np.pi / 7) + rng.normal(size=160)
    before = make_panel(dict.fromkeys(("shut", "debt", "open"), open_shop), horizon=2, cutoff=159)
    model = made_of(before, model=Model(members=1, transform="log", look_back=14))
    after = {"shut": open_shop.copy(), "debt": open_shop.copy(), "open": open_shop}
    after["shut"][-40:], after["debt"][-40:] = 0.0, -5.0
    panel = make_panel(after, horizon=2, cutoff=159)
    served = serve(panel, Server(model, "champion", 4), rules())
    assert served.method[:, 0].tolist() == [NAIVE, NAIVE, "champion"]
    assert served.quantiles[:2, 0, 1, 0].tolist() == [0.0, -5.0]
    assert serving_remarks(panel, model, served) == (
        "The model forecasts logarithms and cannot read values at or below zero, so others forecast shut, debt",
    )


def test_what_was_never_observed_fails_though_the_model_has_an_answer():
    panel = short_panel(empty=[NAN, NAN], a=[1, 2])
    assert rows_of(panel, champion([3, 2]))[0][:3] == (
        "failed",
        "no observed value at or before the cutoff",
        None,
    )


def test_one_dead_target_fails_alone():
    """The other target of the same series keeps its champion and its version."""
    panel = short_panel(a=[1, 2, 3])
    panel = replace(panel, targets=np.hstack([panel.targets, panel.targets * NAN]), target_names=("y", "z"))
    served = serve(panel, champion([[2, 2]]), rules())
    assert served.method.tolist() == [["champion", "failed"]]
    assert served.version.tolist() == [[4, None]]
    assert np.isfinite(served.quantiles[..., 0]).all()


def test_a_series_too_short_is_served_by_the_seasonal_naive_with_the_numbers():
    panel = short_panel(young=[1, 2, 3], old=[1, 2, 3, 4])
    assert rows_of(panel, champion([2, 3], steps_needed=4)) == [
        (NAIVE, "3 steps, 4 are needed (half of the shortest look-back)", None, 2),
        ("champion", None, 4, 3),
    ]


@pytest.mark.parametrize(
    "server", [champion([2, 3], 4), Server(FALLBACK, NAIVE), Server(Says([2, 3], 4), "baseline:ridge")]
)
def test_short_series_are_refused_or_left_out_whoever_serves(server):
    """Law: `quality.short_series` holds for a champion, a baseline and the ridge regression alike."""
    panel = short_panel(young=[1, 2, 3], old=[1, 2, 3, 4])
    left_out = serve(panel, server, rules(Quality(short_series="exclude"), steps_needed=4)).left_out
    assert left_out.tolist() == [True, False]
    with pytest.raises(DataError, match=r"series 'young' has 3 steps, 4 are needed .*; 1 series are too short"):
        serve(panel, server, rules(Quality(short_series="error"), steps_needed=4))


def test_an_excluded_series_is_not_a_failed_one():
    """Too short, and never observed: it gets no rows at all."""
    panel = short_panel(young=[NAN, NAN], old=[1, 2, 3, 4])
    served = serve(panel, champion([2, 3], 4), rules(Quality(short_series="exclude")))
    assert dict(served.methods()) == {"champion": 1}
    assert not served.failed().any()


def test_a_series_that_ended_long_ago_is_left_out_and_refuses_nothing():
    """Three steps, ended 40 days before the table's end; `expected_for` is 30."""
    panel = make_panel({"gone": [1, 2, 3], "a": [1.0, 2.0] * 30}, horizon=2, cutoff=59, ends={"gone": 10})
    by = rules(Quality(short_series="error"))
    assert serve(panel, champion([2, 2], 60), by).left_out.tolist() == [True, False]


def test_a_forecast_that_is_not_finite_falls_back():
    panel = short_panel(a=[1, 2, 3, 4])
    assert rows_of(panel, champion([np.inf])) == [(NAIVE, "the forecast was not finite", None, 3)]


def test_a_forecast_far_outside_of_all_that_was_observed_is_never_published():
    """Law: 1e57 does not go out, however it came about. 0 to 2 was observed: 22 is ten widths above, 24 is eleven.

    The band counts too: its upper end is one above the median, so 21 passes and 22 does not.
    """
    panel = short_panel(log=[0, 1, 2], most=[0, 1, 2], far=[0, 1, 2])
    assert rows_of(panel, champion([1e57, 21, 22])) == [
        (NAIVE, "the forecast lay 5e+56 ranges outside of all observations, 10 allowed", None, 1),
        ("champion", None, 4, 21),
        (NAIVE, "the forecast lay 10.5 ranges outside of all observations, 10 allowed", None, 1),
    ]


def test_what_never_was_negative_is_not_forecast_below_zero():
    """Law: whoever serves; 1 to 3 was observed, and the model says -2. A series that was negative keeps its forecast.

    Where the pipeline names a minimum, that one counts and no other.
    """
    panel = short_panel(counts=[1, 2, 3, 2], degrees=[1, -2, 3, 2])
    assert [row[3] for row in rows_of(panel, champion([-2, -2]))] == [0, -2]
    served = serve(panel, champion([-2, -2]), replace(rules(), found_minimum=False))
    assert served.quantiles[:, 0, 1, 0].tolist() == [-2, -2]
    said = serving_remarks(panel, FALLBACK, serve(panel, champion([-2, -2]), rules()))
    assert said == ("Series that never were negative are held at 0, below which the model would have forecast counts",)


SPIKE = [0.0] * 30 + [100_000.0] + [0.0] * 6  # seven days before the first step that is forecast


@pytest.mark.parametrize(
    "server",
    [
        champion([5000]),
        Server(FALLBACK, NAIVE),
        Server(BaselineModel("seasonal_average", 7, LEVELS, None), "baseline:x"),
    ],
)
def test_a_spike_on_zeros_is_forecast_at_zero_whoever_serves(server):
    """Ridge said -16,392 of such a series, the seasonal naive 100,000 and the seasonal average 25,000."""
    panel = make_panel({"spike": SPIKE}, horizon=2, cutoff=36)
    by = replace(rules(), fallback=BaselineModel("seasonal_naive", 7, LEVELS, None))
    server = replace(server, model=by.fallback) if server.method == NAIVE else server
    served = serve(panel, server, by)
    assert served.method.tolist() == [[NAIVE]]
    assert served.quantiles.ravel().tolist() == [0.0] * 6


@pytest.mark.parametrize(
    ("places", "season", "forecast"),
    [
        ((80, 190), 7, 0.0),  # a glitch twice
        ((80, 130, 190), 7, 0.0),
        ((189, 190), 7, 100_000.0),  # a launch: two in a row
        ((88, 190), 102, 100_000.0),  # each Christmas
    ],
)
def test_a_few_spikes_on_zeros_are_not_repeated_unless_they_come_again(places, season, forecast):
    """Fault: the seasonal naive said 100,000, certainly, of a series that had been there twice in half a year."""
    values = np.zeros(189 + season)
    values[list(places)] = 100_000.0
    panel = make_panel({"spikes": values}, horizon=2, cutoff=len(values) - 1)
    by = replace(rules(), fallback=BaselineModel("seasonal_naive", season, LEVELS, None))
    served = serve(panel, Server(by.fallback, NAIVE), by)
    assert served.quantiles[0, :, 1, 0].max() == forecast


def test_a_spike_makes_no_room_for_forecasts_and_is_not_repeated():
    """8 to 12 but for one 100,000 a season ago: 5,000 lies 1,247 usual widths outside, though within all observed."""
    calm = [8.0, 12, 10, 9, 11, 10, 12] * 6
    panel = make_panel({"a": [*calm[:35], 100_000.0, *calm[36:]]}, horizon=2, cutoff=41)
    by = replace(rules(), fallback=BaselineModel("seasonal_naive", 7, LEVELS, None))
    served = serve(panel, champion([5000]), by)
    assert served.method.tolist() == [[NAIVE]]
    assert served.reason[0, 0] == "the forecast lay 1.25e+03 ranges outside of all observations, 10 allowed"
    assert served.quantiles[0, 0, 1, 0] == 8.0


def test_where_the_model_was_worse_in_the_backtest_the_seasonal_naive_serves():
    """Only the series that is named, with the reason that the backtest gives."""
    panel = short_panel(a=[1, 2, 3, 4], b=[1, 2, 3, 4])
    worse = np.array([[None], ["the model was worse"]], object)
    assert rows_of(panel, champion([3, 3]), rules(worse=worse)) == [
        ("champion", None, 4, 3),
        (NAIVE, "the model was worse", None, 3),
    ]


def test_a_baseline_that_is_champion_has_its_own_name_and_its_version():
    panel = short_panel(a=[1, 2, 3, 5])
    seasonal = Server(FALLBACK, NAIVE, 7)
    last = Server(BaselineModel("naive", 2, LEVELS, None), "baseline:naive", 8)
    assert rows_of(panel, seasonal) == [(NAIVE, None, 7, 3)]
    assert rows_of(panel, last) == [("baseline:naive", None, 8, 5)]


def test_a_baseline_serves_what_is_constant_itself_and_fails_where_nothing_was_observed():
    panel = short_panel(still=[5, 5], empty=[NAN])
    server = Server(BaselineModel("naive", 2, LEVELS, None), "baseline:naive", None, "no champion yet")
    assert rows_of(panel, server)[0] == ("baseline:naive", "no champion yet", None, 5)
    assert rows_of(panel, server)[1][0] == "failed"


def test_ridge_falls_back_as_a_champion_does():
    """The same order of reasons; its rows have no version, and say why no champion serves."""
    panel = short_panel(a=[1, 2, 3, 4], still=[5, 5])
    server = Server(Says([3, 5.1]), "baseline:ridge", reason="no model has passed its gates", which="ridge")
    assert rows_of(panel, server) == [
        ("baseline:ridge", "no model has passed its gates", None, 3),
        (NAIVE, "constant so far", None, 5),
    ]
