"""Which run is asked afterwards: the one whose forecasts are current, or that of a moment, if its folder is there."""

import shutil

import pytest
from planned_shops import AS_OF, planned_shops, published

from lstm.errors import ConfigError
from lstm.steps.after.published_run import published_jobs, published_night


def test_the_current_run_and_that_of_its_moment_are_the_same(shops):
    (current,), (of_moment,) = published_jobs(str(shops), None), published_jobs(str(shops), AS_OF)
    assert current.key == of_moment.key
    job, panel, verdict = published_night([current])
    assert (job.key.kind, panel.series, verdict.run_id) == ("retrain", 4, current.key.run_id)


def test_all_kinds_of_a_moment_are_asked_the_nightly_job_first(shops):
    published(shops, kind="forecast")
    assert [job.key.kind for job in published_jobs(str(shops), AS_OF)] == ["retrain", "forecast"]


def test_nothing_published_yet_is_said_with_what_to_do(tmp_path):
    pipeline_file = planned_shops(tmp_path)
    with pytest.raises(ConfigError, match="shops has published nothing yet; nightcast run"):
        published_jobs(str(pipeline_file), None)


def test_a_folder_that_is_gone_is_said_with_what_to_do(shops):
    jobs = published_jobs(str(shops), None)
    shutil.rmtree(shops.parent / "store" / "runs" / jobs[0].key.run_id)
    with pytest.raises(ConfigError, match=r"the folder of shops.retrain.* is gone.*; forecast anew"):
        published_night(jobs)
