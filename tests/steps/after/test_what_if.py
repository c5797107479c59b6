"""What if: the champion of a published night with other covariates. Shops sell what is planned, give or take 1."""

import numpy as np
import pyarrow.parquet as pq
import pytest
from planned_shops import AS_OF, PIPELINE, planned_shops, published

from lstm.errors import ConfigError, DataError
from lstm.steps.after.what_if import Assumptions, what_if
from runs import Stored, edited

NORTH = [True, True, False, False]


def test_a_fifth_more_planned_in_one_region_is_a_fifth_more_sold_there_and_nowhere_else(shops):
    """The plan is what is sold, so the answer is known: factor 1.2, within the noise of 1 of some 100."""
    story = what_if(str(shops), Assumptions(["planned*=1.2"], ["region=north"]))
    assert story.changed.tolist() == NORTH
    median = 1
    tonight, assumed = story.tonight.quantiles[:, :, median, 0], story.assumed.quantiles[:, :, median, 0]
    np.testing.assert_allclose(assumed[:2] / tonight[:2], 1.2, atol=0.02)
    assert np.array_equal(assumed[2:], tonight[2:])
    planned = story.panel.future[story.panel.indptr[1] - 7 : story.panel.indptr[1], 0]
    np.testing.assert_allclose(assumed[0], 1.2 * planned, atol=4.0)


def test_tonight_is_what_was_published_and_nothing_else_is(shops):
    stored = Stored(shops)
    before = stored.current().to_pylist(), stored.champion()
    story = what_if(str(shops), Assumptions(["planned+=10"]))
    forecast = np.array(stored.current()["forecast"]).reshape(4, 7)
    assert np.array_equal(story.tonight.quantiles[:, :, 1, 0], forecast)
    assert (stored.current().to_pylist(), stored.champion()) == before


def test_page_and_rows_lie_in_the_folder_of_the_run_and_the_same_question_has_the_same_place(shops):
    first, again = (what_if(str(shops), Assumptions(["planned=100"], ["shop=a"])) for _ in range(2))
    assert first.folder == again.folder
    rows = pq.read_table(f"{first.folder}/whatif.parquet").to_pylist()
    assert [row["changed"] for row in rows[::7]] == [True, False, True, False]
    assert {row["whatif_forecast"] == row["forecast"] for row in rows if not row["changed"]} == {True}
    assert all(abs(row["whatif_forecast"] - 100) < 4 for row in rows if row["changed"])
    with open(f"{first.folder}/whatif.html", encoding="utf-8") as page:
        text = page.read()
    assert "What if planned = 100 where shop = a? 2 series of 4" in text
    assert "in place of" in text


def test_a_plan_takes_the_place_of_what_is_known_row_by_row(shops, tmp_path):
    """A date of the horizon for one shop; a cell that is empty and a date after the horizon change nothing."""
    plan = tmp_path / "plan.csv"
    plan.write_text(
        "region,shop,day,planned,price,by\nsouth,c,2024-05-02,500,,me\nsouth,c,2024-05-03,,2,me\n"
        "south,c,2024-06-01,900,2,me\n"
    )
    story = what_if(str(shops), Assumptions(plan=str(plan)))
    assert story.changed.tolist() == [False, False, False, True]
    different = story.scenario.future[:, 0] != story.panel.future[:, 0]
    assert story.scenario.future[different, 0].tolist() == [500.0]
    moved = story.assumed.quantiles[3, :, 1, 0] - story.tonight.quantiles[3, :, 1, 0]
    assert int(np.argmax(moved)) == 2  # the third day ahead of 2024-04-29
    notes = " ".join(story.notes())
    assert "the plan has 1 row outside of the horizon" in notes
    assert "planned is empty in 1 row of the plan" in notes
    assert "the plan's columns by are not read" in notes
    assert "planned is assumed where it has never been, such as 500 of south/c" in notes


def test_changes_come_after_the_plan_and_conditions_hold_for_both(shops, tmp_path):
    (shops.parent / "plan.csv").write_text("region,shop,day,planned\nnorth,a,2024-05-02,100\nsouth,c,2024-05-02,100\n")
    story = what_if(str(shops), Assumptions(["planned*=2"], ["region=south"], plan="plan.csv"))
    third = story.panel.indptr[1:] - 7 + 2
    assert story.scenario.future[third[3], 0] == 200.0
    assert story.scenario.future[third[0], 0] == story.panel.future[third[0], 0]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("west,z,2024-05-02,100", "series that are not forecast: west/z"),
        ("north,a,2024-04-02,100", r"no row of the plan lies within the horizon, 2024-04-30 to 2024-05-06"),
        ("north,a,2024-05-02,100\nnorth,a,2024-05-02,101", "two rows of series 'north/a' at 2024-05-02"),
        ("north,a,2024-05-02,100\n,a,2024-05-03,7", "plan.csv, line 3"),
    ],
)
def test_a_plan_that_cannot_be_used_is_refused_whole(shops, rows, message):
    (shops.parent / "plan.csv").write_text(f"region,shop,day,planned\n{rows}\n")
    with pytest.raises(DataError, match=message):
        what_if(str(shops), Assumptions(plan="plan.csv"))


@pytest.mark.parametrize(
    ("assumptions", "message"),
    [
        (Assumptions(), "say what is different"),
        (Assumptions(["planned*=1"]), "nothing is different from what is known"),
        (Assumptions(["sold*=2"]), r"'sold' is no future covariate .*planned, price"),
        (Assumptions(["planned*=2"], ["shop=q"]), "no series has shop = 'q'; there are a, b, c"),
        (Assumptions(["planned*=2"], ["region=north", "shop=c"]), "no series has all of these values"),
        (Assumptions(["planned*=2"], as_of="2024-03-03"), "shops has published nothing as of 2024-03-03"),
    ],
)
def test_what_cannot_be_asked_is_said_with_what_to_do(shops, assumptions, message):
    with pytest.raises(ConfigError, match=message):
        what_if(str(shops), assumptions)


def test_a_plan_without_a_future_covariate_is_refused_with_its_columns(shops):
    (shops.parent / "plan.csv").write_text("region,shop,day,weather\nnorth,a,2024-05-02,1\n")
    with pytest.raises(ConfigError, match=r"none of the future covariates.*its columns are"):
        what_if(str(shops), Assumptions(plan="plan.csv"))


def test_a_baseline_that_serves_reads_no_covariates_so_there_is_nothing_to_ask(tmp_path):
    pipeline_file = planned_shops(tmp_path, PIPELINE)
    published(pipeline_file, kind="forecast")
    with pytest.raises(ConfigError, match="baseline:seasonal_naive serves tonight, and does not read planned"):
        what_if(str(pipeline_file), Assumptions(["planned*=2"]))


def test_a_pipeline_file_that_promises_something_else_since_is_refused(shops):
    edited(shops, 'targets = ["sold"]', 'targets = ["sold", "other"]')
    with pytest.raises(ConfigError, match="the pipeline file has changed since that night"):
        what_if(str(shops), Assumptions(["planned*=2"], as_of=AS_OF))
