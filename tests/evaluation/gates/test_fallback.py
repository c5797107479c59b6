"""Per-series safety: which targets of which series the seasonal naive serves, by the backtest's numbers."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from lstm.config import Serving
from lstm.evaluation.gates.fallback import worse_than_fallback
from panels import make_panel

NAIVE = "baseline:seasonal_naive"
PANEL = make_panel({"a": [1.0, 2.0], "b": [1.0, 2.0]}, horizon=1, cutoff=1)


def scores(*rows: tuple[str, str, str, float, int]) -> pa.Table:
    """Rows of (method, id, target, mae, origins); and one over all, which says nothing of a series."""
    names = ("method", "id", "target", "mae", "origins")
    listed = [{"scope": "series"} | dict(zip(names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(
        [*listed, {"scope": "all", "method": "champion", "id": None, "target": None, "mae": 99.0, "origins": 99}]
    )


def reasons(table: pa.Table, **settings: object) -> list[str | None]:
    methods = worse_than_fallback(PANEL, table, "champion", Serving.model_validate(settings))
    return list(methods[:, 0])


def test_a_series_falls_back_where_the_model_was_worse_by_more_than_the_margin():
    """a: 1.3 against 1.0 is 30 % worse. b: 1.1 against 1.0 is the margin of 10 % and no more."""
    table = scores(("champion", "a", "y", 1.3, 5), (NAIVE, "a", "y", 1.0, 5), ("champion", "b", "y", 1.1, 5))
    table = pa.concat_tables([table, scores((NAIVE, "b", "y", 1.0, 5))])
    assert reasons(table) == ["the model was worse than the seasonal naive by 30 % over 5 origins", None]


@pytest.mark.parametrize(
    "settings", [{"fallback_origins": 6}, {"per_series_fallback": False}, {"fallback_margin": 0.31}]
)
def test_the_settings_decide(settings):
    """Five origins where six are asked, switched off, or a wider margin: the champion serves on."""
    table = scores(("champion", "a", "y", 1.3, 5), (NAIVE, "a", "y", 1.0, 5))
    assert reasons(table, **settings) == [None, None]


def test_where_the_seasonal_naive_is_perfect_any_error_is_worse():
    """There is no share of zero, so none is told."""
    table = scores(("champion", "a", "y", 0.1, 5), (NAIVE, "a", "y", 0.0, 5))
    assert reasons(table) == ["the model was worse than the seasonal naive over 5 origins", None]


def test_what_was_not_scored_never_falls_back():
    """No row of the model, of the seasonal naive, of another series, or an undefined error."""
    table = scores(("champion", "a", "y", np.nan, 5), (NAIVE, "a", "y", 1.0, 5), ("champion", "b", "y", 9.0, 5))
    assert reasons(table) == [None, None]
    assert reasons(scores(("champion", "gone", "y", 9.0, 5), (NAIVE, "gone", "y", 1.0, 5))) == [None, None]
    assert reasons(table.drop_columns("origins")) == [None, None]


def test_a_key_column_that_is_named_as_a_score_is_found():
    """`score` calls it series_NAME."""
    panel = make_panel({"a": [1.0, 2.0]}, horizon=1, cutoff=1)
    keys = panel.keys.rename_columns(["method"])
    rows = [
        {"scope": "series", "method": name, "series_method": "a", "target": "y", "mae": mae, "origins": 9}
        for name, mae in (("champion", 2.0), (NAIVE, 1.0))
    ]
    reasons = worse_than_fallback(replace(panel, keys=keys), pa.Table.from_pylist(rows), "champion", Serving())
    assert reasons[0, 0] is not None


def test_a_table_that_is_one_series_falls_back_as_any_other():
    """It has no key columns, in the panel as in the scores."""
    panel = make_panel({"all": [1.0, 2.0]}, horizon=1, cutoff=1)
    rows = [
        {"scope": "series", "method": name, "target": "y", "mae": mae, "origins": 9}
        for name, mae in (("champion", 2.0), (NAIVE, 1.0))
    ]
    reasons = worse_than_fallback(replace(panel, keys=pa.table({})), pa.Table.from_pylist(rows), "champion", Serving())
    assert reasons[0, 0] == "the model was worse than the seasonal naive by 100 % over 9 origins"
