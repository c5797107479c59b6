"""What a model forecasts for coalitions: the ends are its own forecasts, and what lies between is what it was given."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import ShapleyValues
from torch import Tensor

from lstm.config import Model
from lstm.data.panel.panel import Panel
from lstm.evaluation.explanation.coalitions import shapley
from lstm.evaluation.explanation.earlier import Question
from lstm.evaluation.explanation.explanation import Group
from lstm.evaluation.explanation.groups import groups_of
from lstm.evaluation.explanation.history_parts import history_parts
from lstm.evaluation.explanation.network_values import Asked, network_values
from lstm.evaluation.explanation.switching import History, switched
from lstm.model.forecaster.forecaster import Forecaster, Which
from lstm.model.network.batch import Reading
from lstm.model.network.inputs import InputSettings
from panels import make_panel
from trainings import CPU, made_of

QUESTION = Question((7,), 7)
TINY = {"epoch_steps": 5, "max_epochs": 1, "batch_size": 32}


def asked(model: Forecaster, which: Which = "served", question: Question = QUESTION) -> Asked:
    return Asked(model, which, groups_of(model.card, which, question.seasons), question, CPU)


def at_cutoff(panel: Panel, back: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Every series, and the row so many steps before its cutoff."""
    series = np.arange(panel.series)
    return series, panel.row_of(series, panel.cutoff - back)


def medians(model: Forecaster, panel: Panel, back: int = 0, which: Which = "served") -> np.ndarray:
    return model.forecast(panel, *at_cutoff(panel, back), which=which, device=CPU)[:, :, model.median]


@pytest.mark.parametrize("which", ["served", "evaluated", "ridge"])
def test_the_whole_coalition_is_the_forecast_and_the_empty_one_the_mean_of_the_earlier(
    panel: Panel, model: Forecaster, which: Which
) -> None:
    """Law: what is explained is the very forecast, and usual is what the model would have forecast then."""
    values = network_values(asked(model, which), panel, *at_cutoff(panel))
    np.testing.assert_allclose(values[:, :, -1], medians(model, panel, which=which), rtol=1e-6)
    earlier = np.mean([medians(model, panel, 7 * week, which) for week in (1, 2, 3, 4)], axis=0)
    np.testing.assert_allclose(values[:, :, 0], earlier, rtol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {"normalisation": "mean_std"},
        {"transform": "log"},
        {"channels": "shared"},
        {"kind": "textbook"},
        {"loss": "huber"},
    ],
)
def test_the_ends_are_forecasts_however_a_model_reads(panel: Panel, options: dict[str, str]) -> None:
    """Law: the same with logarithms, and whatever level and scale a window has."""
    options_of_model = Model.model_validate({"members": 1, **options})
    other = made_of(panel, model=options_of_model, training=TINY, minimum=0.5)
    values = network_values(asked(other), panel, *at_cutoff(panel))
    np.testing.assert_allclose(values[:, :, -1], medians(other, panel), rtol=1e-5)
    earlier = np.mean([medians(other, panel, 7 * week) for week in (1, 2, 3, 4)], axis=0)
    np.testing.assert_allclose(values[:, :, 0], earlier, rtol=1e-5)


def test_captum_agrees(panel: Panel, model: Forecaster) -> None:
    """An independent enumeration of the 120 orders of five groups; captum counts in float32."""
    everything = asked(model)
    question = replace(everything, groups=everything.groups[:5])
    values = network_values(question, panel, *at_cutoff(panel))
    count = len(question.groups)

    def forecast(present: Tensor) -> Tensor:
        """(rows): the first step of the first series, for rows (rows, G) of 1 where a group is there."""
        number = (present.double() @ (2.0 ** torch.arange(count).double())).long()
        return torch.from_numpy(values[0, 0, :, 0])[number]

    expected = ShapleyValues(forecast).attribute(torch.ones(1, count), baselines=0)
    np.testing.assert_allclose(shapley(values[0, 0, :, 0]), expected[0].numpy(), atol=1e-6, rtol=1e-5)


def without_weights(model: Forecaster) -> Forecaster:
    """The same with a ridge regression that is 0: a member of the last value forecasts that."""
    weights = {name: torch.zeros_like(tensor) if "ridge:" in name else tensor for name, tensor in model.weights.items()}
    return Forecaster(model.card, weights)


@pytest.fixture(scope="module")
def last_value() -> tuple[Panel, Forecaster]:
    """A model that forecasts the last value, for every step: linear, and known by hand."""
    rng = np.random.default_rng(0)
    week = np.tile([5.0, 1, 2, 1, 2, 1, 9], 25)
    panel = make_panel({"a": 50.0 + week + rng.normal(size=175).cumsum()}, horizon=2, cutoff=175)
    options = Model(members=1, normalisation="last_value", transform="identity", look_back=28)
    return panel, without_weights(made_of(panel, model=options, training=TINY))


