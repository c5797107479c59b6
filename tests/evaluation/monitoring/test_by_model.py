"""A line a model of what came true."""

import numpy as np
from came_true import REPLAY, V1, V2, rows_of

from lstm.evaluation.monitoring.by_model import model_lines
from lstm.evaluation.monitoring.promises import Promise
from panels import DAILY


def test_all_that_was_served_comes_first_then_the_models_newest_first():
    """v2 forecast last; the replay of v1 was not served, and nothing is promised of v2."""
    rows = rows_of(
        (0, 0, 1, 10, 0, 10.0, 11.0, 12.0, 1.0), (1, 0, 1, 11, 1, 10.0, 13.0, 12.0, 1.0),
        (2, 0, 1, 9, 2, 10.0, 19.0, 12.0, 1.0), models=(V1, V2, REPLAY),
    )  # fmt: skip
    served, newest, older, replay = model_lines(rows, {V1: Promise(0.8, 0.9, "run 1")}, DAILY)
    assert [(line.label, line.kind) for line in (served, newest, older, replay)] == [
        ("everything that was served", "served"), ("v2", "served"), ("v1", "served"), ("v1", "backfill"),
    ]  # fmt: skip
    assert [line.mase for line in (served, newest, older, replay)] == [2.0, 3.0, 1.0, 9.0]
    assert (older.promised_mase, older.promised_coverage, older.since) == (0.8, 0.9, "1970-01-12")
    assert np.isnan(newest.promised_mase)
