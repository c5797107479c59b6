"""[tuning]: what may be tried, and what is refused by name."""

import pytest
from pydantic import ValidationError

from lstm.config import Between, Tuning
from lstm.config.tuning import TUNABLE, table_of


def test_a_range_is_a_list_of_values_or_two_bounds():
    """Law: numbers stay whole, `automatic` may stand for a key that is left out."""
    tuning = Tuning.model_validate({"ranges": {"hidden": [16, "automatic"], "dropout": {"low": 0.0, "high": 0.5}}})
    assert tuning.ranges == {"hidden": (16, "automatic"), "dropout": Between(low=0.0, high=0.5)}


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"ranges": {"hidden": ["many"]}}, "hidden: 'many' cannot be set"),
        ({"ranges": {"hidden": {"low": 0, "high": 8}}}, "hidden: 0.0 cannot be set"),
        ({"ranges": {"loss": {"low": 0, "high": 1}}}, "loss is no number"),
        ({"ranges": {"dropout": {"low": 0.5, "high": 0.1}}}, "low lies below high"),
        ({"ranges": {"learning_rate": {"low": 0.0, "high": 0.1, "log": True}}}, "above 0 with log"),
        ({"ranges": {"epochs": [1]}}, "epochs"),
        ({"budget": "soon"}, "a duration is a whole number and min, h or D"),
        ({"trials": 0}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_be_tried_is_refused_by_name(table, words):
    """Law: before anything is trained."""
    with pytest.raises(ValidationError, match=words):
        Tuning.model_validate(table)


def test_every_tunable_key_is_in_a_table():
    """Law: what is tuned can be pasted."""
    assert {table_of(name) for name in TUNABLE} == {"model", "training"}
    assert (table_of("hidden"), table_of("weight_decay")) == ("model", "training")
