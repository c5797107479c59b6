"""A whole fit: the textbook network on the classic sine, covariates, refit, deadlines, and repeatable bits."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from lstm.config import Model, Training
from lstm.errors import DeadlineError
from lstm.model.fitting.fit import TRAINED_LEVELS
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.training.step import Steps
from panels import make_panel
from trainings import CPU, QUICK, Memory, chaos, choice_of, forecast_at, made_of, several_targets, train

NO_REFIT = {"refit": False}
TINY = {"epoch_steps": 3, "max_epochs": 2, "batch_size": 16}


def test_the_textbook_network_learns_the_noisy_sine():
    """The classic: 1,000 points over 20 pi, noise 0.1, look-back 20, one LSTM layer of 50 units, MSE.

    Its one-step error on held-out steps ends below 1.2 times the noise, and its ten-step recursive forecast follows the
    sine: nearer to it than 0.15 on average, where the sine itself moves by up to 0.6 in ten steps.
    """
    x = np.linspace(0, 20 * np.pi, 1_000)
    noisy = np.sin(x) + np.random.default_rng(0).normal(scale=0.1, size=1_000)
    panel = make_panel({"sine": noisy}, horizon=10, cutoff=1_000)
    model = made_of(
        panel,
        model=Model(kind="textbook", look_back=20),
        training=Training(batch_size=32, max_epochs=20, refit=False, learning_rate=3e-3),
        seasons=(1,),
    )
    rows = np.arange(850, 989)  # row r holds step r + 1
    forecasts = model.forecast(panel, np.zeros(len(rows), int), rows, which="evaluated", device=CPU)
    assert model.card.members[0].hidden == 50
    one_step = forecasts[:, 0, 1, 0] - noisy[rows + 1]
    assert np.sqrt(np.mean(one_step**2)) < 1.2 * 0.1
    truth = np.sin(x)[rows[:, None] + np.arange(1, 11)]
    assert np.abs(forecasts[:, :, 1, 0] - truth).mean() < 0.15


def covariate_panel():
    """Two series whose target is the future covariate, but for noise of 0.5; a random walk without it."""
    rng = np.random.default_rng(3)
    plans = [100 + np.cumsum(rng.normal(scale=5, size=207)) for _ in range(2)]
    histories = {name: plan[:200] + rng.normal(scale=0.5, size=200) for name, plan in zip("ab", plans, strict=True)}
    return make_panel(histories, horizon=7, cutoff=200, future=np.concatenate(plans)[:, None], future_names=("plan",))


def test_a_covariate_that_nearly_is_the_target_is_used():
    """With the plan known ahead the error is near the noise's mean |N(0, 0.5)| = 0.4; without, a walk of 5 a step."""
    panel = covariate_panel()
    model = made_of(panel, model=Model())
    assert model.card.aligned == ((0, 0),)
    truth = panel.targets[panel.row_of(np.arange(2), 193)[:, None] + np.arange(1, 8), 0]
    assert np.abs(forecast_at(model, panel, 193)[:, :, 1, 0] - truth).mean() < 1.0


