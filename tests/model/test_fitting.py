"""A whole fit: the textbook network on the classic sine, covariates, refit, and repeatable bits."""

import time

import numpy as np
import pytest
import torch

from lstm.config import Evaluation, Model, Training
from lstm.data.windows import cut_windows, plan_splits
from lstm.errors import ModelError
from lstm.model.checkpoint import Checkpoints
from lstm.model.fitting import Fitted, Origin, fit
from lstm.model.forecaster import Forecaster
from lstm.references import Contract
from panels import make_panel

CPU = torch.device("cpu")


class Memory:
    """Checkpoints in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def write(self, name: str, content: bytes) -> None:
        self.kept[name] = content


def fitted(
    panel, *, model=None, training=None, seasons=(7,), evaluation=None, checkpoints: Checkpoints | None = None
) -> Fitted:
    windows = cut_windows(panel, plan_splits(panel, evaluation or Evaluation(), seasons))
    contract = Contract(
        targets=panel.target_names,
        series=("id",),
        horizon=panel.horizon,
        frequency="D",
        quantile_levels=(0.1, 0.5, 0.9),
    )
    return fit(
        panel,
        windows,
        model=model or Model(),
        training=training or Training(),
        seasons=seasons,
        contract=contract,
        minimum=None,
        origin=Origin("panel", "windows", 1, {}),
        device=CPU,
        clock=time.monotonic,
        checkpoints=checkpoints or Memory(),
        on_epoch=lambda phase, row: None,
    )


def test_the_textbook_network_learns_the_noisy_sine():
    """The classic: 1,000 points over 20 pi, noise 0.1, look-back 20, one LSTM layer of 50 units, MSE.

    Its one-step error on held-out steps ends below 1.2 times the noise, and its ten-step recursive forecast follows the
    sine: nearer to it than 0.15 on average, where the sine itself moves by up to 0.6 in ten steps.
    """
    x = np.linspace(0, 20 * np.pi, 1_000)
    noisy = np.sin(x) + np.random.default_rng(0).normal(scale=0.1, size=1_000)
    panel = make_panel({"sine": noisy}, horizon=10, cutoff=1_000)
    made = fitted(
        panel,
        model=Model(kind="textbook", look_back=20),
        training=Training(batch_size=32, max_epochs=20, refit=False, learning_rate=3e-3),
        seasons=(1,),
    )
    rows = np.arange(850, 989)  # row r holds step r + 1
    forecasts = made.forecaster.forecast(panel, np.zeros(len(rows)), rows, which="evaluated", device=CPU)
    assert made.forecaster.card.members[0].hidden == 50
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


QUICK = Training(max_epochs=4, epoch_steps=20, batch_size=64)


def test_a_covariate_that_nearly_is_the_target_is_used():
    """With the plan known ahead the error is near the noise's mean |N(0, 0.5)| = 0.4; without, a walk of 5 a step."""
    panel = covariate_panel()
    made = fitted(panel, training=QUICK)
    assert made.forecaster.card.aligned == ((0, 0),)
    rows = panel.row_of(np.array([0, 1]), 193)
    forecasts = made.forecaster.forecast(panel, np.array([0, 1]), rows, which="evaluated", device=CPU)
    truth = panel.targets[rows[:, None] + np.arange(1, 8), 0]
    assert np.abs(forecasts[:, :, 1, 0] - truth).mean() < 1.5


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    """Law: a CPU run repeats to the last bit with the same versions and threads."""
    panel = covariate_panel()
    first, second, other = (
        fitted(panel, training=QUICK.model_copy(update={"seed": seed})).forecaster.to_bytes()[1] for seed in (1, 1, 2)
    )
    assert first == second
    assert first != other


def test_served_weights_have_read_up_to_the_cutoff_and_evaluated_ones_have_not():
    """Evaluated weights stop at the end of validation, so that the backtest is held out; the refit reads everything."""
    panel = covariate_panel()
    card = fitted(panel, training=QUICK).forecaster.card
    assert card.served_through == "1970-07-20"  # ordinal 200
    assert card.trained_through < card.members[0].served.trained_through == card.served_through
    assert card.members[0].evaluated.scale_through < card.trained_through
    rows = panel.row_of(np.array([0]), 200)
    model = fitted(panel, training=QUICK).forecaster
    forecasts = [
        model.forecast(panel, np.array([0]), rows, which=which, device=CPU) for which in ("evaluated", "served")
    ]
    assert not np.array_equal(*forecasts)


def test_a_held_out_value_does_not_reach_the_evaluated_weights():
    """Law (case 74): changing targets after the end of validation changes nothing that was evaluated."""
    panel = covariate_panel()
    training = QUICK.model_copy(update={"refit": False})
    before = fitted(panel, training=training).forecaster.to_bytes()[1]
    held_out = panel.ordinals > panel.frequency.ordinal_of_text(
        fitted(panel, training=training).forecaster.card.trained_through
    )
    panel.targets[held_out & panel.observed[:, 0]] = 1e6
    assert fitted(panel, training=training).forecaster.to_bytes()[1] == before


def test_a_model_survives_its_bytes_and_a_damaged_one_is_refused():
    """Law: a model read again forecasts the same; a pickle in its place is refused without being run."""
    panel = covariate_panel()
    model = fitted(panel, training=QUICK).forecaster
    card, weights = model.to_bytes()
    series, rows = np.array([0, 1]), panel.row_of(np.array([0, 1]), 200)
    again = Forecaster.from_bytes(card, weights)
    kept, read = (one.forecast(panel, series, rows, which="served", device=CPU) for one in (model, again))
    np.testing.assert_array_equal(kept, read)
    with pytest.raises(ModelError, match="not a model of format 1, or it is damaged"):
        Forecaster.from_bytes(card, b"\x80\x04cposix\nsystem\n.")


