"""Segments: which series and targets are judged together."""

from dataclasses import replace

import numpy as np
import pytest

from lstm.errors import EvaluationError
from lstm.evaluation.backtest import segments as module
from lstm.evaluation.backtest.segments import segments
from panels import make_panel


def panel():
    plain = make_panel({"a": [1.0, 2], "b": [3.0, 4], "c": [5.0, 6]}, horizon=1, cutoff=1)
    targets = np.column_stack([plain.targets, plain.targets])
    static = np.array([[1.0, 7.5], [2.0, np.nan], [1.0, 7.5]], np.float32)
    return replace(plain, targets=targets, static=static, target_names=("y", "z"), static_names=("region", "size"))


def masks(scope):
    return {segment.name: segment.mask.tolist() for segment in segments(panel(), scope)}


def test_everything_is_one_segment_and_each_target_is_one():
    """Masks are (S, C)."""
    assert masks("all") == {"": [[True, True]] * 3}
    assert masks("target") == {"target y": [[True, False]] * 3, "target z": [[False, True]] * 3}


def test_each_value_of_a_static_covariate_is_one_and_the_unknown_ones_are_another():
    """Series a and c have region 1; b has no size."""
    yes, no = [True, True], [False, False]
    assert masks("region") == {"region 1": [yes, no, yes], "region 2": [no, yes, no]}
    assert masks("size") == {"size 7.5": [yes, no, yes], "size unknown": [no, yes, no]}


def test_a_category_is_called_by_its_text():
    """Not by a place among the others, which tomorrow's categories may move."""
    named = replace(panel(), categories=(("east", "north", "west"), ()))
    assert [segment.name for segment in segments(named, "region")] == ["region north", "region west"]


def test_each_value_of_a_key_column_is_one():
    """With their own names."""
    assert list(masks("id")) == ["id a", "id b", "id c"]


def test_too_many_segments_are_refused_with_their_number(monkeypatch):
    """A hundred thousand judgements are no judgement."""
    monkeypatch.setattr(module, "MOST_SEGMENTS", 2)
    with pytest.raises(EvaluationError, match="scope 'id', which has 3 values; at most 2"):
        segments(panel(), "id")