def test_members_have_look_backs_and_seeds_of_their_own():
    """Law: three by default, shortest look-back first; a segment's rule is each one's own."""
    card = made_of(covariate_panel(), model=Model(), training=TINY).card
    assert [member.look_back for member in card.members] == [14, 28, 42]
    assert len({member.seed for member in card.members}) == 3
    assert choice_of(card, "look_back").value == "14, 28, 42"


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    """Law: a CPU run repeats to the last bit with the same versions and threads."""
    panel = covariate_panel()
    first, second, other = (
        made_of(panel, model=Model(members=2), training=TINY | {"seed": seed}).to_bytes()[1] for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other


@pytest.mark.parametrize("refit", [True, False])
def test_a_fit_that_is_killed_after_any_checkpoint_goes_on_to_the_same_bits(refit):
    """Law: card and weights are those of a fit that was never interrupted, whichever of its writes was the last one.

    Two members of two epochs and their refits, each at least one; dropout, so that the random state matters.
    """
    model = Model(members=2, dropout=0.2, look_back=4, transform="identity", normalisation="mean_std")
    panel, options = chaos(1), {"model": model, "training": TINY | {"refit": refit}, "seasons": (1,)}
    whole_memory = Memory()
    whole = made_of(panel, checkpoints=whole_memory, **options).to_bytes()
    assert whole_memory.writes >= (10 if refit else 6)
    for write in range(1, whole_memory.writes + 1):
        memory = Memory(dies_at=write)
        with pytest.raises(KeyboardInterrupt):
            made_of(panel, checkpoints=memory, **options)
        assert made_of(panel, checkpoints=memory, **options).to_bytes() == whole, f"killed after write {write}"
        assert memory.writes == whole_memory.writes  # no epoch was repeated


def test_served_weights_have_read_up_to_the_cutoff_and_evaluated_ones_have_not():
    """Evaluated weights stop at the end of validation, so that the backtest is held out; the refit reads everything."""
    panel = covariate_panel()
    model = made_of(panel)
    card = model.card
    assert card.served_through == "1970-07-20"  # ordinal 200
    assert card.trained_through < card.members[0].served.trained_through == card.served_through
    assert card.members[0].evaluated.trained_through == card.trained_through
    assert card.refit == "on every window up to the cutoff"
    evaluated, served = (forecast_at(model, panel, 200, which) for which in ("evaluated", "served"))
    assert not np.array_equal(evaluated, served)


def test_without_a_refit_the_evaluated_weights_serve():
    """Law: both are one, and so are their offsets."""
    panel = covariate_panel()
    model = made_of(panel, training=TINY | NO_REFIT)
    assert model.card.refit == "not asked for"
    assert model.card.served_through == model.card.trained_through
    assert model.card.served_calibration == model.card.calibration
    evaluated, served = (forecast_at(model, panel, 200, which) for which in ("evaluated", "served"))
    np.testing.assert_array_equal(evaluated, served)


def test_a_refit_trains_as_many_passes_as_early_stopping_chose_and_ends_quietly():
    """Law: rates fall from the learning rate to near 0, epochs grow with the windows, twice as many at the most."""
    fitted = train(chaos(), model=Model(members=1, look_back=4), training={"max_epochs": 5}, seasons=(1,))
    best = fitted.forecaster.card.members[0].best_epoch
    rates = [row.learning_rate for name, row in fitted.history if name == "member-0-refit"]
    assert best > 0
    assert best <= len(rates) <= 2 * best
    assert rates[0] == QUICK.learning_rate
    assert (np.diff(rates) < 0).all()
    assert fitted.forecaster.card.members[0].served.steps == len(rates) * QUICK.epoch_steps
    assert fitted.forecaster.card.members[0].evaluated.steps == best * QUICK.epoch_steps


def test_a_refit_of_a_start_that_was_the_best_is_ridge_on_everything():
    """Law: best epoch 0 means that no epoch is trained, but the closed form still reads every window.

    A rate of 1e-12 moves nothing that a validation loss could see.
    """
    fitted = train(covariate_panel(), training=TINY | {"learning_rate": 1e-12, "weight_decay": 0.0, "max_epochs": 1})
    member = fitted.forecaster.card.members[0]
    if member.best_epoch == 0:
        assert [name for name, _ in fitted.history] == ["member-0"]
    back = [fitted.forecaster.weights[weights.prefix + "back"] for weights in (member.evaluated, member.served)]
    assert not torch.equal(*back)


def test_a_refit_that_runs_out_of_time_is_given_up_and_the_evaluated_weights_serve():
    """The clock stands still while members train, and then passes the deadline; the card tells it."""
    now = [0.0]

    def on_epoch(phase, row):
        now[0] = 100.0 if phase == "member-0-refit" else 0.0

    fitted = train(
        chaos(),
        model=Model(members=1, look_back=4),
        training={"deadline": 50.0, "max_epochs": 3},
        seasons=(1,),
        clock=lambda: now[0],
        on_epoch=on_epoch,
    )
    assert fitted.forecaster.card.refit == "given up: the deadline of 50.0 s passed"
    assert fitted.forecaster.card.cut_short == "no refit"
    assert fitted.forecaster.card.served_through == fitted.forecaster.card.trained_through


def test_a_held_out_value_does_not_reach_the_evaluated_weights():
    """Law: changing targets after the end of validation changes neither weights, nor choices, nor offsets."""
    panel = covariate_panel()
    before = made_of(panel, model=Model(members=2), training=TINY | NO_REFIT)
    held_out = panel.ordinals > panel.frequency.ordinal_of_text(before.card.trained_through)
    panel.targets[held_out & panel.observed[:, 0]] = 1e6
    after = made_of(panel, model=Model(members=2), training=TINY | NO_REFIT)
    assert after.to_bytes() == before.to_bytes()


def test_a_deadline_keeps_the_members_that_were_finished():
    """The clock stands still while the first of three members trains, and then passes the deadline."""
    now = [0.0]

    def on_epoch(phase, row):
        if phase == "member-0" and row.epoch == QUICK.max_epochs:
            now[0] = 100.0

    fitted = train(
        chaos(),
        model=Model(members=3),
        training={"deadline": 50.0, "patience": 9},
        seasons=(1,),
        clock=lambda: now[0],
        on_epoch=on_epoch,
    )
    card = fitted.forecaster.card
    assert [member.look_back for member in card.members] == [14]
    assert "given up: the deadline passed" in card.refit
    assert card.cut_short == "1 of 3 networks, no refit"
    assert choice_of(fitted, "members").reason == "the deadline of 50 s passed before the others had begun"
    assert np.isfinite(forecast_at(fitted.forecaster, chaos(), 150, "served")).all()


def test_a_deadline_within_the_first_member_takes_its_best_epoch():
    """The card says why training stopped; before the first epoch there is no model."""
    now = [0.0]

    def on_epoch(phase, row):
        now[0] = 100.0 * (row.epoch == 2)

    fitted = train(
        covariate_panel(), training={"deadline": 50.0, "patience": 9}, clock=lambda: now[0], on_epoch=on_epoch
    )
    assert fitted.forecaster.card.members[0].stopped == "deadline"
    assert fitted.forecaster.card.cut_short.startswith("the best epoch until then")
    with pytest.raises(DeadlineError, match="before the first epoch of member-0 was complete"):
        train(covariate_panel(), training={"deadline": 0.5})


def test_the_card_says_which_batch_the_memory_of_the_device_held(monkeypatch):
    """A batch of 64 that does not fit is halved; what the pipeline file asks for is the reason."""
    epoch = Steps.epoch

    def cramped(steps, batch_size, deadline):
        if batch_size > 32:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return epoch(steps, batch_size, deadline)

    monkeypatch.setattr(Steps, "epoch", cramped)
    fitted = train(chaos(), training={"max_epochs": 1, "refit": False}, seasons=(1,))
    assert choice_of(fitted, "batch_size").value == "32"
    assert choice_of(fitted, "batch_size").reason == "a batch of 64 windows did not fit into the device's memory"
    assert fitted.forecaster.card.cut_short == ""


def test_missing_values_are_masked_and_never_scored():
    """Training and validation steps that are partly empty leave a finite loss."""
    values = 100 + np.random.default_rng(0).normal(size=120)
    values[80:84] = np.nan
    values[40:60] = np.nan
    card = made_of(make_panel({"a": values, "b": values + 1}, horizon=7, cutoff=120)).card
    assert np.isfinite(card.members[0].validation_loss)


def test_a_level_that_the_pipeline_asks_for_is_trained_beside_the_others():
    """Law: the networks forecast the deciles and the contract's levels, the forecast has the contract's."""
    panel = covariate_panel()
    model = made_of(panel, training=TINY, levels=(0.025, 0.5, 0.975))
    assert model.card.levels == tuple(sorted({*TRAINED_LEVELS, 0.025, 0.975}))
    assert forecast_at(model, panel, 200).shape == (2, 7, 3, 1)


@pytest.mark.parametrize("loss", ["huber", "squared"])
def test_a_network_of_one_number_gets_quantiles_step_by_step_from_its_errors(loss):
    """Law: offsets differ by step, rise with the level, and grow with the horizon of a walk without a plan."""
    rng = np.random.default_rng(0)
    walks = {str(s): 100 + np.cumsum(rng.normal(size=300)) for s in range(4)}
    panel = make_panel(walks, horizon=7, cutoff=300)
    model = made_of(panel, model=Model(members=1, loss=loss), training=TINY, seasons=(1,))
    assert (model.card.loss, model.card.levels) == (loss, ())
    offsets = np.asarray(model.card.calibration)[..., 0]
    assert offsets.shape == (7, 3)
    width = offsets[:, 2] - offsets[:, 0]
    assert (np.diff(offsets, axis=1) > 0).all()
    assert width[-1] > 1.5 * width[0]
    forecasts = forecast_at(model, panel, 250)
    assert (np.diff(forecasts, axis=2) > 0).all()


def test_the_textbook_network_has_quantiles_too():
    """It forecasts one number, trained on squared errors."""
    panel = covariate_panel()
    model = made_of(panel, model=Model(kind="textbook", look_back=14), training=TINY)
    assert model.card.loss == "squared"
    assert (np.diff(forecast_at(model, panel, 200), axis=2) >= 0).all()


OPTIONS = [
    {"bidirectional": True},
    {"attention": True},
    {"layers": 2},
    {"layers": 2, "dropout": 0.3, "bidirectional": True, "attention": True},
    {"dropout": 0.3},
    {"hidden": 5, "segment": 3},
    {"kind": "stepwise", "hidden": 8},
    {"kind": "stepwise", "hidden": 8, "bidirectional": True, "attention": True},
    {"normalisation": "last_value"},
    {"normalisation": "mean_std", "transform": "log"},
    {"channels": "joint"},
    {"channels": "shared", "attention": True},
    {"loss": "huber", "channels": "shared"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: ", ".join(f"{k}={v}" for k, v in options.items()))
def test_every_setting_trains_and_forecasts(options):
    """Law: two targets with all kinds of covariates; forecasts are finite and in order, and survive their bytes."""
    panel = several_targets(covariate_panel(), lambda y: [y, y[::-1].copy()])
    rng = np.random.default_rng(1)
    panel = replace(
        panel,
        past=rng.normal(size=(panel.steps, 1)).astype(np.float32),
        past_names=("wind",),
        static=rng.normal(size=(2, 1)).astype(np.float32),
        static_names=("size",),
    )
    panel.targets[30:40, 0] = np.nan
    model = made_of(panel, model=Model(members=1, look_back=20, **options), training=TINY)
    forecasts = forecast_at(model, panel, 200, "served")
    assert forecasts.shape == (2, 7, 3, 2)
    assert np.isfinite(forecasts).all()
    assert (np.diff(forecasts, axis=2) >= 0).all()
    member = model.card.members[0]
    card = {**member.model_dump(), **model.card.model_dump(include={"channels", "loss"})}
    assert all(card[name] == value for name, value in options.items() if name != "transform")
    again = Forecaster.from_bytes(*model.to_bytes())
    np.testing.assert_array_equal(forecast_at(again, panel, 200, "served"), forecasts)


def test_shared_channels_forecast_each_target_as_a_series_of_its_own():
    """Law: two targets that are shared are what two series of one target are, with the same windows and weights.

    The weights of a model of two series are put into one of two targets, whose windows are the same.
    """
    rng = np.random.default_rng(2)
    first, second = (100 + rng.normal(size=150) for _ in range(2))
    apart = make_panel({"a": first, "b": second}, horizon=7, cutoff=150)
    both = several_targets(make_panel({"s": first}, horizon=7, cutoff=150), lambda y: [y, second.astype(np.float32)])
    settings = {"members": 1, "look_back": 14, "transform": "identity", "normalisation": "mean_std"}
    separate = made_of(apart, model=Model(**settings), training=TINY)
    shared = made_of(both, model=Model(**settings, channels="shared"), training=TINY)
    offsets = np.asarray(separate.card.calibration)
    transplanted = Forecaster(
        shared.card.model_copy(update={"calibration": np.concatenate([offsets, offsets], axis=2).tolist()}),
        separate.weights,
    )
    forecasts, expected = forecast_at(transplanted, both, 150), forecast_at(separate, apart, 150)
    np.testing.assert_allclose(forecasts[0].transpose(2, 0, 1), expected[..., 0], rtol=1e-5)


def test_joint_targets_read_each_other_and_shared_ones_do_not():
    """Law: a change of one target's history moves the other's forecast only where they are read together."""
    panel = several_targets(chaos(), lambda y: [y, y[::-1].copy()])
    changed = panel.targets.copy()
    changed[145:150, 1] += 0.5
    for channels, alone in (("joint", False), ("shared", True)):
        model = made_of(
            panel, model=Model(members=1, look_back=4, channels=channels), training={"max_epochs": 2}, seasons=(1,)
        )
        assert model.card.members[0].best_epoch > 0
        before = forecast_at(model, panel, 150, "served")
        after = forecast_at(model, replace(panel, targets=changed), 150, "served")
        assert not np.array_equal(after[0, ..., 1], before[0, ..., 1])
        assert np.array_equal(after[0, ..., 0], before[0, ..., 0]) is alone


def test_a_batch_of_shared_channels_holds_as_many_rows():
    """Law: a window of two targets that are read one by one is two rows, so that half as many windows are drawn."""
    panel = several_targets(chaos(), lambda y: [y, y[::-1].copy()])
    for channels, windows in (("joint", 32), ("shared", 16)):
        fitted = train(
            panel, model=Model(members=1, channels=channels), training=TINY | {"batch_size": 32}, seasons=(1,)
        )
        assert {row.batch_size for _, row in fitted.history} == {windows}


def test_every_choice_has_its_reason_in_the_card():
    """Law: whatever the pipeline file leaves out has a reason, and what it fixes says so."""
    card = made_of(covariate_panel(), training=TINY).card
    reasons = {choice.name: choice.reason for choice in card.choices}
    assert set(reasons) == {
        "future covariates", "look_back", "segment", "hidden", "aligned", "gaps", "transform", "channels",
        "normalisation", "batch_size",
    }  # fmt: skip
    assert all(reasons.values())
    fixed = made_of(
        covariate_panel(),
        model=Model(
            members=1,
            look_back=14,
            segment=7,
            hidden=8,
            transform="identity",
            channels="joint",
            normalisation="mean_std",
        ),
        training=TINY,
    ).card
    reasons = {choice.name: choice.reason for choice in fixed.choices}
    for name in ("look_back", "segment", "hidden", "transform", "channels", "normalisation"):
        assert reasons[name] == "the pipeline file", name


def test_the_first_move_of_what_had_never_moved_is_no_outer_quantile_of_the_rest():
    """N(10, 1), constant for a fifth of its days: the upper 99 % began at thousands of scales, and came out at 3e6."""
    values = np.random.default_rng(1).normal(10, 1, size=120)
    values[:24] = 10.0
    model = made_of(make_panel({"a": values}, horizon=5, cutoff=120), training=TINY, levels=(0.01, 0.5, 0.99))
    start = model.state(model.card.members[0], "ridge")["head.bias"]
    assert float(start.abs().max()) < 20
    assert np.ptp(forecast_at(model, make_panel({"a": values}, horizon=5, cutoff=120), 120)) < 20
