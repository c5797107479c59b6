"""Training: it explodes, stops or goes on; stored models that are none; the same bits again; a million rows."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cases.running import NETWORK_SERVES, Night
from cases.tables import csv_text, days, save

from lstm.config import Evaluation, Training
from lstm.data.panel.windows import mark_windows, plan_splits, split_counts
from lstm.errors import DataError, ModelError
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.training.checkpoint import unpack
from pages import ROOT
from panels import make_panel
from scripted import ZEROS, Scripted, scripted_training
from trainings import Memory, chaos, forecast_at, made_of, train, windows_of

NAN = float("nan")
WEEK = [4.0, 6.0, 8.0, 10.0, 7.0, 2.0, 1.0]


def noisy(seed=3, steps=120):
    """(2, steps): two series with a weekly season."""
    noise = np.random.default_rng(seed).normal(0.0, 0.3, (2, steps))
    return np.resize(WEEK, steps) + noise + np.array([[0.0], [10.0]])


@pytest.fixture(scope="module")
def first_night(tmp_path_factory):
    """A folder whose pipeline's network was promoted in the night of 29 April 2024, and that night's run id."""
    folder = tmp_path_factory.mktemp("first")
    by_series = dict(zip("AB", noisy(), strict=True))
    save(folder, csv_text([(name, day, by_series[name][step]) for name in "AB" for step, day in enumerate(days(120))]))
    night = Night(folder, rest=NETWORK_SERVES)
    outcome = night.run("2024-04-29")
    assert night.verdict(outcome).promoted_version == 1, outcome.sentence
    return folder, outcome.run_id


@pytest.fixture
def served(first_night, tmp_path):
    """A copy of that night, and the folder of its model."""
    folder, run_id = first_night
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return Night(tmp_path, rest=NETWORK_SERVES), tmp_path / "store" / "runs" / run_id / "model"


def edit(night, old, new):
    text = night.file.read_text()
    assert old in text
    night.file.write_text(text.replace(old, new))


# Divergence


def test_a_training_that_explodes_leaves_the_champion_serving_and_writes_no_nan(served):
    """A learning rate of 1000, and gradients that are not clipped."""
    night, _ = served
    edit(night, "max_epochs = 1", "max_epochs = 8\nlearning_rate = 1000.0\nclip = 1e30")
    outcome = night.run("2024-04-30")
    assert outcome.exit_code == 3
    assert "loss of member-0 became" in outcome.sentence
    assert "lower training.learning_rate" in outcome.sentence
    rows = night.rows(outcome)
    assert {(row["method"], row["model_version"]) for row in rows} == {("champion", 1)}
    assert np.isfinite([[row["forecast"], row["q10"], row["q90"]] for row in rows]).all()
    assert night.models() == 1


def test_a_validation_with_gaps_is_scored_on_what_was_observed():
    """Three of every seven validation targets are empty; every loss is a number, and the model forecasts."""
    panel = make_panel(dict(zip("AB", noisy(), strict=True)), horizon=7, cutoff=120)
    splits = windows_of(panel).splits
    inside = (panel.ordinals > splits.train_end) & (panel.ordinals <= splits.validation_end)
    panel.targets[inside & (panel.ordinals % 7 < 3)] = NAN
    fitted = train(panel, training={"refit": False})
    losses = [row.validation_loss for _, row in fitted.history]
    assert len(losses) >= 1
    assert np.isfinite(losses).all()
    assert np.isfinite(fitted.forecaster.card.members[0].validation_loss)
    assert np.isfinite(forecast_at(fitted.forecaster, panel, 120)).all()


def test_a_validation_without_any_observation_is_refused():
    """Nothing could be stopped by it; the message says where it lies."""
    panel = make_panel(dict(zip("AB", noisy(), strict=True)), horizon=7, cutoff=120)
    splits = windows_of(panel).splits
    panel.targets[(panel.ordinals > splits.train_end) & (panel.ordinals <= splits.validation_end)] = NAN
    with pytest.raises(DataError, match=r"no window with observed targets falls into validation; .* validation at"):
        mark_windows(panel, splits)


# Schedule


def test_the_rate_follows_the_validation_loss():
    """The training loss falls all the time, validation is best at epoch 4: halved after epochs 7 and 10.

    Up to epoch 4 the rate still rises to its 1e-3, a quarter of it an epoch.
    """
    training = [1.0, 0.8, 0.65, 0.55, 0.48, 0.42, 0.37, 0.33, 0.3, 0.27, 0.25, 0.23]
    validation = [1.0, 0.8, 0.7, 0.65, 0.66, 0.67, 0.66, 0.68, 0.66, 0.67, 0.66, 0.67]
    network = Scripted([1.1, *validation], training)
    settings = Training(learning_rate=1e-3, plateau_patience=2, patience=12, max_epochs=12, epoch_steps=2, batch_size=4)
    trained = scripted_training(network, ZEROS, settings=settings)
    assert [row.train_loss for row in trained.history] == pytest.approx(training)
    assert [row.validation_loss for row in trained.history] == pytest.approx(validation)
    rates = [2.5e-4, 5e-4, 7.5e-4, *[1e-3] * 4, *[5e-4] * 3, *[2.5e-4] * 2]
    assert [row.learning_rate for row in trained.history] == pytest.approx(rates)
    assert (trained.best_epoch, float(network.epoch)) == (4, 5.0)


def test_the_best_epoch_is_kept_when_the_limit_ends_training():
    """Five epochs at most and patience 5; the network is again that of epoch 3 (its fourth validation)."""
    network = Scripted([1.0, 0.9, 0.6, 0.5, 0.55, 0.58])
    settings = Training(patience=5, max_epochs=5, epoch_steps=2, batch_size=4)
    trained = scripted_training(network, ZEROS, settings=settings)
    assert (trained.best_epoch, trained.best_loss, trained.stopped) == (3, pytest.approx(0.5), "limit")
    assert float(network.epoch) == float(trained.weights["epoch"]) == 4.0


def test_validation_takes_a_horizon_at_least():
    """A fifth of 34 steps is 6, which is less than a horizon of 7: validation takes 7, and has a window."""
    panel = make_panel({"A": noisy()[0, :34]}, horizon=7, cutoff=34)
    splits = plan_splits(panel, Evaluation(), (7,))
    assert splits.validation_end - splits.train_end == 7
    assert split_counts(mark_windows(panel, splits))["validation"] == 1


def test_a_history_without_room_for_a_validation_is_refused_with_both_numbers():
    """7 steps for the backtest, 7 for validation and 8 for one training window are 22; there are 21."""
    panel = make_panel({"A": noisy()[0, :21]}, horizon=7, cutoff=21)
    with pytest.raises(DataError, match=r"the median series has 21 steps .* 22 are needed: .* 7 for validation"):
        plan_splits(panel, Evaluation(), (7,))


# Stored models


class OldScaler:
    """What a checkpoint of years ago kept beside its weights."""


class Payload:
    """Runs code where it is unpickled: it makes a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


