"""Published forecasts, explained by whoever made them."""

from dataclasses import replace

import numpy as np
import pytest

from lstm.compute.executor import Executor, InOrder
from lstm.compute.local_workers import Processes
from lstm.contestants import CHAMPION, SEASONAL_NAIVE
from lstm.data.panel.panel import Panel
from lstm.evaluation.change.published import Maker, Published
from lstm.evaluation.explanation import explained as module
from lstm.evaluation.explanation.earlier import Question
from lstm.evaluation.explanation.explained import (
    NO_EARLIER,
    NO_FORECAST,
    OTHERWISE,
    Server,
    choose_sample,
    explain,
    most_explained,
)
from lstm.evaluation.explanation.explanation import Explanation
from lstm.evaluation.explanation.groups import groups_of
from lstm.model.baselines.model import BaselineModel
from lstm.model.forecaster.forecaster import Forecaster
from trainings import CPU, LEVELS

QUESTION = Question((7,), 7, earlier=2)
NAIVE = BaselineModel("seasonal_naive", 7, LEVELS, None)


def published(panel: Panel, model: Forecaster) -> Published:
    """The first series by the model, the second by the seasonal naive."""
    series = np.arange(panel.series)
    rows = panel.row_of(series, panel.cutoff)
    by_model, by_naive = (
        maker.forecast(panel, series, rows, which="served", device=CPU)[:, :, 1] for maker in (model, NAIVE)
    )
    return Published(
        np.stack([by_model[0], by_naive[1]]), np.array([[0], [1]]), (Maker(CHAMPION, 1), Maker(SEASONAL_NAIVE, None))
    )


def servers(made: Published, model: Forecaster) -> list[Server]:
    return [Server(made.makers[0], model), Server(made.makers[1], NAIVE)]


def explanation(panel: Panel, model: Forecaster, made: Published, **options: bool) -> Explanation:
    held = options.get("held", False)
    return explain(panel, made, servers(made, model), QUESTION, held=held, executor=InOrder())


def test_every_forecast_is_explained_by_who_made_it(panel: Panel, model: Forecaster) -> None:
    """Law: usual and the contributions are the published forecast, to 1e-6, of the network and of the baseline."""
    made = published(panel, model)
    found = explanation(panel, model, made)
    assert [part.series.tolist() for part in found.parts] == [[0], [1]]
    assert found.unexplained == ()
    for part in found.parts:
        total = part.usual + part.contributions.sum(axis=-1)
        np.testing.assert_allclose(total, made.median[part.series], atol=1e-6)


def test_what_was_published_stands_where_it_differs_in_its_last_digits(panel: Panel, model: Forecaster) -> None:
    """A forecast that was made beside others may differ in its last bits: the contributions add up to the published."""
    made = published(panel, model)
    nudged = Published(made.median * (1.0 + 1e-6), made.maker, made.makers)
    part = explanation(panel, model, nudged).parts[0]
    np.testing.assert_allclose(part.usual + part.contributions.sum(axis=-1), nudged.median[:1], atol=1e-9)


def test_a_forecast_that_its_model_does_not_make_is_not_explained(panel: Panel, model: Forecaster) -> None:
    """Law: nothing is made up for a number that somebody changed; it is counted."""
    made = published(panel, model)
    changed = Published(made.median + 5.0, made.maker, made.makers)
    found = explanation(panel, model, changed)
    assert np.isnan(found.parts[0].contributions).all()
    assert (OTHERWISE, 1) in found.unexplained


def test_who_has_no_forecast_no_model_or_no_past_is_counted(panel: Panel, model: Forecaster) -> None:
    """Law: each reason with how many series and targets it concerns."""
    made = published(panel, model)
    gone = [Server(made.makers[0], None, reason="the model of v1 is gone"), Server(made.makers[1], NAIVE)]
    found = explain(panel, made, gone, QUESTION, held=False, executor=InOrder())
    assert found.unexplained == (("the model of v1 is gone", 1),)
    nobody = Published(made.median, np.array([[0], [-1]]), made.makers)
    assert explanation(panel, model, nobody).unexplained == ((NO_FORECAST, 1),)
    far = explain(panel, made, servers(made, model), Question((7,), 140), held=False, executor=InOrder())
    assert far.unexplained == ((NO_EARLIER, 2),)


def test_what_never_was_negative_is_held_at_zero_in_every_coalition(panel: Panel, model: Forecaster) -> None:
    """A model that forecasts 1,000 less is published as 0: usual is 0 as well, and nothing adds anything."""
    card = model.card.model_copy(update={"logs": (False,)})
    weights = {
        name: tensor - 1000.0 if name.endswith(":bias") or (name.endswith("bias") and "head" in name) else tensor
        for name, tensor in model.weights.items()
    }
    low = Forecaster(card, weights)
    made = published(panel, low)
    assert made.median[0].max() < 0.0
    at_zero = Published(np.maximum(made.median, 0.0), made.maker, made.makers)
    part = explanation(panel, low, at_zero, held=True).parts[0]
    np.testing.assert_array_equal(part.usual, 0.0)
    np.testing.assert_array_equal(part.contributions, 0.0)


