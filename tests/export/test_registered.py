"""A version of the registry is exported with what it published."""

import shutil

import numpy as np
import pytest
from nights import CONTRACT, NOW

from frames_of import AS_OF, departures, write_pipeline
from lstm.errors import ConfigError, ModelError, StoreError
from lstm.export.registered import export_version
from lstm.steps.night import night
from runs import Stored


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    """A pipeline after one night, whose model became champion."""
    folder = tmp_path_factory.mktemp("ground")
    pipeline = write_pipeline(folder, departures())
    assert night(str(pipeline), AS_OF).exit_code == 0
    return pipeline


@pytest.fixture
def stored(ground, tmp_path):
    """Its store, and the root of its run folders, in a copy."""
    pipeline = shutil.copytree(ground.parent, tmp_path / "copy") / ground.name
    return Stored(pipeline), str(pipeline.parent / "store" / "runs")


def test_the_champion_is_exported_with_the_rows_that_it_published(stored, tmp_path):
    """Law: the example's forecasts are those of the ledger, to the last digit, and the card is that of the version."""
    store, runs = stored
    model, origin = export_version(store.registry, runs, "departures", None, tmp_path / "out", "pytorch")
    assert (model.version, origin) == (1, "that the run `departures.retrain.20131217T050000Z` published")
    card = (tmp_path / "out" / "model.json").read_bytes()
    assert card == (tmp_path / "copy" / "store" / "runs" / model.uri / "model.json").read_bytes()
    sample = np.load(tmp_path / "out" / "example.npz")
    rows = store.current().to_pandas().set_index(["origin", "carrier", "step"])
    expected = [[rows.loc[(*name.split("/"), step)]["q90"] for step in range(1, 8)] for name in sample["series"]]
    np.testing.assert_array_equal(sample["expected"][:, :, 2, 0], expected)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md", "example.npz", "example.py", "model.json", "model.py", "networks.py", "weights.pth",
        "weights.safetensors", "window_inputs.py",
    ]  # fmt: skip


def test_a_version_that_served_no_night_is_exported_with_what_it_would_have_forecast(stored, tmp_path):
    """And says so."""
    store, runs = stored
    (tmp_path / "copy" / "store" / "runs" / "departures.retrain.20131217T050000Z" / "forecast.parquet").unlink()
    _, origin = export_version(store.registry, runs, "departures", 1, tmp_path / "out", "pytorch")
    assert origin == "that v1 would have made in the run `departures.retrain.20131217T050000Z`"
    assert origin in (tmp_path / "out" / "README.md").read_text(encoding="utf-8")


def test_what_cannot_be_exported_is_refused_in_words(stored, tmp_path):
    """A version that is not there, a baseline, a pipeline without a champion, and a panel that is gone."""
    store, runs = stored
    with pytest.raises(StoreError, match="departures has no model v9; there are: v1"):
        export_version(store.registry, runs, "departures", 9, tmp_path / "out", "onnx")
    with pytest.raises(ConfigError, match="other has no champion; give --version"):
        export_version(store.registry, runs, "other", None, tmp_path / "out", "onnx")
    store.registry.register_baseline("other", "naive", CONTRACT, NOW)
    with pytest.raises(ConfigError, match="v1 of other is baseline:naive, a method without weights"):
        export_version(store.registry, runs, "other", 1, tmp_path / "out", "onnx")
    (tmp_path / "copy" / "store" / "runs" / "departures.retrain.20131217T050000Z" / "panel.parquet").unlink()
    with pytest.raises(ModelError, match="no run folder of departures is left whose panel v1 can read"):
        export_version(store.registry, runs, "departures", None, tmp_path / "out", "onnx")
    assert not (tmp_path / "out").exists()