def test_a_linear_model_gives_what_is_known_by_hand(last_value: tuple[Panel, Forecaster]) -> None:
    """The last value is a sum of parts, so each adds its own part there less the mean of those of earlier windows."""
    panel, model = last_value
    values = network_values(asked(model, "ridge"), panel, *at_cutoff(panel))
    series = torch.from_numpy(panel.targets[:175].astype(np.float64))

    def ends(back: int) -> np.ndarray:
        """(G): the parts of the last step of the look-back that ends so many steps before the cutoff."""
        window = series[175 - back - 28 : 175 - back][None]
        return np.array([float(part[0, -1, 0]) for part in history_parts(window, torch.ones_like(window), (7,))])

    expected = ends(0) - np.mean([ends(7 * week) for week in (1, 2, 3, 4)], axis=0)
    np.testing.assert_allclose(shapley(values[0, 0, :, 0]), expected, atol=1e-4)
    assert np.abs(expected).max() > 1.0


def test_a_covariate_that_a_linear_model_does_not_weigh_adds_nothing(panel: Panel, model: Forecaster) -> None:
    """Law of the null player: a ridge regression of zeros forecasts from level and scale alone."""
    blind = asked(without_weights(model), "ridge")
    contributions = shapley(np.moveaxis(network_values(blind, panel, *at_cutoff(panel)), 2, -1))
    names = [group.name for group in blind.groups]
    for name in ("plan", "promotion", "calendar"):
        np.testing.assert_allclose(contributions[..., names.index(name)], 0.0, atol=1e-9)


def test_a_covariate_is_switched_in_all_tensors_that_hold_it(panel: Panel, model: Forecaster) -> None:
    """Law: with everything but the plan from the earlier window the model reads a panel in which only the plan differs.

    The plan is in the look-back, ahead, and aligned with the target; of a panel that is cut off a week ago, with
    tonight's plan in the place of that week's, the model forecasts the same.
    """
    one_week = Question((7,), 7, earlier=1)
    question = asked(model, question=one_week)
    alone = 1 << [group.name for group in question.groups].index("plan")
    values = network_values(question, panel, *at_cutoff(panel))
    future = panel.future.copy()
    look_back = max(member.look_back for member in model.card.members)
    for series in range(panel.series):
        end = int(panel.indptr[series + 1])
        begin = end - panel.horizon - look_back
        future[begin - 7 : end - 7, 0] = panel.future[begin:end, 0]
    exchanged = replace(panel, future=future)
    np.testing.assert_allclose(values[:, :, alone], medians(model, exchanged, 7), rtol=1e-5)


def test_a_series_without_an_earlier_window_is_not_explained(panel: Panel, model: Forecaster) -> None:
    """Twenty weeks are not there a second time."""
    values = network_values(asked(model, question=Question((7,), 140)), panel, *at_cutoff(panel))
    assert np.isnan(values).all()


def test_a_window_that_ends_late_is_explained_as_it_is_served(panel: Panel, model: Forecaster) -> None:
    """The last value of the first series did not come: the first steps are forecast from the one before."""
    targets = panel.targets.copy()
    targets[panel.row_of(np.array([0]), panel.cutoff)] = np.nan
    late = replace(panel, targets=targets)
    values = network_values(asked(model), late, *at_cutoff(late))
    np.testing.assert_allclose(values[:, :, -1], medians(model, late), rtol=1e-6)
    usual = medians(model, panel, 8)[0]
    one = network_values(asked(model, question=Question((7,), 7, earlier=1)), late, *at_cutoff(late))
    np.testing.assert_allclose(one[0, :2, 0], usual[1:], rtol=1e-6)


def test_groups_that_say_the_same_are_not_asked(
    panel: Panel, model: Forecaster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weekday is that of a week ago, so half of all coalitions are forecast, and the calendar adds exactly 0."""
    counted: list[Sequence[bool]] = []

    def counting(
        reading: Reading,
        other: Reading,
        history: History,
        groups: Sequence[Group],
        holds: Sequence[bool],
        how: InputSettings,
    ) -> Reading:
        counted.append(holds)
        return switched(reading, other, history, groups, holds, how)

    monkeypatch.setattr("lstm.evaluation.explanation.network_values.switched", counting)
    question = asked(model)
    calendar = [group.kind == "calendar" for group in question.groups]
    values = network_values(question, panel, *at_cutoff(panel))
    assert any(calendar)
    assert len(set(counted)) == 2 ** (len(question.groups) - 1)
    np.testing.assert_allclose(shapley(np.moveaxis(values, 2, -1))[..., calendar], 0.0, atol=1e-9)
