"""A model in a folder: what lies there, what is read again, and what is refused in words."""

import json

import pandas as pd
import pyarrow.parquet as pq
import pytest

import lstm


@pytest.fixture
def folder(model, tmp_path):
    """A saved model."""
    model.save(tmp_path / "model")
    return tmp_path / "model"


def test_a_model_that_was_saved_forecasts_the_same(model, table, folder):
    """Law: to the last bit, as scores, settings and verdict are kept too."""
    loaded = lstm.load(str(folder))
    assert loaded.pipeline == model.pipeline
    assert loaded.verdict == model.verdict
    pd.testing.assert_frame_equal(loaded.predict(table), model.predict(table))
    assert repr(loaded) == "<Forecaster of departures by origin, carrier, 7 steps of 'D' ahead>"


def test_a_model_may_lie_on_an_object_store(model, table):
    """By a URL of fsspec, as run folders do."""
    model.save("memory://models/departures")
    pd.testing.assert_frame_equal(lstm.load("memory://models/departures").predict(table), model.predict(table))


def test_the_folder_is_of_the_registrys_format(folder):
    """No pickle: JSON, safetensors and Parquet."""
    names = sorted(file.name for file in folder.iterdir())
    assert names == ["frame.json", "history.parquet", "model.json", "scores.parquet", "weights.safetensors"]
    assert set(pq.read_table(folder / "history.parquet")["phase"].to_pylist()) >= {"member-0"}
    assert json.loads((folder / "frame.json").read_text())["pipeline"]["source"]["targets"] == ["departures"]


@pytest.mark.parametrize(
    "name", ["frame.json", "history.parquet", "model.json", "scores.parquet", "weights.safetensors"]
)
@pytest.mark.parametrize("damage", [lambda content: content[:50], None], ids=["cut short", "missing"])
def test_a_damaged_folder_is_refused(folder, name, damage):
    """Law: each file is needed, and whole; the refusal names the folder."""
    file = folder / name
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(lstm.ModelError, match=str(folder)):
        lstm.load(folder)


def test_a_folder_of_a_newer_nightcast_is_refused(folder):
    """Law: in words, with what to do."""
    settings = json.loads((folder / "frame.json").read_text())
    (folder / "frame.json").write_text(json.dumps(settings | {"format": 2, "nightcast": "9.0", "more": 1}))
    with pytest.raises(lstm.ModelError, match=r"format 2, written by Nightcast 9\.0; .* reads format 1; upgrade"):
        lstm.load(folder)


def test_another_model_is_never_overwritten_unasked(model, table, settings, folder):
    """Law: the same model may be saved again; another one only with overwrite=True."""
    model.save(folder)
    other = lstm.fit(table, **settings | {"training": settings["training"] | {"seed": 2}})
    with pytest.raises(lstm.ModelError, match=r"holds another model; .* overwrite=True"):
        other.save(folder)
    (folder / "frame.json").unlink()
    with pytest.raises(lstm.ModelError, match="holds another model"):
        other.save(folder)
    other.save(folder, overwrite=True)
    assert lstm.load(folder).verdict == other.verdict
