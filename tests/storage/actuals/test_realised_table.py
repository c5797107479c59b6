"""Forecasts that came true are kept once, rescored when an actual is revised, and follow the ledger."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from nights import NOW, forecast_rows, publish_night, run_key
from present import present

from lstm.config import level_name
from lstm.data.panel.panel import Panel
from lstm.errors import StoreError
from lstm.storage.actuals.join import Scoring, level_of, realise, realised_rows, rescore, revised_times
from lstm.storage.actuals.realised_table import RealisedForecasts
from lstm.storage.ledger.ledger import Ledger
from panels import make_panel

CUTOFF = date(2024, 4, 30)
EPOCH = date(1970, 1, 1)
SINCE, THROUGH = date(2024, 4, 1), date(2024, 5, 2)


def panel_through(day: date, **histories: list[float]) -> Panel:
    """Daily series whose last value is that of `day`."""
    return make_panel(histories, horizon=2, cutoff=(day - EPOCH).days)


def update(realised: RealisedForecasts, panel: Panel, as_of: str = "2024-05-03T00:00:00Z") -> tuple[int, int]:
    """What a run of the monitor does with the table: (added, revised)."""
    layout = realised.prepare()
    assert layout is not None
    published = realised.publications("small")
    outdated = realised.outdated(layout, published)
    if outdated:
        realised.write(layout, "small", realised.none(layout), outdated)
    through = EPOCH + timedelta(days=panel.cutoff)
    scale = np.full((panel.series, 1), 2.0)
    scoring = Scoring("small", as_of, season=7, scales=lambda version: scale)
    new = [
        realise(realised.unscored(layout, publication.run_id, SINCE, through), panel, layout, publication, scoring)
        for publication in published
    ]
    times = panel.frequency.times(revised_times(realised.actuals(layout, "small", SINCE, through), panel)).to_pylist()
    revised = rescore(realised.rows_at(layout, "small", times), panel, as_of=as_of)
    rows = pa.concat_tables([*new, revised])
    realised.write(layout, "small", rows, [])
    return len(rows) - len(revised), len(revised)


def stored(realised: RealisedForecasts) -> list[dict[str, Any]]:
    layout = realised.prepare()
    assert layout is not None
    days = [SINCE + timedelta(days=day) for day in range(60)]
    rows = realised.rows_at(layout, "small", days)
    return list(rows.sort_by([("id", "ascending"), ("time", "ascending")]).to_pylist())


def test_a_step_is_joined_as_soon_as_its_actual_has_come(store):
    """Forecast 101 and 102; the first day came with 103, then the second with 100: errors -2 and +2, once each."""
    publish_night(store, forecast_rows(ids=["A"]))
    realised = RealisedForecasts(Ledger(store))
    assert update(realised, panel_through(CUTOFF, A=[90.0] * 7)) == (0, 0)
    assert update(realised, panel_through(date(2024, 5, 1), A=[90.0] * 7 + [103.0])) == (1, 0)
    assert update(realised, panel_through(date(2024, 5, 2), A=[90.0] * 7 + [103.0, 100.0])) == (1, 0)
    assert update(realised, panel_through(date(2024, 5, 2), A=[90.0] * 7 + [103.0, 100.0])) == (0, 0)
    rows = stored(realised)
    assert [(row["step"], row["forecast"], row["actual"], row["error"]) for row in rows] == [
        (1, 101.0, 103.0, -2.0),
        (2, 102.0, 100.0, 2.0),
    ]
    assert {(row["naive"], row["scale"], row["kind"], row["revisions"]) for row in rows} == {(90.0, 2.0, "retrain", 0)}
    assert rows[0]["published_at"] == NOW


def test_a_revised_actual_is_scored_again_and_a_withdrawn_one_has_no_error(store):
    """103 became 105: the error goes from -2 to -4; then the row was emptied, then it came back."""
    publish_night(store, forecast_rows(ids=["A"], horizon=1))
    realised = RealisedForecasts(Ledger(store))
    day = date(2024, 5, 1)
    update(realised, panel_through(day, A=[90.0] * 7 + [103.0]))
    assert update(realised, panel_through(day, A=[90.0] * 7 + [105.0]), "2024-05-04T00:00:00Z") == (0, 1)
    (row,) = stored(realised)
    assert (row["actual"], row["error"], row["naive"], row["revisions"]) == (105.0, -4.0, 90.0, 1)
    assert (row["scored_as_of"], row["revised_as_of"]) == ("2024-05-03T00:00:00Z", "2024-05-04T00:00:00Z")
    assert update(realised, panel_through(day, A=[90.0] * 7 + [np.nan])) == (0, 1)
    (row,) = stored(realised)
    assert (row["actual"], row["error"], row["naive"], row["revisions"]) == (None, None, 90.0, 2)
    assert update(realised, panel_through(day, A=[90.0] * 7 + [105.0])) == (0, 1)
    assert stored(realised)[0]["error"] == -4.0


def test_what_was_scored_is_known_though_all_of_it_was_withdrawn(store):
    """Law: a table that lost its rows for a night does not hide from the monitor that they have come back."""
    publish_night(store, forecast_rows(ids=["A"], horizon=1))
    realised = RealisedForecasts(Ledger(store))
    day = date(2024, 5, 1)
    update(realised, panel_through(day, A=[90.0] * 7 + [103.0]))
    layout = present(realised.prepare())
    before = realised.scored_through(layout, "small")
    assert before is not None
    update(realised, panel_through(day, A=[90.0] * 7 + [np.nan]))
    assert realised.scored_through(layout, "small") == before


def test_a_series_that_vanished_keeps_what_came_true(store):
    """B is not in the table any more: its rows stay as they were scored."""
    publish_night(store, forecast_rows(ids=["A", "B"], horizon=1))
    realised = RealisedForecasts(Ledger(store))
    day = date(2024, 5, 1)
    update(realised, panel_through(day, A=[90.0, 103.0], B=[90.0, 99.0]))
    assert update(realised, panel_through(day, A=[90.0, 103.0])) == (0, 0)
    assert [(row["id"], row["error"]) for row in stored(realised)] == [("A", -2.0), ("B", 2.0)]


def test_a_run_that_is_published_anew_is_scored_anew(store):
    """The rows of the first publication, and of a series that it alone had, are forgotten."""
    publish_night(store, forecast_rows(ids=["A", "B"], horizon=1))
    realised = RealisedForecasts(Ledger(store))
    panel = panel_through(date(2024, 5, 1), A=[90.0, 103.0], B=[90.0, 99.0])
    update(realised, panel)
    publish_night(store, forecast_rows(ids=["A"], horizon=1, level=110.0), now=NOW + timedelta(hours=1))
    assert update(realised, panel) == (1, 0)
    assert [(row["id"], row["forecast"], row["error"]) for row in stored(realised)] == [("A", 111.0, 8.0)]


def test_failed_rows_and_rows_of_another_grid_are_not_scored(store):
    """A failed row has no forecast; a week's step is not a day's."""
    publish_night(store, forecast_rows(ids=["A"], method="failed"))
    weekly = forecast_rows(ids=["A"], horizon=1)
    index = weekly.column_names.index("time")
    weekly = weekly.set_column(index, "time", pa.array([date(2024, 5, 2)], pa.date32()))
    publish_night(store, weekly, key=run_key(kind="forecast"))
    realised = RealisedForecasts(Ledger(store))
    assert update(realised, panel_through(date(2024, 5, 2), A=[90.0, 103.0, 100.0])) == (0, 0)


def test_a_table_of_that_name_with_other_columns_is_refused(store):
    """It may be the user's: nothing is dropped, and the message says what to do."""
    publish_night(store, forecast_rows())
    with store.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE forecasts_realised (mine INTEGER)")
    with pytest.raises(StoreError, match=r"forecasts_realised has the columns mine, .* rename it"):
        RealisedForecasts(Ledger(store)).prepare()