def test_quantiles_do_not_cross_and_respect_the_minimum():
    """Counts near zero: with minimum 0 no quantile is negative."""
    counts = np.random.default_rng(0).poisson(0.3, 200).astype(float)
    panel = make_panel({"a": counts}, horizon=7, cutoff=200)
    model = fitted(panel, training=QUICK).forecaster
    model = Forecaster(model.card.model_copy(update={"minimum": 0.0}), model.weights)
    forecasts = model.forecast(panel, np.array([0]), panel.row_of(np.array([0]), 200), which="served", device=CPU)
    assert (np.diff(forecasts, axis=2) >= 0).all()
    assert forecasts.min() >= 0.0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("zero throughout", np.zeros(120)),
        ("a large constant", np.full(120, 5_000_000.1)),
        ("huge", 1e12 + 1e9 * np.sin(np.arange(120) / 3)),
        ("tiny", 1e-6 + 1e-7 * np.sin(np.arange(120) / 3)),
    ],
)
def test_extreme_series_beside_a_normal_one_get_finite_forecasts_near_their_history(name, values):
    """Cases 43, 44 and 47: forecasts lie inside the range of the last 28 values, widened by half of it."""
    normal = 100 + np.random.default_rng(0).normal(size=120)
    panel = make_panel({"normal": normal, name: values}, horizon=7, cutoff=120, dtype=np.float64)
    model = fitted(panel, training=QUICK).forecaster
    forecasts = model.forecast(panel, np.array([1]), panel.row_of(np.array([1]), 120), which="served", device=CPU)
    recent = values[-28:]
    room = 0.5 * np.ptp(recent) + 0.05 * normal.std() * (name == "zero throughout") + 1e-4 * abs(recent.mean())
    assert np.isfinite(forecasts).all()
    assert recent.min() - room <= forecasts[0, :, 1, 0].min()
    assert forecasts[0, :, 1, 0].max() <= recent.max() + room


def test_missing_values_are_masked_and_never_scored():
    """Case 63: validation steps that are partly empty leave a finite loss."""
    values = 100 + np.random.default_rng(0).normal(size=120)
    values[80:84] = np.nan
    values[40:60] = np.nan
    made = fitted(make_panel({"a": values, "b": values + 1}, horizon=7, cutoff=120), training=QUICK)
    assert np.isfinite(made.forecaster.card.members[0].validation_loss)


def test_the_look_back_reads_nothing_after_the_cutoff():
    """Law: a forecast at an origin does not change when later targets change."""
    panel = covariate_panel()
    model = fitted(panel, training=QUICK).forecaster
    series, rows = np.array([0, 1]), panel.row_of(np.array([0, 1]), 150)
    before = model.forecast(panel, series, rows, which="served", device=CPU)
    # The series' scale was fitted through the cutoff of the served weights, so the evaluated ones are asked.
    evaluated = model.forecast(panel, series, rows, which="evaluated", device=CPU)
    later = panel.ordinals > panel.frequency.ordinal_of_text(model.card.members[0].evaluated.scale_through)
    assert panel.ordinals[rows[0]] > 0
    panel.targets[later & (panel.ordinals > 150) & panel.observed[:, 0]] += 50.0
    np.testing.assert_array_equal(model.forecast(panel, series, rows, which="evaluated", device=CPU), evaluated)
    assert np.isfinite(before).all()


def test_a_deadline_keeps_the_members_that_were_finished():
    """The clock stands still while the first of three members trains, and then passes the deadline."""
    panel, now = covariate_panel(), [0.0]

    def on_epoch(phase, row):
        if phase == "member-0" and row.epoch == QUICK.max_epochs:
            now[0] = 100.0

    windows = cut_windows(panel, plan_splits(panel, Evaluation(), (7,)))
    contract = Contract(targets=("y",), series=("id",), horizon=7, frequency="D", quantile_levels=(0.1, 0.5, 0.9))
    made = fit(
        panel, windows, model=Model(members=3), training=QUICK.model_copy(update={"deadline": 50.0, "patience": 9}),
        seasons=(7,), contract=contract, minimum=None, origin=Origin("p", "w", 1, {}), device=CPU, clock=lambda: now[0],
        checkpoints=Memory(), on_epoch=on_epoch,
    )  # fmt: skip
    assert len(made.forecaster.card.members) == 1
    assert "the deadline" in made.forecaster.card.refit


def test_members_are_averaged():
    """Law: the median of a model of two members is the mean of theirs (calibration leaves the median as it is)."""
    panel = covariate_panel()
    model = fitted(panel, model=Model(members=2), training=QUICK.model_copy(update={"refit": False})).forecaster
    series, rows = np.array([0]), panel.row_of(np.array([0]), 200)
    alone = [
        Forecaster(model.card.model_copy(update={"members": (member,)}), model.weights).forecast(
            panel, series, rows, which="served", device=CPU
        )
        for member in model.card.members
    ]
    both = model.forecast(panel, series, rows, which="served", device=CPU)
    np.testing.assert_allclose(both[:, :, 1], (alone[0][:, :, 1] + alone[1][:, :, 1]) / 2)
