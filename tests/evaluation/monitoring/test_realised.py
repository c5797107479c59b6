"""Rows that came true: which publication counts, and how a model is named."""

import pytest
from came_true import V1, V2, rows_of

from lstm.evaluation.monitoring.realised import ModelLabel


def test_of_two_publications_of_a_cutoff_the_last_one_counts():
    """Rank 7 was published after rank 3; of each model, its own last."""
    rows = rows_of(
        (0, 0, 1, 10, 7, 10.0, 11.0, 10.0, 1.0), (1, 0, 1, 10, 3, 10.0, 19.0, 10.0, 1.0),
        (1, 0, 1, 11, 3, 10.0, 12.0, 10.0, 1.0), models=(V1, V2),
    )  # fmt: skip
    assert rows.latest(each_model=False).forecast.tolist() == [11.0, 12.0]
    assert rows.latest(each_model=True).forecast.tolist() == [11.0, 19.0, 12.0]
    assert len(rows_of().latest(each_model=True)) == 0


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (ModelLabel("champion", 12), "v12"),
        (ModelLabel("baseline:seasonal_naive", None), "seasonal naive baseline"),
        (ModelLabel("baseline:theta", 3), "v3, the theta baseline"),
    ],
)
def test_a_model_is_named_as_people_say_it(label, text):
    """A baseline may be a version too."""
    assert label.text == text
