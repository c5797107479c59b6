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
        (
            '[[gates]]\nname = "g"\nmetric = "mase"\nagainst = "baseline:best"\nbetter_by = 0.1\n',
            "no baseline:best in the",
        ),
        (
            '[[gates]]\nname = "g"\nmetric = "mase"\nagainst = "baseline:theta"\nbetter_by = 0.1\n',
            "evaluation.baselines",
        ),
        ('[[gates]]\nname = "g"\nmetric = "coverage"\ninterval = [0.9, 0.1]\nwithin = 0.1\n', "the lower one first"),
        ('[[gates]]\nname = "g"\nmetric = "coverage"\ninterval = [0.5, 0.5]\nwithin = 0.1\n', "the lower one first"),
        (
            '[[gates]]\nname = "g"\nmetric = "coverage"\nat_least = 80\n',
            "coverage is a share, so at_least is at most 1",
        ),
        ('[[gates]]\nname = "Coverage"\nenabled = false\n', "gates.0.metric: Field required"),
        ('[[sinks]]\nname = "s"\npath = "o.csv"\ncolumns = {time = " "}\n', "columns.time = ' ' has blanks around it"),
        ('[[sinks]]\nname = "s"\npath = "o.csv"\ncolumns = {time = "a\\u0000b"}\n', "characters that do not print"),
        ("[monitor]\ndays = 1000000000\n", "monitor.days: Input should be less than or equal to 36525"),
        ('[model]\nkind = "textbook"\nloss = "quantile"\n', "forecasts one number, which has no quantile loss"),
        ('[[sinks]]\nname = "s"\n', "give either path (a file) or url and table (a database)"),
    ],
)
def test_a_mistake_names_its_key(tmp_path, more, said):
    """Cases 78 and others: refused when the file is read, with the key and what was expected."""
    assert said in refused(tmp_path, GOOD + more)


def test_a_gate_against_a_method_of_statsforecast_needs_it_in_the_contest(tmp_path):
    """Law: a gate compares only with what will be there, else it would keep every challenger out."""
    path = tmp_path / "p.toml"
    gate = '[[gates]]\nname = "g"\nmetric = "mase"\nagainst = "baseline:theta"\nbetter_by = 0.1\n'
    path.write_text(GOOD + '[evaluation]\nbaselines = ["theta"]\n' + gate, encoding="utf-8")
    assert load_pipeline(path).gates[0].against == "baseline:theta"


def test_a_default_gate_is_switched_off_by_its_name_alone(tmp_path):
    """`enabled = false` needs no metric and no threshold, and takes away that gate only."""
    path = tmp_path / "p.toml"
    path.write_text(GOOD, encoding="utf-8")
    every = [gate.name for gate in load_pipeline(path).active_gates()]
    path.write_text(GOOD + '[[gates]]\nname = "coverage"\nenabled = false\n', encoding="utf-8")
    assert [gate.name for gate in load_pipeline(path).active_gates()] == [name for name in every if name != "coverage"]


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


def test_a_horizon_has_a_limit(tmp_path):
    """A hundred thousand steps; a billion would ask for more memory than there is."""
    assert "horizon: Input should be less than or equal to 100000" in refused(
        tmp_path, GOOD.replace("horizon = 3", "horizon = 100001")
    )
