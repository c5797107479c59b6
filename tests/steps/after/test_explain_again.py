"""Published forecasts explained again, for other series and steps."""

import shutil
from pathlib import Path

import pytest
from planned_nights import job_of

from lstm.errors import ConfigError
from lstm.steps.after.explain_again import explain_again


def test_some_series_and_steps_of_a_night(pipeline: Path) -> None:
    """Shop a's two items at the first and third step: four forecasts, said and drawn; the plan moves tomorrow's."""
    _, again = explain_again([job_of(pipeline)], ["shop=a"], [1, 3])
    rows = [list(row) for row in again.text.series.rows]
    assert [(row[0], row[1]) for row in rows] == [
        *((shop, day) for shop in ("a/1", "a/2") for day in ("Tuesday 2024-04-30", "Thursday 2024-05-02"))
    ]  # fmt: skip
    assert again.text.sentences[0].startswith("On Tuesday 2024-04-30 the forecast of y for a/1 is ")
    assert "plan adds" in again.text.sentences[0]
    assert again.picture is not None


def test_series_can_be_named_by_several_keys_and_values(pipeline: Path) -> None:
    """A whole number as the table has it; of two shops either will do."""
    _, again = explain_again([job_of(pipeline)], ["shop=a", "shop=b", "item=1"], [1])
    assert [row[0] for row in again.text.series.rows] == ["a/1", "b/1"]


def test_without_a_wish_it_says_what_the_report_says(pipeline: Path) -> None:
    """Law: the same words, from the same numbers."""
    job = job_of(pipeline)
    said = (job.run_store().read_bytes("explanation.json") or b"").decode()
    run_id, again = explain_again([job], [], [])
    assert run_id == job.key.run_id
    for sentence in again.text.sentences:
        assert sentence in said


@pytest.mark.parametrize(
    ("where", "steps", "message"),
    [
        (["shop=c"], [], "no series has shop = 'c'"),
        (["city=a"], [], "'city' does not tell series apart"),
        ([], [8], "--steps: there is no step 8; the forecasts have the steps 1 to 7"),
        ([], [0], "--steps: there is no step 0"),
    ],
)
def test_what_is_not_there_is_refused(pipeline: Path, where: list[str], steps: list[int], message: str) -> None:
    """Law: what is wrong, and what there is."""
    with pytest.raises(ConfigError, match=message):
        explain_again([job_of(pipeline)], where, steps)


def test_a_run_whose_folder_is_gone_cannot_be_explained(pipeline: Path) -> None:
    """Law: an error that names the run."""
    job = job_of(pipeline)
    shutil.rmtree(pipeline.parent / "store" / "runs")
    with pytest.raises(ConfigError, match="is gone, with the panel"):
        explain_again([job], [], [])
