"""The registry as a dry run has it."""

import pytest
from nights import CONTRACT, NOW, model_ref, register

from lstm.errors import StoreError
from lstm.storage.registry.dry_run import DryRunRegistry
from lstm.storage.registry.registry import Registry
from lstm.storage.runs.run_folder import RunStore


@pytest.fixture
def dry_run(store, tmp_path):
    return DryRunRegistry(store, folder=RunStore(str(tmp_path), "small.dry-retrain.20240430T000000Z"))


def registered(registry: Registry, name: str) -> int:
    return registry.register_model("small", "a dry run", model_ref(name), CONTRACT, {}, NOW)


def test_a_challenger_gets_the_number_that_it_would_get_and_no_row(store, dry_run):
    """Asked again, also by another process of the run, it has the same; the registry itself knows nothing of it."""
    register(store, "first")
    assert [registered(dry_run, name) for name in ("mine", "mine", "other")] == [2, 2, 3]
    again = DryRunRegistry(store, folder=dry_run.folder)
    assert registered(again, "mine") == 2
    assert again.model("small", 2).fingerprint == model_ref("mine").fingerprint
    assert [model.version for model in Registry(store).models("small")] == [1]
    with pytest.raises(StoreError, match="small has no model v2"):
        Registry(store).model("small", 2)


def test_another_try_takes_the_place_of_the_one_before(store, dry_run):
    """It lies in the same folder, so the number that it would get is still free."""
    for name in ("mine", "another try"):
        model = model_ref(name).model_copy(update={"uri": "dry/model"})
        assert dry_run.register_model("small", "a dry run", model, CONTRACT, {}, NOW) == 1
    assert dry_run.model("small", 1).fingerprint == model_ref("another try").fingerprint


def test_a_number_that_a_real_run_has_taken_since_is_that_runs(store, dry_run):
    """A dry run that is judged anew must not take the new champion for its own challenger."""
    assert registered(dry_run, "mine") == 1
    register(store, "night")
    assert registered(dry_run, "mine") == 2
    assert dry_run.model("small", 1).fingerprint == model_ref("night").fingerprint


def test_a_baseline_that_has_a_version_keeps_it(store, dry_run):
    baseline = Registry(store).register_baseline("small", "naive", CONTRACT, NOW)
    assert dry_run.register_baseline("small", "naive", CONTRACT, NOW) == baseline
    assert dry_run.register_baseline("small", "seasonal_naive", CONTRACT, NOW) == baseline + 1