def write_pickle(path, kind):
    """Saves what torch would load, at a path; answers the marker beside it."""
    marker = path.with_name("MARKER")
    path.parent.mkdir(parents=True, exist_ok=True)
    old = {"state_dict": torch.nn.LSTM(1, 8).state_dict(), "scaler": OldScaler(), "horizon": 7}
    torch.save(old if kind == "old" else {"state_dict": Payload(marker)}, path)
    return marker


@pytest.mark.parametrize("kind", [pytest.param("old", marks=pytest.mark.slow), "evil"])
def test_a_pickle_in_the_champions_place_serves_nothing_and_runs_nothing(served, kind):
    """The night is degraded, the reason says that it is not the model that was registered.

    A night that trains puts a new model in its place, whose gate against the champion says the same.
    """
    night, folder = served
    marker = write_pickle(folder / "weights.safetensors", kind)
    outcome = night.forecast("2024-04-30")
    assert outcome.exit_code == 3
    assert "the champion v1 cannot be used: the model in" in outcome.sentence
    assert "is not the one registered; promote another model or train a new one" in outcome.sentence
    assert {row["model_version"] for row in night.rows(outcome)} == {None}
    trained = night.run("2024-05-01")
    assert night.models() == 2
    reasons = [gate.reason for gate in night.verdict(trained).gates if gate.name == "better than the champion"]
    assert "is not the one registered" in reasons[0]
    assert not marker.exists()


@pytest.mark.parametrize("kind", ["old", "evil"])
def test_a_pickle_is_no_model_and_no_checkpoint(tmp_path, kind):
    """Though it were registered by its own hash."""
    marker = write_pickle(tmp_path / "model.pt", kind)
    content = (tmp_path / "model.pt").read_bytes()
    card, _ = made_of(chaos(), seasons=(1,), training={"max_epochs": 1, "epoch_steps": 2}).to_bytes()
    with pytest.raises(ModelError, match=r"this is not a model of format .*; train it again"):
        Forecaster.from_bytes(card, content)
    with pytest.raises(ModelError, match="not a Nightcast checkpoint"):
        unpack(content)
    assert not marker.exists()


