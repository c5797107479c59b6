"""Keys of a pipeline file that one run sets anew."""

from pathlib import Path

import pytest

from lstm.config import load_pipeline, name_in, overridable, parse_settings
from lstm.config.overrides import REFUSED
from lstm.errors import ConfigError

FILE = """
name = "sales"
horizon = 7
[source]
path = "sales.csv"
time = "day"
targets = ["y"]
[training]
max_epochs = 9
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pipeline.toml"
    path.write_text(FILE)
    return path


def test_a_key_that_is_set_wins_and_the_rest_of_its_table_stays(file):
    """Also in a table that the file does not have."""
    pipeline = load_pipeline(file, {"training.seed": 7, "quality.late_end": "degrade", "seasons": [7, 28]})
    assert (pipeline.training.seed, pipeline.training.max_epochs) == (7, 9)
    assert pipeline.quality.late_end == "degrade"
    assert pipeline.seasons == (7, 28)
    assert load_pipeline(file).training.seed == 1  # nothing stays


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ({"training.max_epochs": 0}, r"overrides \(training.max_epochs\):\n  training.max_epochs: .*1, not 0"),
        ({"training.max_epochs": "many"}, "training.max_epochs: .*valid integer"),
        ({"training.max_epoch": 3}, "override training.max_epoch: .*did you mean training.max_epochs"),
        ({"max_epochs": 3}, "did you mean training.max_epochs"),
        ({"training": {"max_epochs": 3}}, "override training: this is a whole table; set a key of it"),
        ({"": 3}, "no such key"),
        ({"name": "other"}, "override name: a run cannot change it: it says whose run this is"),
        ({"store.url": "env:OTHER"}, "override store.url: a run cannot change it"),
        ({"sinks": []}, "override sinks: a run cannot change it"),
        ({"source.query": "select 1"}, "override source.query: a run cannot change it: it says what is read"),
        ({"source.future.url": "env:OTHER"}, "override source.future.url: a run cannot change it"),
        ({"horizon": 14}, "every forecast of this pipeline has in common"),
    ],
)
def test_what_cannot_be_set_is_refused_with_the_keys_name(file, override, words):
    with pytest.raises(ConfigError, match=f"(?s){words}"):
        load_pipeline(file, override)


def test_a_refused_address_is_not_repeated(file):
    """It may hold a password."""
    with pytest.raises(ConfigError) as refused:
        load_pipeline(file, {"store.url": "postgresql://u:hunter2@db/x"})
    assert "hunter2" not in str(refused.value)


def test_a_mistake_of_the_file_itself_is_not_laid_upon_an_override(file):
    file.write_text(FILE.replace("horizon = 7", "horizon = 0"))
    with pytest.raises(ConfigError, match=r"pipeline file .*\n  horizon"):
        load_pipeline(file, {"training.seed": 7})


def test_what_is_refused_is_among_no_keys_that_can_be_set(file):
    keys = overridable()
    assert {"training.max_epochs", "gates", "source.future.covers", "minimum"} <= set(keys)
    assert not [key for key in keys for name in REFUSED if key == name or key.startswith(f"{name}.")]


def test_texts_of_the_command_line_are_read_as_toml_and_else_as_text():
    given = ["training.max_epochs=3", "quality.late_end = degrade", 'x="3"', "seasons=[7, 28]", "training.refit=false"]
    assert parse_settings(given) == {
        "training.max_epochs": 3,
        "quality.late_end": "degrade",
        "x": "3",
        "seasons": [7, 28],
        "training.refit": False,
    }


@pytest.mark.parametrize(
    ("given", "words"), [(["a"], "give key=value"), (["=3"], "give key=value"), (["a=1", "a=2"], "given twice")]
)
def test_a_text_that_is_no_setting_is_refused(given, words):
    with pytest.raises(ConfigError, match=words):
        parse_settings(given)


def test_a_file_has_a_name_though_the_rest_of_it_is_wrong(file, tmp_path):
    """So that a run of it can be found by the pipeline's name; what is no name is not taken for one."""
    file.write_text(FILE.replace("horizon = 7", "horizon = 0"))
    assert name_in(file) == "sales"
    file.write_text('name = "Not A Name"')
    assert name_in(file) == "pipeline"
    assert name_in(tmp_path / "absent.toml") == "absent"
