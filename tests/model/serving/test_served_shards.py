"""A shard's forecasts as bytes."""

import numpy as np

from lstm.model.serving.forecast_rows import Served
from lstm.model.serving.served_shards import pack_served, unpack_served


def test_forecasts_come_back_with_who_made_them_and_why():
    """Two series of two targets: one target by a baseline, one that failed; a series that is left out."""
    quantiles = np.arange(24.0).reshape(2, 2, 3, 2)
    quantiles[1, 0, 0, 1] = np.nan
    served = Served.by(quantiles, "champion", None, 4)
    cells = np.array([[False, True], [False, False]])
    served.replace(cells, quantiles + 1, "baseline:naive", "wörse")
    served.left_out[1] = True
    first, back = unpack_served(pack_served((17, served)))
    assert first == 17
    assert back.method.tolist() == [["champion", "baseline:naive"], ["champion", "champion"]]
    assert back.reason.tolist() == [[None, "wörse"], [None, None]]
    assert back.version.tolist() == [[4, None], [4, 4]]
    assert np.array_equal(back.quantiles, served.quantiles, equal_nan=True)
    assert (back.left_out.tolist(), back.held.tolist()) == (served.left_out.tolist(), served.held.tolist())
