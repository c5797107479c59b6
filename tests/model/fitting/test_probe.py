"""The probe on series of which one knows what is best for them."""

import numpy as np
import pytest

from lstm.config import Model
from lstm.data.panel.panel import Panel
from lstm.errors import ConfigError
from lstm.model.fitting import probe
from lstm.model.fitting.probe import MARGIN
from lstm.model.network.logarithms import undo_logs
from panels import make_panel
from trainings import choice_of, made_of, several_targets, train

# Whatever is chosen, training is not the point: one member, an epoch of one batch.
BARE = {"epoch_steps": 1, "max_epochs": 1, "refit": False}


def chosen(panel: Panel, name: str, model: Model | None = None, **options) -> tuple[str, str]:
    """(value, reason) of a choice."""
    model = (model or Model()).model_copy(update={"members": 1})
    choice = choice_of(train(panel, model=model, training=BARE, **options), name)
    return choice.value, choice.reason


def growing(seed: int, series: int = 8) -> Panel:
    """Growth by 1 % a day, a week that multiplies, and noise that does: days are about twice or half of the course."""
    rng = np.random.default_rng(seed)
    course = 0.01 * np.arange(250) + np.tile([0, 0.5, 1, 0, -0.5, -1, 0.5], 36)[:250]
    return make_panel(
        {str(s): 10 * np.exp(course + 0.8 * rng.normal(size=250)) for s in range(series)}, horizon=7, cutoff=250
    )


def steady(seed: int, series: int = 8) -> Panel:
    """A week from near zero up to 8, and noise of 0.5 that does not grow with it."""
    rng = np.random.default_rng(seed)
    week = np.tile([0.05, 6, 4, 8, 2, 5, 7], 40)[:250]
    return make_panel(
        {str(s): np.abs(week + 0.5 * rng.normal(size=250)) + 1e-3 for s in range(series)}, horizon=7, cutoff=250
    )


def test_logarithms_are_taken_of_growth_whose_noise_grows_with_it():
    """Law: what multiplies adds up in logarithms, and the error of the forecasts is a quarter less."""
    value, reason = chosen(growing(0), "transform")
    assert value == "log of y"
    assert "log error of ridge regression on validation (y " in reason


def test_no_logarithms_where_noise_does_not_grow_and_values_come_near_zero():
    """Law: near zero additive noise is wild in logarithms; the forecasts are worse by more than the margin."""
    assert chosen(steady(0), "transform")[0] == "identity"


def test_no_logarithms_of_what_is_not_positive():
    """One zero in one series is enough, and nothing is tried."""
    panel = growing(1)
    panel.targets[20] = 0.0
    assert chosen(panel, "transform") == ("identity", "no target is positive throughout")


def test_each_target_is_asked_by_itself():
    """A target that grows beside one that is negative: the logarithm of the first only."""
    panel = several_targets(growing(2), lambda y: [y, -y])
    assert chosen(panel, "transform", Model(channels="joint"))[0] == "log of a"


def test_logarithms_that_the_pipeline_file_asks_for_need_positive_targets():
    """The message names the targets and what to do."""
    panel = several_targets(growing(2), lambda y: [y, y - y.mean(), 0 * y])
    with pytest.raises(
        ConfigError,
        match=r'model.transform = "log" needs positive targets, but b, c has values at or below zero; leave it out, or '
        r'set it to "identity"',
    ):
        train(panel, model=Model(members=1, transform="log"), training=BARE)


@pytest.mark.parametrize(("transform", "value"), [("log", "log of y"), ("identity", "identity")])
def test_the_pipeline_file_decides_the_transform(transform, value):
    """Nothing is tried then."""
    assert chosen(growing(1), "transform", Model(transform=transform)) == (value, "the pipeline file")


def test_targets_that_move_alike_share_their_weights():
    """Law: three targets with one law and little history: a regression for all has three times the windows."""
    rng = np.random.default_rng(4)

    def walk(length: int) -> np.ndarray:
        steps, values = rng.normal(size=length), np.zeros(length)
        for step in range(1, length):
            values[step] = 0.9 * values[step - 1] + steps[step]
        return values

    panel = several_targets(
        make_panel({"a": walk(120)}, horizon=7, cutoff=120), lambda y: [walk(len(y)) for _ in range(3)]
    )
    assert chosen(panel, "channels")[0] == "shared"


def test_targets_of_different_laws_have_their_own_weights():
    """Law: one alternates, the other keeps its value: no regression serves both."""
    rng = np.random.default_rng(5)
    panel = several_targets(
        make_panel({str(s): np.zeros(300) for s in range(4)}, horizon=7, cutoff=300),
        lambda y: [
            (-1.0) ** np.arange(len(y)) + 0.05 * rng.normal(size=len(y)),
            np.repeat(rng.normal(size=len(y)), 30)[: len(y)] + 0.05 * rng.normal(size=len(y)),
        ],
    )
    assert chosen(panel, "channels", seasons=(1,))[0] == "joint"


