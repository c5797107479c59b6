"""A warm start: whose weights fit, whose do not and why, and that training begins where the champion was."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from lstm.config import Model
from lstm.data.panel.windows import SPLITS
from lstm.model.fitting.fit import Fitted
from lstm.model.fitting.warm_start import read_later
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.forecaster.rebuilt import input_settings
from lstm.model.network.inputs import Inputs
from lstm.model.training.checkpoint import unpack
from panels import make_panel
from trainings import CPU, Memory, chaos, choice_of, forecast_at, made_of, several_targets, train, windows_of

TINY = {"epoch_steps": 3, "max_epochs": 2, "batch_size": 16, "warm_start": True}
SMALL = {"members": 2, "hidden": 8, "segment": 2}
SEASONS = (1,)


def night(panel, champion: Forecaster | None = None, *, model: dict[str, Any] | None = None, **training: Any) -> Fitted:
    """A night's fit that may begin from a champion."""
    return train(
        panel, model=Model(**(SMALL | (model or {}))), training=TINY | training, seasons=SEASONS, champion=champion
    )


def at_once(panel, champion: Forecaster) -> Fitted:
    """A warm start that learns nothing: the rate is nothing to speak of."""
    return night(panel, champion, learning_rate=1e-12, weight_decay=0.0)


@pytest.fixture(scope="module")
def champion() -> Forecaster:
    return night(chaos(), epoch_steps=10).forecaster


def test_without_a_champion_the_start_is_cold_and_the_card_says_so():
    """The first night has nothing to begin from."""
    assert night(chaos()).forecaster.card.warm_start == "not from the champion: there is none"


def test_a_start_that_was_not_asked_for_is_cold(champion):
    """Law: a champion that is there changes nothing unless the pipeline file asks for it."""
    panel, model = chaos(), Model(**SMALL)
    cold, with_champion = (
        train(panel, model=model, training=TINY | {"warm_start": False}, seasons=SEASONS, champion=start).forecaster
        for start in (None, champion)
    )
    assert with_champion.card.warm_start == "not asked for"
    assert with_champion.to_bytes() == cold.to_bytes()


def test_training_begins_at_the_champion_and_its_choices_are_kept(champion):
    """Law: before the first step the networks are the champion's, so their forecasts are."""
    panel = chaos()
    warm = at_once(panel, champion).forecaster
    assert warm.card.warm_start == f"from the champion trained through {champion.card.trained_through}"
    assert choice_of(warm, "warm start").value == "yes"
    assert (warm.card.logs, warm.card.channels) == (champion.card.logs, champion.card.channels)
    for tonight, before in zip(warm.card.members, champion.card.members, strict=True):
        for name in ("look_back", "segment", "normalisation"):
            assert getattr(tonight, name) == getattr(before, name)
        for name, tensor in champion.weights.items():
            if name.startswith(before.evaluated.prefix):
                torch.testing.assert_close(warm.weights[name], tensor, rtol=0, atol=1e-9)
    np.testing.assert_allclose(forecast_at(warm, panel, 140), forecast_at(champion, panel, 140), rtol=1e-5)


def test_the_loss_of_epoch_0_is_the_champions_loss_on_tonights_windows(champion):
    """Law: the start is validated before any step; nothing later than it counts where nothing beats it.

    The checkpoint of the start holds the loss: an independent one is worked out from the champion's forecasts in
    normalised units, twice the mean pinball loss and the absolute error of the median.
    """
    panel, memory = chaos(), Memory(dies_at=1)
    with pytest.raises(KeyboardInterrupt):
        train(panel, model=Model(**SMALL), training=TINY, seasons=SEASONS, champion=champion, checkpoints=memory)
    start = unpack(memory.kept["member-0"]).stopping.best_loss
    member = champion.card.members[0]
    windows = windows_of(panel, SEASONS)
    validation = windows.split == SPLITS.index("validation")
    series, rows = windows.series[validation], windows.row[validation]
    enough = rows - panel.indptr[series] + 1 >= champion.card.steps_needed
    series, rows = series[enough], rows[enough]
    levels = np.asarray(champion.card.levels)
    alone = champion.card.model_copy(
        update={
            "members": (member,),
            "contract": champion.card.contract.model_copy(update={"quantile_levels": champion.card.levels}),
            "calibration": np.zeros((panel.horizon, len(levels), 1)).tolist(),
        }
    )
    raw = Forecaster(alone, champion.weights).forecast(panel, series, rows, which="evaluated", device=CPU)[..., 0]
    truth = panel.targets[rows[:, None] + np.arange(1, panel.horizon + 1), 0].astype(float)
    if champion.card.logs[0]:
        raw, truth = np.log(raw), np.log(truth)
    inputs = Inputs(panel, input_settings(panel, champion.card, member, member.evaluated), CPU)
    scale = inputs.gather_at(series, rows).scale.numpy()
    error = (truth[:, :, None] - raw) / scale[:, None]
    pinball = np.maximum(levels * error, (levels - 1) * error)
    median = np.abs(error[:, :, list(champion.card.levels).index(0.5)])
    # Quantiles that cross are put in order before they are published, which the loss does not see.
    assert start == pytest.approx(2 * pinball.mean() + median.mean(), rel=2e-2)


