"""The judgement: both settings trained on the same data, compared on later origins, proposed beyond chance only."""

import json

import pytest
from tunings import search_of, small_file, tried, tuning_job

from lstm.config import Model, load_pipeline
from lstm.errors import EvaluationError
from lstm.references import GateOutcome
from lstm.steps.tuning.judge_tuned import better_beyond_chance, changed, judge_tuned, with_setting
from lstm.storage.runs.run_folder import RunStore

SHORT_SIGHTED = """
[calendar]
features = false

[[gates]]
name = "beats the baselines"
enabled = false
"""
FILE = {"hidden": 8, "look_back": None, "learning_rate": 3e-3}


def best_of(values, through: str = "2024-03-18"):
    return search_of(tried(0, 0.0, FILE), tried(1, -0.2, FILE | values), through=through)


def test_nothing_is_trained_where_the_files_setting_was_the_best(tmp_path):
    """Law: and that is said."""
    job, panel, windows = tuning_job(tmp_path)
    verdict = judge_tuned(job, panel, windows, search_of(tried(0, 0.0, FILE), tried(1, 0.3, {"hidden": 4})))
    assert (verdict.proposed, verdict.changes, verdict.scores) == (False, {}, ())
    assert verdict.sentence.startswith("Nothing is proposed: of 2 settings that were tried none did better")
    assert not (RunStore(job.runs, job.key.run_id).read_bytes("tuned/model.json"))


def test_a_setting_that_is_no_better_beyond_chance_is_not_proposed(tmp_path):
    """Noise around a level: one network is as good as another, and the whole interval must lie above zero.

    Both models are trained on the same windows, without a refit, in folders of their own; only the tuned one says
    through when it was tuned. The same again trains nothing.
    """
    job, panel, windows = tuning_job(tmp_path)
    verdict = judge_tuned(job, panel, windows, best_of({"hidden": 4}))
    assert not verdict.proposed
    assert verdict.changes == {}
    assert "Nothing is proposed; the file's setting stays: the tuned setting is" in verdict.sentence
    failed = {gate.name for gate in verdict.gates if gate.passed is False}
    assert "better than the file's setting" in failed
    assert {score.method for score in verdict.scores} >= {"challenger", "champion", "baseline:ridge"}
    assert verdict.origins == 3
    store = job.run_store()
    tuned, present = (json.loads(store.read_bytes(f"{name}/model.json") or b"") for name in ("tuned", "present"))
    assert (tuned["tuned_through"], present["tuned_through"]) == ("2024-03-18", "")
    assert tuned["windows"] == present["windows"]
    assert (tuned["refit"], present["refit"]) == ("not asked for", "not asked for")
    assert [member["hidden"] for member in tuned["members"]] == [4, 4, 4]
    assert job.registry().models("small") == []
    before = store.manifest("train-tuned")
    assert judge_tuned(job, panel, windows, best_of({"hidden": 4})) == verdict
    assert store.manifest("train-tuned") == before


def test_a_setting_that_is_better_beyond_chance_is_proposed_with_its_lines(tmp_path):
    """A week that repeats itself: who reads one day cannot know what day it is, who reads two weeks does.

    The mean of four weeks would be as good, so the gate against the baselines is switched off.
    """
    job, panel, windows = tuning_job(tmp_path, SHORT_SIGHTED, week=30.0)
    values = {"hidden": 8, "look_back": 1}
    verdict = judge_tuned(
        job, panel, windows, search_of(tried(0, 0.0, values), tried(1, -1, values | {"look_back": 14}))
    )
    better = next(gate for gate in verdict.gates if gate.name == "better than the file's setting")
    assert better.passed
    assert better.low is not None
    assert better.low > 0.0
    assert verdict.proposed
    assert verdict.changes == {"model": {"look_back": 14}, "tuning": {"through": "2024-03-18"}}
    assert verdict.sentence.startswith("The tuned setting is proposed: it is")


def test_a_setting_whose_quantiles_are_worse_fails_whatever_its_median(tmp_path):
    """Law: what is 0.4 % better in MASE and 1.3 % worse in WQL is another trade, not a better setting."""
    job, panel, windows = tuning_job(tmp_path)
    verdict = judge_tuned(job, panel, windows, best_of({"hidden": 4}))
    bands = next(gate for gate in verdict.gates if gate.name == "quantiles not worse than the file's setting")
    wql = {score.method: score.wql for score in verdict.scores}
    assert (bands.observed, bands.reference) == (wql["challenger"], wql["champion"])
    assert bands.passed is (wql["challenger"] <= wql["champion"])


@pytest.mark.parametrize(
    ("passed", "low", "better"), [(True, 0.01, True), (True, -0.01, False), (True, None, False), (None, None, False)]
)
def test_only_a_whole_interval_above_zero_is_better(passed, low, better):
    """Law: a gate without an interval says nothing of chance, nor one that does not apply, nor one that allows a loss;
    one against another rival is none of this question."""
    gate = GateOutcome(name="g", passed=passed, low=low, high=0.1, reason="r", against="champion")
    ridge = gate.model_copy(update={"passed": True, "low": 0.2, "against": "ridge"})
    assert (better_beyond_chance([ridge, gate]) is gate) is better


def test_origins_that_tuning_has_read_do_not_count(tmp_path):
    """Law: a search that had read through the newest origin leaves none to judge by."""
    job, panel, windows = tuning_job(tmp_path)
    with pytest.raises(EvaluationError, match="every held-out origin lies before 2024-04-28"):
        judge_tuned(job, panel, windows, best_of({"hidden": 4}, through="2024-04-28"))


def test_what_is_to_be_written_is_what_differs_from_the_file(tmp_path):
    """Law: a key that is left to the rule is taken out; one that says what holds anyway is not written."""
    pipeline = load_pipeline(small_file(tmp_path))
    best = tried(3, -0.1, {"hidden": 8, "look_back": 14, "learning_rate": 1e-2})
    assert changed(pipeline, best, "2024-03-18") == {
        "model": {"look_back": 14},
        "training": {"learning_rate": 1e-2},
        "tuning": {"through": "2024-03-18"},
    }
    fixed = with_setting(pipeline, {"look_back": 14}, "2024-03-18")
    assert (fixed.model.look_back, fixed.tuning.through) == (14, "2024-03-18")
    assert changed(fixed, tried(1, 0.0, {"look_back": None}), "x")["model"] == {"look_back": None}
    automatic = pipeline.model_copy(update={"model": Model()})
    assert "model" not in changed(automatic, tried(1, 0.0, {"hidden": 64}), "x")
