"""What is guessed from a look at a table, and what is left to a person."""

import pytest
from looks import DAYS, look, written

from lstm.errors import ConfigError


def test_what_the_command_line_says_is_not_guessed():
    """Names of columns are taken as they are given."""
    columns = {"day": DAYS, "seen": DAYS, "id": ["a"] * 40, "x": ["1", "2"] * 20, "y": ["3", "4"] * 20}
    guesses = look(columns, time="seen", series=("id",), targets=("x", "y"))
    assert written(guesses) == {"series": ("id",), "time": "seen", "targets": ("x", "y")}


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"time": "when"}, "--time when: there is no such column; there are day, name, y"),
        ({"time": "name"}, "--time name: its values are no times"),
        ({"series": ("shop",)}, "--series shop: there is no such column"),
        ({"targets": ("name",)}, "--target name: the column holds no numbers"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_refused(wish, message):
    """The option and the column are named."""
    with pytest.raises(ConfigError, match=message):
        look({"day": DAYS, "name": ["red"] * 40, "y": ["1", "2"] * 20}, **wish)


def test_integer_steps_have_their_own_step_as_frequency():
    """0, 5, 10, … of two series."""
    guesses = look({"id": ["a"] * 20 + ["b"] * 20, "t": [*range(0, 100, 5)] * 2, "value": [0.5, 1.5] * 20})
    assert written(guesses)["time"] == "t"
    assert guesses.frequency == "5"
