"""From a pipeline's source to its panel."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from lstm.config import Pipeline
from lstm.storage.sources.panel_source import read_panel


def test_a_query_bound_by_the_horizon_end_reaches_it_on_a_grid_off_zero(tmp_path: Path) -> None:
    """Trap: at 18:00:00 the newest complete period of 17:34, 17:39, ... is 17:54, the horizon 17:59, 18:04.

    The alias alone would put the end of the horizon at 18:00 and 18:05.
    """
    first = datetime(2024, 1, 1, 17, 34)
    connection = sqlite3.connect(tmp_path / "x.db")
    connection.execute("CREATE TABLE t (ds TEXT, y REAL, plan REAL)")
    for step in range(12):
        moment = (first + timedelta(minutes=5 * step)).isoformat() + "Z"
        connection.execute("INSERT INTO t VALUES (?, ?, ?)", (moment, step, step))
    connection.commit()
    connection.close()
    pipeline = Pipeline.model_validate(
        {
            "name": "p",
            "horizon": 2,
            "frequency": "5min",
            "calendar": {"features": False},
            "source": {
                "url": "sqlite:///x.db",
                "query": "SELECT * FROM t WHERE ds <= :horizon_end",
                "time": "ds",
                "targets": ["y"],
                "future_covariates": ["plan"],
            },
        }
    )
    panel, report = read_panel(pipeline, tmp_path, datetime(2024, 1, 1, 18, tzinfo=UTC))
    assert report.cutoff == "2024-01-01T17:54Z"
    np.testing.assert_array_equal(panel.future[:, 0], np.arange(7))
