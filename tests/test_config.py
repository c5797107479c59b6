"""The pipeline file: what it says when it cannot be used."""

import pytest

from lstm.config import level_name, load_pipeline
from lstm.errors import ConfigError

GOOD = 'name = "p"\nhorizon = 3\n[source]\npath = "t.csv"\ntime = "day"\ntargets = ["y"]\n'


def refused(tmp_path, text: str) -> str:
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_pipeline(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("[training]\npatiense = 3\n", "training.patiense"),
        ("[training]\npatience = true\n", "training.patience: Input should be a valid integer"),
        ("[training]\npatience = 0\n", "training.patience: Input should be greater than or equal to 1, not 0"),
        ('[[gates]]\nname = "g"\nmetric = "mase"\nat_most = nan\n', "gates.0.at_most"),
        ('[[gates]]\nname = "g"\nmetric = "mase"\nat_most = -1\n', "gates.0.at_most"),
        ('[[gates]]\nname = "g"\nmetric = "mase"\n', "needs exactly one of"),
        ('[model]\nkind = "textbook"\nloss = "quantile"\n', "forecasts one number, which has no quantile loss"),
        ('[[sinks]]\nname = "s"\n', "give either path (a file) or url and table (a database)"),
    ],
)
def test_a_mistake_names_its_key(tmp_path, more, said):
    """Cases 78 and others: refused when the file is read, with the key and what was expected."""
    assert said in refused(tmp_path, GOOD + more)


@pytest.mark.parametrize(
    "more",
    [
        '[store]\ndatabase = "postgresql://u:s3cret@h/d"\n',
        '[store]\nforecasts_table = "postgresql://u:s3cret@h/d"\n',
        '[[sinks]]\nname = "s"\nurl = "postgresql://u:s3cret@h/d"\n',
    ],
)
def test_a_password_in_the_wrong_place_is_not_repeated(tmp_path, more):
    """Law: no message holds what may be a secret."""
    assert "s3cret" not in refused(tmp_path, GOOD + more)


def test_a_password_in_a_url_of_the_file_is_refused_and_not_repeated(tmp_path):
    """It belongs into an environment variable or a secret block; a URL without one may stand here."""
    good = GOOD.replace('path = "t.csv"', 'url = "postgresql://u:s3cr@et@h/d"\ntable = "t"')
    said = refused(tmp_path, good)
    assert "source.url: holds a password" in said
    assert "s3cr" not in said
    path = tmp_path / "p.toml"
    path.write_text(good.replace(":s3cr@et", ""), encoding="utf-8")
    assert load_pipeline(path).source.url == "postgresql://u@h/d"


def test_a_quantile_level_has_a_column_name():
    """The design's own examples: 0.1 is q10, 0.025 is q02_5."""
    assert [level_name(level) for level in (0.1, 0.5, 0.025, 0.05, 0.999)] == ["q10", "q50", "q02_5", "q05", "q99_9"]
