"""Scores that are gone or damaged: of the run itself, and of the run that judged the champion."""

import pytest
from faults.ground import NIGHT, Ground, ground
from faults.left import left

from lstm.storage.runs.run_folder import RunStore


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Ground:
    """The first night promoted v1, the second v2."""
    made = ground(tmp_path_factory.mktemp("served") / "pipeline")
    assert made.run().exit_code == 0
    return made


def test_a_run_that_promoted_its_challenger_makes_damaged_scores_anew(served, tmp_path):
    """Law: against the champion of then, to the last bit; its verdict and its promotion stand.

    Its challenger is champion by now, and would be compared with itself.
    """
    before = left(served)
    assert [change[0] for change in before.promotions] == [2, 1]
    again = served.copy(tmp_path / "again")
    scores = again.run_folder / "scores.parquet"
    scores.write_bytes(scores.read_bytes()[:100])
    outcome = again.run()
    assert outcome.exit_code == 0, outcome.sentence
    assert left(again).differences(before) == []


def test_damaged_scores_of_the_run_that_judged_the_champion_cost_no_night(served, tmp_path):
    """Then nobody falls back, as where they were pruned."""
    place = served.copy(tmp_path / "place")
    (place.run_folder / "scores.parquet").write_bytes(b"PAR1 no longer")
    alone = Ground(place.folder, "forecast")
    outcome = alone.run(NIGHT)
    assert outcome.exit_code == 0, outcome.sentence
    assert RunStore(str(place.folder / "store" / "runs"), alone.run_id).read_bytes("forecast.parquet")
