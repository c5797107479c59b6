"""Windows: the backtest has the origins that the gates need, or says that it cannot before anything is trained."""

import pytest
from nights import run_key

from lstm.config import Pipeline
from lstm.data.panel.arrow import panel_tables
from lstm.errors import DataError
from lstm.references import PanelRef
from lstm.steps.job import Job
from lstm.steps.window import load_windows, refuse_too_few_points, window
from panels import make_panel


def job_of(tmp_path, steps: int, **settings) -> Job:
    """A run of one daily series of so many steps that has read its panel; horizon 7."""
    source = {"path": "t.csv", "series": ["id"], "time": "day", "targets": ["y"]}
    pipeline = Pipeline.model_validate({"name": "small", "horizon": 7, "source": source} | settings)
    job = Job(pipeline=pipeline, home=str(tmp_path), key=run_key())
    panel = make_panel({"a": [1.0, 2, 3, 4, 5] * (steps // 5)}, horizon=7, cutoff=steps)
    job.run_store().write_tables("panel.parquet", panel_tables(panel))
    return job


def cut(job: Job) -> int:
    """Origins of the backtest."""
    panel = PanelRef(
        uri="p", fingerprint="f", rows_read=1, series=1, steps=1, cutoff="c", newest="n", frequency="D", repairs=0
    )
    window(job, panel)
    return load_windows(job.run_store()).splits.origins


def test_a_short_series_gets_the_origins_that_its_gates_need(tmp_path):
    """60 steps, a fifth of which holds one origin of 7; 20 points are needed, so three origins: 21 + 12 + 8 <= 60."""
    job = job_of(tmp_path, 60)
    assert cut(job) == 3
    refuse_too_few_points(job)


def test_a_history_without_room_for_the_gates_need_is_refused_with_the_key(tmp_path):
    """30 steps: 21 + 7 + 8 do not fit and 14 + 7 + 8 do, so two origins of 7 are scored; 20 points are needed."""
    job = job_of(tmp_path, 30)
    assert cut(job) == 2
    message = r"has 14 observed points \(2 origins of 7 steps\), and the gate .* needs 20.*least_points"
    with pytest.raises(DataError, match=message):
        refuse_too_few_points(job)


def test_what_the_pipeline_file_says_of_origins_is_kept(tmp_path):
    """Law: a number that somebody wrote down is not raised behind his back."""
    assert cut(job_of(tmp_path, 200, evaluation={"origins": 2})) == 2
