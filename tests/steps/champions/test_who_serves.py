"""Which backtest judged who serves, and who serves by a verdict; a store on disk, no Prefect server."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from nights import CONTRACT, NOW, keep, run_key, verdict_of

from lstm.config import Pipeline, Quality
from lstm.contestants import RIDGE
from lstm.references import MethodScores, Verdict
from lstm.steps.champions.who_serves import judged_by, rules_of, server_of
from lstm.steps.job import Job
from lstm.storage.registry.lease import lease
from panels import make_panel

NAN = float("nan")
CPU = torch.device("cpu")
SCORES = (MethodScores(method="challenger", points=9, mae=1, rmse=1, smape=1, mase=1, wql=1, coverage=NAN),)
PANEL = make_panel({"a": [1.0, 2.0, 3.0]}, horizon=2, cutoff=5)


def job_of(home: Path, day: date, **settings: object) -> Job:
    source = {"path": "x.csv", "series": ["id"], "time": "ds", "targets": ["y"]}
    pipeline = Pipeline.model_validate({"name": "small", "horizon": 2, "source": source} | settings)
    return Job(pipeline=pipeline, home=str(home), key=run_key(day, "forecast"))


def judged_night(job: Job, day: date, **roles: int) -> str:
    """A run of an earlier or later day, with a verdict that has scores."""
    key = run_key(day)
    with lease(job.engine(), key, owner="test", now=lambda: NOW):
        pass
    keep(job.engine(), verdict_of(key.run_id).model_copy(update={"scores": SCORES, **roles}))
    return key.run_id


def serving(job: Job, serve: str, **versions: object) -> Verdict:
    return verdict_of(job.key.run_id).model_copy(update={"serve": serve, **versions})


def test_a_run_that_judged_asks_its_own_scores(tmp_path):
    job = job_of(tmp_path, date(2024, 4, 30))
    found = judged_by(job, serving(job, RIDGE, scores=SCORES))
    assert found is not None
    assert (found[0].run_id, found[1]) == (job.key.run_id, RIDGE)


def test_a_run_without_training_asks_the_newest_backtest_that_judged_its_champion(tmp_path):
    """v2 was a challenger on the 27th and champion on the 28th; the 29th judged v3; the 2nd of May is to come."""
    job = job_of(tmp_path, date(2024, 4, 30))
    judged_night(job, date(2024, 4, 27), challenger_version=2)
    newest = judged_night(job, date(2024, 4, 28), challenger_version=4, champion_version=2)
    judged_night(job, date(2024, 4, 29), challenger_version=3)
    judged_night(job, date(2024, 5, 2), challenger_version=5, champion_version=2)
    found = judged_by(job, serving(job, "champion", champion_version=2))
    assert found is not None
    assert (found[0].run_id, found[1]) == (newest, "champion")
    assert judged_by(job, serving(job, "champion", champion_version=9)) is None
    assert judged_by(job, serving(job, "baseline:naive")) is None


def test_scores_that_were_pruned_let_nobody_fall_back(tmp_path):
    """And that is no error."""
    job = job_of(tmp_path, date(2024, 4, 30))
    judged_night(job, date(2024, 4, 28), challenger_version=2)
    verdict = serving(job, "baseline:naive", champion_version=2)
    judged = judged_by(job, serving(job, "champion", champion_version=2))
    assert judged is not None
    assert rules_of(job, PANEL, server_of(job, PANEL, verdict), judged).worse is None


def test_a_baseline_that_a_verdict_makes_champion_has_that_version(tmp_path):
    """And another one none, but the reason."""
    job = job_of(tmp_path, date(2024, 4, 30))
    promoted = server_of(job, PANEL, serving(job, "baseline:naive", promote=True, promoted_version=7))
    assert (promoted.method, promoted.version, promoted.reason) == ("baseline:naive", 7, None)
    plain = server_of(job, PANEL, serving(job, "baseline:seasonal_average"))
    assert (plain.method, plain.version) == ("baseline:seasonal_average", None)
    assert plain.reason == "no model has passed its gates"


def test_a_version_that_is_a_baseline_serves_under_its_own_name(tmp_path):
    """As a champion by a person's word, and as what a rollback goes back to."""
    job = job_of(tmp_path, date(2024, 4, 30), frequency="D")
    version = job.registry().register_baseline("small", "naive", CONTRACT, NOW)
    rolled_back = server_of(job, PANEL, serving(job, "challenger", promote=True, challenger_version=version))
    assert (rolled_back.method, rolled_back.version) == ("baseline:naive", version)
    job.registry().set_champion("small", version, who="test", why="test", now=NOW)
    champion = server_of(job, PANEL, serving(job, "champion", champion_version=version))
    assert (champion.method, champion.version, champion.reason) == ("baseline:naive", version, None)


def test_a_baseline_that_cannot_be_had_here_is_replaced_by_the_seasonal_naive(tmp_path):
    """The verdict of a machine with more installed, or of a version with other baselines."""
    job = job_of(tmp_path, date(2024, 4, 30))
    server = server_of(job, PANEL, serving(job, "baseline:best"))
    assert (server.method, server.version) == ("baseline:seasonal_naive", None)
    assert str(server.reason).startswith("there is no baseline 'baseline:best'")


@pytest.mark.parametrize(("policy", "needed"), [("exclude", 7), ("baseline", 0)])
def test_short_series_are_told_by_the_file_or_the_newest_model_where_a_baseline_serves(tmp_path, policy, needed):
    """Half of a look-back of 14; only policies that leave out or refuse ask."""
    job = job_of(
        tmp_path, date(2024, 4, 30), model={"look_back": 14}, quality=Quality(short_series=policy).model_dump()
    )
    server = server_of(job, PANEL, serving(job, "baseline:naive"))
    assert rules_of(job, PANEL, server, None).steps_needed == needed


def test_of_a_file_without_a_look_back_the_newest_card_tells(tmp_path):
    """A baseline among the versions has a card without steps."""
    job = job_of(tmp_path, date(2024, 4, 30), quality={"short_series": "exclude"})
    server = server_of(job, PANEL, serving(job, "baseline:naive"))
    assert rules_of(job, PANEL, server, None).steps_needed == 0
    from nights import model_ref

    job.registry().register_model("small", "run", model_ref("m"), CONTRACT, {"steps_needed": 5}, NOW)
    job.registry().register_baseline("small", "naive", CONTRACT, NOW)
    assert rules_of(job, PANEL, server, None).steps_needed == 5
    assert np.isfinite(server.model.forecast(PANEL, np.array([0]), np.array([3]), which="served", device=CPU)).any()
