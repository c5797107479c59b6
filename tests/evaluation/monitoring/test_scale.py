"""The unit of realised errors: that of the backtest in which each model was judged."""

import numpy as np

from lstm.evaluation.monitoring.scale import scale_by_version
from panels import make_panel


def test_a_version_keeps_the_scale_of_its_own_backtest_and_any_other_model_has_the_newest():
    """Changes of 1 up to ordinal 3, of 3 after it: v1 was trained through 3, v2 through 6, whose mean is 12 / 6 = 2."""
    panel = make_panel({"a": [0, 1, 2, 3, 6, 9, 12, 15]}, horizon=1, cutoff=7, dtype=np.float64)
    scale = scale_by_version(panel, 1, {1: 3, 2: 6}, otherwise=7)
    assert [scale(version)[0, 0] for version in (1, 2, 3, None)] == [1.0, 2.0, 2.0, 2.0]
    assert scale_by_version(panel, 1, {}, otherwise=3)(None)[0, 0] == 1.0
