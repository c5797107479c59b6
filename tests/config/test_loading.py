"""From a pipeline file to its settings: a mistake is told with file, key and what was expected."""

import pytest

from lstm.config import load_pipeline, name_in
from lstm.errors import ConfigError


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("[training]\npatiense = 3\n", "training.patiense"),
        ('[[gates]]\nname = "g"\nmetric = "mase"\nat_most = nan\n', "gates.0.at_most"),
        ('[[gates]]\nname = "g"\nmetric = "mase"\nat_most = -1\n', "gates.0.at_most"),
        ('[[gates]]\nname = "g"\nmetric = "mase"\n', "needs exactly one of"),
        ('[[gates]]\nname = "g"\nmetric = "coverage"\ninterval = [0.9, 0.1]\nwithin = 0.1\n', "the lower one first"),
        ('[[gates]]\nname = "g"\nmetric = "coverage"\ninterval = [0.5, 0.5]\nwithin = 0.1\n', "the lower one first"),
        (
            '[[gates]]\nname = "g"\nmetric = "coverage"\nat_least = 80\n',
            "coverage is a share, so at_least is at most 1",
        ),
        ('[[gates]]\nname = "Coverage"\nenabled = false\n', "gates.0.metric: Field required"),
    ],
)
def test_a_mistake_names_its_key(refusal, more, message):
    """Refused when the file is read, with the key and what was expected."""
    assert message in refusal(more)


@pytest.mark.parametrize(
    "more",
    [
        '[store]\ndatabase = "postgresql://u:s3cret@h/d"\n',
        '[store]\nforecasts_table = "postgresql://u:s3cret@h/d"\n',
        '[[sinks]]\nname = "s"\nurl = "postgresql://u:s3cret@h/d"\n',
    ],
)
def test_a_password_in_the_wrong_place_is_not_repeated(refusal, more):
    """Law: no message holds what may be a secret."""
    assert "s3cret" not in refusal(more)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name = ", "is not valid TOML"),
        (b'name = "\xff"', "is not UTF-8 text"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_is_none_is_named(pipeline_file, content, message):
    """With its path."""
    pipeline_file.unlink() if content is None else pipeline_file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"pipeline file {pipeline_file} {message}"):
        load_pipeline(pipeline_file)


def test_the_name_in_a_file_is_found_where_the_rest_is_wrong(pipeline_file):
    """Alerts name the pipeline of a file that cannot be used; else by the file's own name."""
    assert name_in(pipeline_file) == "p"
    pipeline_file.write_text('name = "sales"\nhorizon = "many"\n', encoding="utf-8")
    assert name_in(pipeline_file) == "sales"
    pipeline_file.write_text('name = "../sales"\n', encoding="utf-8")
    assert name_in(pipeline_file) == "p"