def test_a_second_night_goes_on_from_the_first():
    """Law: two short nights get further than one, on the same windows."""
    panel, model = chaos(), {"members": 1, "look_back": 4, "hidden": 64}
    options: dict[str, Any] = {"model": model, "epoch_steps": 20, "max_epochs": 3, "batch_size": 64, "refit": False}
    cold = night(panel, **options).forecaster
    warm = night(panel, cold, **options).forecaster
    for before, after in zip(cold.card.members, warm.card.members, strict=True):
        assert after.validation_loss < before.validation_loss


def test_served_weights_begin_at_the_champions_served_ones(champion):
    """Law: the refit of a warm start goes on from what the champion served with, where that has read no further."""
    warm = at_once(chaos(), champion).forecaster
    member = champion.card.members[0]
    assert member.served.prefix != member.evaluated.prefix
    begun = {name: warm.weights[warm.card.members[0].served.prefix + name] for name in ("back", "head.bias")}
    for name, tensor in begun.items():
        torch.testing.assert_close(tensor, champion.weights[member.served.prefix + name], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        ({"members": 3}, "it has 2 members, not 3"),
        ({"hidden": 9}, "its hidden is 8, not 9"),
        ({"layers": 2}, "its layers is 1, not 2"),
        ({"bidirectional": True}, "its bidirectional is False, not True"),
        ({"attention": True}, "its attention is False, not True"),
        ({"look_back": 5}, "its look_back is 14, not 5"),
        ({"segment": 3}, "its segment is 2, not 3"),
        ({"loss": "huber"}, "its loss differ"),
        ({"kind": "stepwise"}, "its kind is segmented, not stepwise"),
    ],
)
def test_weights_that_do_not_fit_are_not_begun_from(champion, model, reason):
    """Law: the settings decide, the start is cold, and the card has the reason with both values."""
    card = night(chaos(), champion, model=model).forecaster.card
    assert card.warm_start == f"not from the champion: {reason}"
    assert "warm start" not in {choice.name for choice in card.choices}


def test_a_fixed_transform_normalisation_or_mode_must_be_the_champions():
    """Each is asked for in the pipeline file, and the champion has another."""
    panel = several_targets(chaos(), lambda y: [y, y[::-1].copy()])
    settings = {"transform": "identity", "normalisation": "mean_std", "channels": "joint"}
    changes = {"transform": "log", "normalisation": "last_value", "channels": "shared"}
    reasons = {
        "transform": "its transform is not log",
        "normalisation": "its normalisation is mean_std, not last_value",
        "channels": "its channels are joint, not shared",
    }
    champion = night(panel, model=settings).forecaster
    for name, reason in reasons.items():
        card = night(panel, champion, model=settings | {name: changes[name]}).forecaster.card
        assert card.warm_start == f"not from the champion: {reason}"
    assert night(panel, champion, model=settings).forecaster.card.warm_start.startswith("from the champion")
    assert night(panel, champion).forecaster.card.warm_start.startswith("from the champion")


def test_covariates_that_the_champion_does_not_know_are_a_reason(champion):
    """Its weights have no column for them."""
    panel = chaos()
    wider = replace(panel, past=np.zeros((panel.steps, 1), np.float32), past_names=("wind",))
    assert night(wider, champion).forecaster.card.warm_start == "not from the champion: its past names differ"
    planned = replace(panel, future=np.zeros((panel.steps, 1), np.float32), future_names=("plan",))
    assert night(planned, champion).forecaster.card.warm_start == "not from the champion: its future names differ"


