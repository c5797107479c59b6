"""Windows put together of two: masks go with their values, level and scale with the history that comes of it."""

from dataclasses import replace

import numpy as np
import torch

from lstm.data.panel.panel import Panel
from lstm.evaluation.explanation.explanation import Group
from lstm.evaluation.explanation.groups import groups_of
from lstm.evaluation.explanation.switching import History, other_history, says_the_same, switched
from lstm.model.forecaster.forecaster import Forecaster, Windowed
from lstm.model.network.batch import Reading
from lstm.model.network.inputs import InputSettings
from trainings import CPU

LOOK_BACK = 28


def read(panel: Panel, model: Forecaster) -> tuple[Reading, Reading, History, list[Group], InputSettings]:
    """The windows of both series at the cutoff and 77 steps before, where the first has a gap, as a member reads it."""
    series = np.arange(panel.series)
    rows = panel.row_of(series, panel.cutoff)
    windowed = Windowed(panel, series, rows, None, 0)
    _, inputs = list(model.set_up(windowed, np.concatenate([rows, rows - 77]), "served", CPU))[1]
    places = torch.from_numpy(series)
    now, then = (inputs.read(places, torch.from_numpy(cutoff)) for cutoff in (rows, rows - 77))
    still = torch.ones_like(now.level).double()
    history = other_history(now, then, LOOK_BACK, (7,), still, 0.05 * still)
    return now, then, history, list(groups_of(model.card, "served", (7,))), inputs.settings


def test_a_coalition_of_all_is_the_window_and_one_of_none_the_other(panel: Panel, model: Forecaster) -> None:
    """Law: every tensor that a network is made to read of comes from the one, or from the other."""
    now, then, history, groups, settings = read(panel, model)
    whole = switched(now, then, history, groups, [True] * len(groups), settings)
    empty = switched(now, then, history, groups, [False] * len(groups), settings)
    for composed, expected in ((whole, now), (empty, then)):
        assert composed.past is not None
        assert expected.past is not None
        assert composed.known is not None
        assert expected.known is not None
        for tensor, other in (
            (composed.values[:, :LOOK_BACK], expected.values[:, :LOOK_BACK]),
            (composed.seen[:, :LOOK_BACK], expected.seen[:, :LOOK_BACK]),
            (composed.past, expected.past),
            (composed.known, expected.known),
            (composed.future, expected.future),
            (composed.level, expected.level),
            (composed.scale, expected.scale),
        ):
            np.testing.assert_allclose(tensor, other, rtol=1e-5)


def test_a_mask_goes_with_the_rest_of_the_history(panel: Panel, model: Forecaster) -> None:
    """The gap of four days lies in the earlier window: who takes its movement takes the mask, and nobody else."""
    now, then, history, groups, settings = read(panel, model)
    assert not torch.equal(now.seen[:, :LOOK_BACK], then.seen[:, :LOOK_BACK])
    for place, group in enumerate(groups):
        holds = [other != place for other in range(len(groups))]
        composed = switched(now, then, history, groups, holds, settings)
        expected = then if group.kind == "rest" else now
        assert torch.equal(composed.seen[:, :LOOK_BACK], expected.seen[:, :LOOK_BACK])


def test_level_and_scale_are_those_of_the_composed_history(panel: Panel, model: Forecaster) -> None:
    """Without its level a window that is read from its last value has the last value of what it then is."""
    now, then, history, groups, settings = read(panel, model)
    holds = [group.kind != "level" for group in groups]
    composed = switched(now, then, history, groups, holds, replace(settings, normalisation="last_value"))
    np.testing.assert_allclose(composed.level, composed.values[:, LOOK_BACK - 1])
    np.testing.assert_allclose(composed.scale, now.scale)
    composed = switched(now, then, history, groups, holds, replace(settings, normalisation="mean_std"))
    window = composed.values[:, :LOOK_BACK].double()
    np.testing.assert_allclose(composed.level, window.mean(dim=1), rtol=1e-5)
    # The spread so far, of 1, counts as one step more: see `window_scales`.
    expected = ((window.var(dim=1, correction=0) * LOOK_BACK + 1.0) / (LOOK_BACK + 1)) ** 0.5
    np.testing.assert_allclose(composed.scale, expected, rtol=1e-5)


def test_the_windows_stay_as_they_are(panel: Panel, model: Forecaster) -> None:
    """Law: what is composed may be changed, and the windows are read again for every coalition."""
    now, then, history, groups, settings = read(panel, model)
    before = now.values.clone(), now.seen.clone(), now.future.clone()
    for holds in ([True] * len(groups), [False] * len(groups)):
        composed = switched(now, then, history, groups, holds, settings)
        for tensor in (composed.values, composed.seen, composed.future, composed.level):
            tensor.fill_(-1.0)
    now, then, history, groups, settings = read(panel, model)
    for tensor, kept in zip((now.values, now.seen, now.future), before, strict=True):
        assert torch.equal(tensor, kept)


def test_only_covariates_that_are_equal_throughout_say_the_same(panel: Panel, model: Forecaster) -> None:
    """77 days are eleven weeks: the weekday is the same, the wind is not, and a plan is not asked."""
    now, then, _, groups, _ = read(panel, model)
    same = {group.name: says_the_same(now, then, group) for group in groups}
    assert [name for name, answer in same.items() if answer] == ["calendar"]
