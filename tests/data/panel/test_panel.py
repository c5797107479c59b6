"""The panel knows its own series."""

import numpy as np
import pyarrow as pa

from panels import make_panel


def test_a_panel_finds_the_series_of_rows_of_keys() -> None:
    """In the panel's own order, whatever else the rows hold; -1 for a series that it lacks."""
    panel = make_panel({"b": [1.0], "a": [2.0]}, horizon=1, cutoff=3)
    rows = pa.table({"time": [1, 2, 3, 4], "id": ["a", "b", "c", "a"]})
    np.testing.assert_array_equal(panel.find(rows), [1, 0, -1, 1])