def test_a_champion_that_has_read_tonights_test_part_is_not_begun_from():
    """Law: its evaluated weights were trained through a day that is later than tonight's validation ends.

    The panel of an older night: 30 steps earlier.
    """
    champion = night(chaos()).forecaster
    older = chaos(steps=120)
    card = night(older, champion).forecaster.card
    assert champion.card.trained_through > card.trained_through
    assert card.warm_start == (
        f"not from the champion: it was trained through {champion.card.trained_through}, later than tonight's "
        "validation ends"
    )


def test_a_champion_trained_through_the_last_day_of_validation_may_be_begun_from(champion):
    """The border: the same day is not later, the day before is."""
    panel = chaos()
    through = panel.frequency.ordinal_of_text(champion.card.trained_through)
    assert read_later(champion, panel, through) == ""
    assert "later than tonight's validation ends" in read_later(champion, panel, through - 1)


def test_weights_that_served_later_than_tonights_cutoff_are_left_alone(champion):
    """Law: a replayed night may begin from what was evaluated before it, never from what was refitted after.

    The champion's card says that its served weights have read one day more than there is tonight; the refit then begins
    anew.
    """
    panel = chaos()
    later = panel.frequency.text(panel.cutoff + 1)
    ahead = Forecaster(champion.card.model_copy(update={"served_through": later}), champion.weights)
    warm = at_once(panel, ahead).forecaster
    assert warm.card.warm_start.startswith("from the champion")
    prefix = warm.card.members[0].served.prefix
    assert not torch.equal(
        warm.weights[prefix + "back"], champion.weights[champion.card.members[0].served.prefix + "back"]
    )


def test_a_warm_start_repeats_to_the_last_bit(champion):
    """Law: like any other fit on a CPU, and also when it was killed in between."""
    panel = chaos()
    whole = night(panel, champion).forecaster.to_bytes()
    memory = Memory(dies_at=3)
    options = {"model": Model(**SMALL), "training": TINY, "seasons": SEASONS, "champion": champion}
    with pytest.raises(KeyboardInterrupt):
        made_of(panel, checkpoints=memory, **options)
    assert made_of(panel, checkpoints=memory, **options).to_bytes() == whole


def test_a_warm_start_of_a_model_without_a_refit_refits_from_its_evaluated_weights():
    """What served was what was evaluated, so the refit goes on from there."""
    panel = chaos()
    champion = night(panel, refit=False).forecaster
    warm = at_once(panel, champion).forecaster
    member = warm.card.members[0]
    expected = champion.weights[champion.card.members[0].evaluated.prefix + "back"]
    torch.testing.assert_close(warm.weights[member.served.prefix + "back"], expected, rtol=0, atol=1e-9)


def test_logarithms_of_what_is_no_longer_positive_are_not_begun_from():
    """The champion's logarithms were kept, and a target's first zeros counted as not observed.

    The zeros come after validation, where the champion has read nothing.
    """
    panel = chaos()
    champion = night(panel, model={"transform": "log"}).forecaster
    panel.targets[panel.row_of(np.array([0]), panel.cutoff)] = 0.0
    card = night(panel, champion).forecaster.card
    assert card.logs == (False,)
    assert card.warm_start == (
        "not from the champion: it forecasts the logarithm of y, now with values at or below zero"
    )


def test_a_warm_start_serves_windows_as_short_as_its_champion_did():
    """Half of the champion's look-back of 28 is needed, whatever tonight's rule would read of a shorter history."""
    champion = night(chaos(), model={"members": 1}).forecaster
    later = make_panel({"a": chaos().targets[:45, 0]}, horizon=2, cutoff=190)
    card = night(later, champion, model={"members": 1}).forecaster.card
    assert card.warm_start.startswith("from the champion")
    assert (card.members[0].look_back, card.steps_needed) == (28, 14)


def test_a_champion_whose_settings_were_tuned_later_is_not_begun_from(champion):
    """Law: the choice of its settings has read what tonight's evaluation must not know."""
    panel = chaos()
    through = panel.frequency.ordinal_of_text(champion.card.trained_through)
    later = Forecaster(
        champion.card.model_copy(update={"tuned_through": panel.frequency.text(through + 1)}), champion.weights
    )
    assert read_later(later, panel, through + 1) == ""
    assert read_later(later, panel, through).startswith("it was tuned through")
