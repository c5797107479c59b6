"""Published rows on a panel's grid."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from nights import forecast_rows

from lstm.data.frequency.aliases import parse_frequency
from lstm.errors import EvaluationError
from lstm.evaluation.change.published import NOBODY, Maker, on_grid
from panels import make_panel

DAY = (date(2024, 4, 30) - date(1970, 1, 1)).days


def test_rows_of_an_older_cutoff_fall_where_their_times_are() -> None:
    """Last night's second step is tonight's first; tonight's second was beyond it. Series are found by key."""
    panel = make_panel({"B": [1.0, 2.0], "C": [3.0], "A": [1.0]}, horizon=2, cutoff=DAY + 1)
    published = on_grid(panel, forecast_rows(date(2024, 4, 30), level=100.0))
    np.testing.assert_array_equal(published.median[:, :, 0], [[102, np.nan], [np.nan, np.nan], [102, np.nan]])
    assert published.maker[:, 0].tolist() == [0, NOBODY, 0]
    assert published.makers == (Maker("champion", 1),)


def test_failed_rows_are_nobody_s() -> None:
    """They have no forecast to compare with."""
    panel = make_panel({"A": [1.0], "B": [2.0]}, horizon=2, cutoff=DAY)
    rows = pa.concat_tables([forecast_rows(ids=["A"]), forecast_rows(ids=["B"], method="failed")])
    published = on_grid(panel, rows)
    assert published.maker[:, 0].tolist() == [0, NOBODY]
    assert np.isnan(published.median[1]).all()


def test_makers_differ_by_method_and_by_version() -> None:
    """A baseline has no version."""
    panel = make_panel({"A": [1.0], "B": [2.0]}, horizon=2, cutoff=DAY)
    naive = forecast_rows(ids=["B"], method="baseline:naive")
    place = naive.column_names.index("model_version")
    naive = naive.set_column(place, "model_version", pa.array([None, None], pa.int32()))
    published = on_grid(panel, pa.concat_tables([forecast_rows(ids=["A"]), naive]))
    assert [published.makers[place] for place in published.maker[:, 0]] == [
        Maker("champion", 1),
        Maker("baseline:naive", None),
    ]


def test_nothing_published_is_nothing_on_the_grid() -> None:
    """A run's rows may be gone from the ledger."""
    panel = make_panel({"A": [1.0]}, horizon=2, cutoff=DAY)
    rows = forecast_rows(ids=["A"])
    published = on_grid(panel, rows.filter(pc.less(rows["step"], 0)))
    assert np.isnan(published.median).all()
    assert published.makers == ()


def test_rows_of_another_frequency_are_refused() -> None:
    """A daily forecast's second step is no week after its first."""
    weekly = parse_frequency("W-TUE")
    cutoff = int(weekly.ordinals(pa.array([date(2024, 4, 30)]))[0][0])
    panel = make_panel({"A": [1.0]}, horizon=2, cutoff=cutoff, frequency=weekly)
    with pytest.raises(EvaluationError, match="not on the grid 'W-TUE'"):
        on_grid(panel, forecast_rows(ids=["A"]))
