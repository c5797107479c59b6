"""What is tried, by rule and by the file."""

import numpy as np
import pytest
from pydantic import ValidationError

from lstm.config import Between, Model, Training, Tuning
from lstm.evaluation.tuning.space import Dimension, longest_look_back, present, space_of, with_values
from panels import make_panel
from trainings import windows_of


def panel_of(values):
    return make_panel({"a": values, "b": values}, horizon=7, cutoff=200)


WAVES = 10.0 + np.sin(np.arange(200) * 2 * np.pi / 7)


def names_of(space):
    return {part.name: part.tried for part in space}


def space(values=WAVES, model=None, ranges=None):
    panel = panel_of(values)
    tuning = Tuning.model_validate({"ranges": ranges or {}})
    return names_of(space_of(panel, windows_of(panel), model or Model(), tuning, (7,)))


def test_look_back_and_segment_follow_from_the_automatic_ones():
    """A single network would read 28 of these days, in segments of 14 by the rule; each may be left to the rule.

    84 days are more than half of what there is to train on, 118 days.
    """
    tried = space()
    assert tried["look_back"] == (None, 14, 56)
    assert None in tried["segment"]
    assert tried["hidden"] == (16, 32, 64, 128)
    assert tried["transform"] == (None, "log", "identity")


def test_what_the_data_or_the_network_cannot_have_is_not_tried():
    """Law: no logarithm of what may be zero; the textbook network has no attention, direction, segment or quantiles."""
    assert "transform" not in space(WAVES - 10.0)
    textbook = space(model=Model(kind="textbook"))
    assert not {"attention", "bidirectional", "loss", "segment", "transform"} & set(textbook)


def test_ranges_of_the_file_replace_those_by_rule():
    """Law: an empty list takes a key out, and `automatic` means that the key is left out."""
    tried = space(ranges={"hidden": [3, "automatic"], "dropout": [], "members": [1, 3]})
    assert tried["hidden"] == (3, None)
    assert "dropout" not in tried
    assert tried["members"] == (1, 3)


class Drawn:
    """Draws what it is told to."""

    def __init__(self, value):
        self.value = value

    def suggest_categorical(self, name, choices):
        return choices[self.value]

    def suggest_float(self, name, low, high, *, log):
        return self.value

    def suggest_int(self, name, low, high, *, log):
        assert isinstance(low, int)
        return self.value


def test_a_number_is_drawn_with_two_digits_and_stays_within_its_bounds():
    """Law: 0.0123456 is 0.012; 0.0996 rounds to 0.1, which is beyond a bound of 0.0999."""
    rate = Dimension("learning_rate", Between(low=1e-4, high=0.0999, log=True))
    assert rate.drawn(Drawn(0.0123456)) == 0.012
    assert rate.drawn(Drawn(0.0996)) == 0.0999
    assert Dimension("hidden", Between(low=4, high=16)).drawn(Drawn(9)) == 9
    assert Dimension("hidden", (4, None)).drawn(Drawn(1)) is None


def test_a_dimension_knows_what_it_holds():
    """Law: the file's own setting is a point of the space only where every key of it can be drawn."""
    rate = Dimension("learning_rate", Between(low=1e-4, high=1e-2, log=True))
    assert rate.holds(3e-3)
    assert not rate.holds(0.1)
    assert Dimension("look_back", (None, 14)).holds(None)
    assert not Dimension("look_back", (None, 14)).holds(15)


def test_the_longest_look_back_is_that_of_any_trial():
    """Law: one that is left to the rule counts with what the rule chooses."""
    assert longest_look_back([Dimension("look_back", (None, 14))], 28) == 28
    assert longest_look_back([Dimension("look_back", (14, 56))], 28) == 56
    assert longest_look_back([Dimension("look_back", Between(low=7, high=70))], 28) == 70
    assert longest_look_back([], 28) == 28


def test_a_setting_is_put_into_the_tables_and_checked():
    """Law: what does not go together is refused as in a file."""
    model, training = with_values(Model(), Training(), {"hidden": 5, "learning_rate": 0.01, "look_back": None})
    assert (model.hidden, training.learning_rate, model.look_back) == (5, 0.01, None)
    assert present(model, training, ["hidden", "learning_rate"]) == {"hidden": 5, "learning_rate": 0.01}
    assert present(Model(), Training(), ["hidden"]) == {"hidden": 64}
    with pytest.raises(ValidationError, match="textbook"):
        with_values(Model(kind="textbook"), Training(), {"attention": True})