def test_without_a_ledger_there_is_nothing_to_prepare(store):
    """Before the first publication."""
    assert RealisedForecasts(Ledger(store)).prepare() is None


def test_rows_become_arrays_by_model_series_and_target(store):
    """Two series, one run that is complete; the seasonal naive and its scale come along."""
    publish_night(store, forecast_rows(ids=["A", "B"]))
    realised = RealisedForecasts(Ledger(store))
    update(realised, panel := panel_through(date(2024, 5, 2), A=[90.0] * 7 + [103.0, 100.0], B=[1.0, 2.0, 3.0]))
    layout, run_id = realised.prepare(), run_key().run_id
    assert layout is not None
    rows = realised_rows(realised.rows(layout, [run_id], SINCE, THROUGH), panel, layout, {run_id: 5}, {run_id})
    assert rows.levels == (0.1, 0.5, 0.9)
    assert [model.text for model in rows.models] == ["v1"]
    by_series: dict[str, list[Any]] = {rows.series_names[rows.series[i]]: [] for i in range(len(rows))}
    for i in range(len(rows)):
        by_series[rows.series_names[rows.series[i]]].append((rows.actual[i], rows.naive[i], rows.quantiles[i].tolist()))
    assert by_series["A"] == [(103.0, 90.0, [100.0, 101.0, 102.0]), (100.0, 90.0, [101.0, 102.0, 103.0])]
    assert [actual for actual, _, _ in by_series["B"]] == [2.0, 3.0]
    assert rows.complete.all()
    assert set(rows.rank) == {5}


def test_the_level_of_a_column_is_that_which_named_it():
    """Law: the inverse of `level_name`."""
    for level in (0.025, 0.1, 0.5, 0.995):
        assert level_of(level_name(level)) == level