def test_nothing_unpickles():
    """No module of the product loads pickles, by torch or by itself, not even as a way out.

    But for what a process and its own workers say to each other, by a pipe and a file that nobody else can reach. What
    is exported reads the `.pth` of its own folder by `weights_only`, which runs no code.
    """
    exported = ROOT / "lstm" / "export" / "alone"
    loads = [line for path in exported.glob("*.py") for line in path.read_text().splitlines() if "torch.load" in line]
    assert all("weights_only=True" in line for line in loads)
    paths = [path for part in ("lstm", "tasks", "flows") for path in (ROOT / part).rglob("*.py")]
    texts = {path: path.read_text() for path in paths if path.parent not in (ROOT / "lstm" / "compute", exported)}
    forbidden = ("torch.load", "import pickle", "weights_only", "joblib", "allow_pickle=True")
    assert [(path, word) for path, text in texts.items() for word in forbidden if word in text] == []


DAMAGES = {
    "a pickle": None,
    "half of it": lambda content: content[: len(content) // 2],
    "one bit of a weight": lambda content: content[:-9] + bytes([content[-9] ^ 4]) + content[-8:],
    "nothing": lambda content: b"",
    "another format": lambda content: content.replace(b'\\"format\\": 3', b'\\"format\\": 2'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_training_begins_anew_where_its_checkpoint_is_damaged(tmp_path, caplog, damage):
    """With a word, and to the same bits as if there had been none; no night is lost for it."""
    options = {"seasons": (1,), "training": {"max_epochs": 2, "epoch_steps": 3, "batch_size": 16}}
    whole_memory = Memory()
    whole = made_of(chaos(1), checkpoints=whole_memory, **options).to_bytes()
    memory = Memory()
    content = whole_memory.kept["member-0"]
    marker = write_pickle(tmp_path / "evil.pt", "evil")
    memory.kept["member-0"] = (DAMAGES[damage] or (lambda _: (tmp_path / "evil.pt").read_bytes()))(content)
    assert memory.kept["member-0"] != content
    again = made_of(chaos(1), checkpoints=memory, **options).to_bytes()
    assert "member-0 begins anew, its checkpoint cannot be used:" in caplog.text
    assert (again, marker.exists()) == (whole, False)


# Again

TWO_LAYERS = """
import hashlib
from lstm.config import Model
from trainings import chaos, made_of

def fingerprint():
    model = Model(members=1, layers=2, dropout=0.1, hidden=16)
    training = {"seed": 1, "max_epochs": 2, "epoch_steps": 5}
    made = made_of(chaos(), model=model, training=training, seasons=(1,))
    return hashlib.sha256(b"".join(made.to_bytes())).hexdigest()
"""


@pytest.mark.slow
def test_a_second_training_in_one_process_and_one_in_another_are_equal():
    """Two layers, dropout 0.1, seed 1; card, which has scaling and calibration, and weights, bit by bit."""
    names: dict[str, Any] = {}
    exec(TWO_LAYERS, names)  # the very text that the other process runs
    first, second = names["fingerprint"](), names["fingerprint"]()
    other = in_another_process(f"{TWO_LAYERS}\nprint(fingerprint())")
    assert first == second == other.strip()


def in_another_process(code, *arguments):
    """What Python prints of a text, with the same path; it must end well."""
    setting = f"import sys; sys.path[:0] = {sys.path!r}\n"
    done = subprocess.run([sys.executable, "-c", setting + code, *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


# Size

PEAK_OF_A_NIGHT = """
import resource
from pathlib import Path
from cases.running import Night

night = Night(Path(sys.argv[1]), frequency="min")
night.file.write_text(night.file.read_text().replace("epoch_steps = 2", "epoch_steps = 100"))
outcome = night.run("2025-11-25T10:40")
assert outcome.exit_code == 0, outcome.sentence
assert len(night.rows(outcome)) == 7
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


@pytest.mark.slow
def test_a_night_over_a_million_rows_stays_below_its_memory(tmp_path):
    """One series of a million minutes, 100 steps of training; at most four times the file and 2 GB.

    A table of all windows alone, 35 numbers of 8 bytes a row, with its times would be over 30 times the file.
    """
    minutes = np.arange(1_000_000)
    times = np.datetime_as_string(np.datetime64("2024-01-01T00:00:00") + minutes.astype("timedelta64[m]"))
    values = 100 + 10 * np.sin(2 * np.pi * minutes / 1440)
    lines = [f"A,{time},{value:.3f}" for time, value in zip(times, values, strict=True)]
    file = save(tmp_path, "id,ds,y\n" + "\n".join(lines) + "\n")
    peak = int(in_another_process(PEAK_OF_A_NIGHT, str(tmp_path)))
    assert peak < 4 * file.stat().st_size + 2_000_000_000