def test_one_target_is_joint_and_the_pipeline_file_decides():
    """With one target there is nothing to share."""
    assert chosen(growing(6), "channels") == ("joint", "there is one target")
    panel = several_targets(growing(6), lambda y: [y, y])
    assert chosen(panel, "channels", Model(channels="shared")) == ("shared", "the pipeline file")


def test_series_that_jump_between_quiet_levels_are_brought_to_mean_and_std():
    """Law: the spread of the window says whether something just happened, that of the whole series does not."""
    rng = np.random.default_rng(8)
    jumps = np.where(rng.random((300, 10)) < 0.03, 10 * rng.normal(size=(300, 10)), 0.0)
    values = np.cumsum(jumps, axis=0) + 0.01 * rng.normal(size=(300, 10))
    panel = make_panel({str(s): values[:, s] for s in range(10)}, horizon=7, cutoff=300)
    value, reason = chosen(panel, "normalisation", Model(look_back=28), seasons=(1,))
    assert value == "mean_std"
    assert reason.startswith("log error of ridge regression on validation: mean_std ")


@pytest.mark.parametrize(
    ("mean_std", "last_value", "choice"),
    [
        (1.0, 1.0, "mean_std and last_value"),
        (1.0, 1.0 + 0.5 * MARGIN, "mean_std and last_value"),
        (1.0, 1.0 + 2 * MARGIN, "mean_std"),
        (1.0 + 2 * MARGIN, 1.0, "last_value"),
        (-3.0, -3.0 + 2 * MARGIN, "mean_std"),
    ],
)
def test_a_normalisation_must_be_better_by_the_margin_to_be_the_only_one(mean_std, last_value, choice, monkeypatch):
    """Law: below it validation has no opinion, and members take turns."""
    errors = {"mean_std": mean_std, "last_value": last_value}
    monkeypatch.setattr(
        "lstm.model.fitting.probe._Trial.error",
        lambda trial, logs, channels, normalisation="mean_std": np.array([errors[normalisation]]),
    )
    assert chosen(growing(9), "normalisation")[0] == choice


def test_where_both_normalisations_are_as_good_members_take_turns():
    """Law: members differ in what they read where validation has no opinion; the first takes mean and std."""
    members = made_of(growing(9), model=Model(members=3), training=BARE).card
    choice = choice_of(members, "normalisation")
    normalisations = [member.normalisation for member in members.members]
    turns = choice.value.split(" and ")
    assert normalisations == [turns[member % len(turns)] for member in range(3)]
    fixed = made_of(growing(9), model=Model(members=2, normalisation="last_value"), training=BARE).card
    assert [member.normalisation for member in fixed.members] == ["last_value"] * 2
    assert choice_of(fixed, "normalisation").reason == "the pipeline file"


def test_the_textbook_network_asks_for_nothing():
    """It reads values standardised by the series so far, and forecasts all targets together."""
    card = made_of(growing(9), model=Model(kind="textbook", look_back=14), training=BARE).card
    values = {choice.name: choice.value for choice in card.choices}
    assert (values["transform"], values["channels"], values["normalisation"]) == ("identity", "joint", "series")


def test_no_setting_is_tried_twice(monkeypatch):
    """Law: of two positive targets four are: with logarithms and without, shared channels, the last value."""
    tried = []

    def counted(trial, *candidate):
        tried.append(candidate)
        return attempt(trial, *candidate)

    attempt = probe._Trial._tried
    monkeypatch.setattr(probe._Trial, "_tried", counted)
    two = several_targets(growing(3), lambda values: (values, values + 1.0))
    train(two, model=Model(members=1), training=BARE)
    assert len(tried) == len(set(tried)) == 4


def test_the_probe_reads_nothing_after_validation():
    """Law: choices and their numbers do not change when the backtest's targets do."""
    panel = growing(10)
    before = made_of(panel, model=Model(members=1), training=BARE).card
    later = panel.ordinals > panel.frequency.ordinal_of_text(before.trained_through)
    panel.targets[later & panel.observed[:, 0]] *= 7.0
    after = made_of(panel, model=Model(members=1), training=BARE).card
    assert after.choices == before.choices


def test_logarithms_are_undone_for_their_targets_only():
    """A forecast of 1000 that is no logarithm must not overflow on the way."""
    forecast = np.array([[0.0, 1000.0], [1.0, 0.0]])
    with np.errstate(over="raise"):
        np.testing.assert_allclose(undo_logs(forecast, (True, False)), [[1.0, 1000.0], [np.e, 0.0]])


def test_the_margin_is_small_against_what_it_decides():
    """A log error of 0.05 is five percent; a choice that says less than that stays where measurements put it."""
    assert 0 < MARGIN < 0.05
