"""The top level of the pipeline file, and what its tables must agree on."""

import pytest

from lstm.config import level_name, load_pipeline


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            '[[gates]]\nname = "g"\nmetric = "mase"\nagainst = "baseline:best"\nbetter_by = 0.1\n',
            "nothing called baseline:best is compared with",
        ),
        (
            '[[gates]]\nname = "g"\nmetric = "mase"\nagainst = "baseline:theta"\nbetter_by = 0.1\n',
            "evaluation.baselines",
        ),
        (
            '[[sinks]]\nname = "s"\npath = "a.csv"\n[[sinks]]\nname = "s"\npath = "b.csv"\n',
            "two sinks have the same name",
        ),
    ],
)
def test_tables_that_do_not_fit_together_are_refused(refusal, more, message):
    """With the name of what is wrong, and what there is."""
    assert message in refusal(more)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("horizon = 100001", "horizon: Input should be less than or equal to 100000"),
        ("horizon = 3\nquantile_levels = [0.1, 0.9]", "0.5 must be among the quantile levels"),
        ("horizon = 3\nquantile_levels = [0.5, 0.1]", "write the quantile levels from low to high, each once"),
        ("horizon = 3\nseasons = [168, 24]", "write the seasons from short to long, each once"),
        ('horizon = 3\ntime_zone = "Mars"', "a time zone is a name of the IANA database, such as UTC"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_its_key(refusal, line, message):
    """A horizon of a billion steps would ask for more memory than there is."""
    assert message in refusal(part="horizon = 3", by=line)


def test_a_pipeline_name_can_be_the_name_of_a_folder(refusal):
    """Runs are filed under it."""
    said = refusal(part='"p"', by='"My Sales"')
    assert "name: a pipeline name has lower-case letters, digits and dashes only, at most 63 of them, not 'My" in said


def test_a_gate_against_a_method_of_statsforecast_needs_it_in_the_contest(pipeline_file):
    """Law: a gate compares only with what will be there, else it would keep every challenger out."""
    gate = '[[gates]]\nname = "g"\nmetric = "mase"\nagainst = "baseline:theta"\nbetter_by = 0.1\n'
    with pipeline_file.open("a", encoding="utf-8") as file:
        file.write('[evaluation]\nbaselines = ["theta"]\n' + gate)
    assert load_pipeline(pipeline_file).gates[0].against == "baseline:theta"


def test_a_default_gate_is_switched_off_by_its_name_alone(pipeline_file):
    """`enabled = false` needs no metric and no threshold, and takes away that gate only."""
    every = [gate.name for gate in load_pipeline(pipeline_file).active_gates()]
    with pipeline_file.open("a", encoding="utf-8") as file:
        file.write('[[gates]]\nname = "coverage"\nenabled = false\n')
    active = [gate.name for gate in load_pipeline(pipeline_file).active_gates()]
    assert active == [name for name in every if name != "coverage"]


def test_a_quantile_level_has_a_column_name():
    """The design's own examples: 0.1 is q10, 0.025 is q02_5."""
    assert [level_name(level) for level in (0.1, 0.5, 0.025, 0.05, 0.999)] == ["q10", "q50", "q02_5", "q05", "q99_9"]