def test_a_method_that_is_fitted_anew_is_explained_for_some_series(
    panel: Panel, model: Forecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: as many fits as a night can bear, and the others are counted."""
    monkeypatch.setattr(module, "MOST_FITTED", 1)
    theta = BaselineModel("theta", 7, LEVELS, None)
    series = np.arange(2)
    forecast = theta.forecast(panel, series, panel.row_of(series, panel.cutoff), which="served", device=CPU)[:, :, 1]
    made = Published(forecast, np.zeros((2, 1), int), (Maker("baseline:theta", None),))
    found = explain(panel, made, [Server(made.makers[0], theta)], QUESTION, held=False, executor=InOrder())
    assert len(found.parts[0].series) == 1
    assert found.unexplained == (("as many as 1 series by baseline:theta are explained in a night", 1),)


def of_both(panel: Panel, model: Forecaster, executor: Executor) -> np.ndarray:
    """(N, H, C, G): the contributions to both series' forecasts, by the model."""
    series = np.arange(2)
    rows = panel.row_of(series, panel.cutoff)
    forecast = model.forecast(panel, series, rows, which="served", device=CPU)[:, :, 1]
    both = Published(forecast, np.zeros((2, 1), int), (Maker(CHAMPION, 1),))
    found = explain(panel, both, [Server(both.makers[0], model)], QUESTION, held=False, executor=executor)
    return found.parts[0].contributions


def test_series_in_several_parts_give_the_same(
    panel: Panel, model: Forecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: how many series are explained at once changes nothing but last digits."""
    together = of_both(panel, model, InOrder())
    monkeypatch.setattr(module, "NUMBERS_AT_ONCE", 1)
    np.testing.assert_allclose(of_both(panel, model, InOrder()), together, atol=1e-5)


def test_what_a_night_can_bear_falls_with_look_back_and_groups(panel: Panel, model: Forecaster) -> None:
    """14 and 28 steps, two earlier windows, 2^8 coalitions: 21,504 steps a series; two groups take a sixty-fourth."""
    groups = groups_of(model.card, "served", (7,))
    assert most_explained(model, groups, QUESTION) == 2**27 // (42 * 2 * 2**8) == 6241
    assert most_explained(model, groups[:2], QUESTION) == 2**27 // (42 * 2 * 2**2)


def test_every_member_counts_and_the_textbook_network_for_every_step_that_it_forecasts(model: Forecaster) -> None:
    """It reads its look-back anew for each step; three networks read three times as much as one."""
    member = max(model.card.members, key=lambda member: member.look_back)
    groups, horizon = groups_of(model.card, "served", (7,)), model.card.contract.horizon
    three = replace(model, card=model.card.model_copy(update={"members": (member,) * 3}))
    textbook = member.model_copy(update={"kind": "textbook"})
    slow = replace(model, card=model.card.model_copy(update={"members": (textbook,)}))
    assert most_explained(three, groups, QUESTION) == 2**27 // (3 * 28 * 2 * 2**8)
    assert most_explained(slow, groups, QUESTION) == 2**27 // (horizon * 28 * 2 * 2**8)


def test_of_more_than_a_night_can_bear_some_are_explained(
    panel: Panel, model: Forecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of two, and the other is counted."""
    monkeypatch.setattr(module, "STEPS_OF_A_NIGHT", 1)
    series = np.arange(2)
    forecast = model.forecast(panel, series, panel.row_of(series, panel.cutoff), which="served", device=CPU)[:, :, 1]
    made = Published(forecast, np.zeros((2, 1), int), (Maker(CHAMPION, 1),))
    found = explain(panel, made, [Server(made.makers[0], model)], QUESTION, held=False, executor=InOrder())
    assert len(found.parts[0].series) == 1
    assert found.unexplained == (("as many as 1 series by champion are explained in a night", 1),)


@pytest.mark.slow
def test_several_processes_give_the_same(panel: Panel, model: Forecaster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: who does the work changes nothing."""
    monkeypatch.setattr(module, "NUMBERS_AT_ONCE", 1)
    alone = of_both(panel, model, InOrder())
    with Processes(2) as executor:
        np.testing.assert_allclose(of_both(panel, model, executor), alone, atol=1e-9)


def test_a_sample_is_the_same_for_the_same_seed() -> None:
    """Law: all where they are few; else so many, rising, each once, and others for another seed."""
    assert choose_sample(5, 10, 1).tolist() == [0, 1, 2, 3, 4]
    sample = choose_sample(1000, 10, 1)
    assert len(set(sample.tolist())) == 10
    assert sample.tolist() == sorted(sample.tolist()) == choose_sample(1000, 10, 1).tolist()
    assert sample.tolist() != choose_sample(1000, 10, 2).tolist()
