"""A model in a folder: what lies there, what is read again, and what is refused in words."""

import json
from typing import Any

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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x80\x04", "no JSON of a model"),
        (b"[]", "no JSON of a model"),
        (b"null", "no JSON of a model"),
        (b'{"format": 1}', r"damaged:\n  nightcast: Field required"),
    ],
)
def test_a_description_that_is_none_is_refused_in_words(folder, content, message):
    """Law: no sentence of Python or pydantic."""
    (folder / "frame.json").write_bytes(content)
    with pytest.raises(lstm.ModelError, match=message) as refusal:
        lstm.load(folder)
    assert "pydantic" not in str(refusal.value)


@pytest.mark.parametrize("change", [{"horizon": 9}, {"quantile_levels": [0.2, 0.5, 0.8]}])
def test_a_description_of_another_model_is_refused(folder, change):
    """Law: what was promised when it was fitted is what forecasts."""
    settings = json.loads((folder / "frame.json").read_text())
    settings["pipeline"] |= change
    (folder / "frame.json").write_text(json.dumps(settings))
    with pytest.raises(lstm.ModelError, match="is not of the model beside it"):
        lstm.load(folder)


def test_what_is_no_folder_is_refused(model, tmp_path, monkeypatch):
    """Law: a file, a path below one, and what names nothing; nothing is written elsewhere instead."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("notes")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(lstm.ModelError, match=f"{place} cannot be a folder: .*; save to another"):
            model.save(place, overwrite=True)
        with pytest.raises(lstm.ModelError, match=f"there is no folder {place}"):
            lstm.load(place)
    nowhere: list[Any] = [None, "", 3]
    for nothing in nowhere:
        with pytest.raises(lstm.ModelError, match=f"by its path or URL, not by {nothing!r}"):
            model.save(nothing)
        with pytest.raises(lstm.ModelError, match=f"by its path or URL, not by {nothing!r}"):
            lstm.load(nothing)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
