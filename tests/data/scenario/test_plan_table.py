"""A plan laid over a panel: which cells it changes, and what refuses the whole of it."""

import numpy as np
import pyarrow as pa
import pytest

from lstm.config import Roles, Source
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.rows.source_rows import SourceRows
from lstm.data.scenario.plan_table import Planned, with_plan
from lstm.errors import DataError
from panels import make_panel

ROLES = Roles(("id",), "day", None, ("price",))


def laid(rows: list[tuple[str, str, float | None]]) -> Planned:
    """A plan over series A and B, of two steps ahead of 2024-04-30, whose price is 4 where nobody says otherwise."""
    future = np.full((10, 1), 4.0)
    panel = make_panel({"A": [1.0, 2.0, 3.0], "B": [1.0, 2.0, 3.0]}, horizon=2, cutoff=19_843, future=future,
                       future_names=("price",))  # fmt: skip
    source = Source(path="x.csv", series=("id",), time="day", targets=("y",), future_covariates=("price",))
    columns = list(zip(*rows, strict=True))
    table = pa.table(
        {"id": pa.array(columns[0]), "day": pa.array(columns[1]), "price": pa.array(columns[2], pa.float64())}
    )
    return with_plan(panel, SourceRows(table), ROLES, PanelSettings(source, horizon=2), 0)


def test_a_row_takes_the_place_of_what_is_known_for_its_series_and_step():
    planned = laid([("B", "2024-05-02", 9.0)])
    assert planned.panel.future[:, 0].tolist() == [4.0] * 9 + [9.0]
    assert planned.chosen.tolist() == [False, True]
    assert planned.notes == ()


def test_an_empty_cell_and_a_row_elsewhere_change_nothing_and_are_told():
    planned = laid([("A", "2024-05-01", None), ("A", "2024-04-30", 7.0), ("A", "2024-05-02", 5.0)])
    assert planned.panel.future[:5, 0].tolist() == [4.0, 4.0, 4.0, 4.0, 5.0]
    assert planned.notes == (
        "the plan has 1 row outside of the horizon, which change nothing",
        "price is empty in 1 row of the plan, and stays there as it is known",
    )


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("Z", "2024-05-01", 1.0)], "series that are not forecast: Z"),
        ([("A", "2024-05-03", 1.0)], "no row of the plan lies within the horizon, 2024-05-01 to 2024-05-02"),
        ([("A", "2024-05-01", 1.0), ("A", "2024-05-01", 1.0)], "two rows of series 'A' at 2024-05-01"),
        ([("A", "2024-05-01 12:00", 1.0)], "2024-05-01 12:00"),
        ([("A", "May", 1.0)], "May"),
        ([("A", "2024-05-01", 1.0), ("A", "2024-05-02", float("inf"))], "a price without end"),
    ],
)
def test_what_does_not_fit_refuses_the_whole_plan(rows, message):
    with pytest.raises(DataError, match=message):
        laid(rows)
