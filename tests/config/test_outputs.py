"""[store] and [[sinks]]: places that cannot be meant are refused when the file is read."""

import pytest

from lstm.config import Sink


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('path = "o.csv"\ncolumns = {time = " "}\n', "columns.time = ' ' has blanks around it"),
        ('path = "o.csv"\ncolumns = {time = "a\\u0000b"}\n', "characters that do not print"),
        ('path = "o.csv"\ncolumns = {time = ""}\n', "columns.time cannot be left out, every forecast has one"),
        ('path = "o.csv"\ncolumns = {tme = "t"}\n', "columns.tme is no column of the forecasts, which are: target,"),
        ('path = "o.csv"\ncolumns = {time = "STEP"}\n', "time and step would both be the column 'step'"),
        ('path = "o.xlsx"\n', "path must end in .csv, .csv.gz or .parquet"),
        ('path = "o.csv"\nurl = "env:X"\n', "give either path (a file) or url and table (a database)"),
        ('url = "env:X"\n', "url and table go together"),
        ("", "give either path (a file) or url and table (a database)"),
    ],
)
def test_a_sink_that_cannot_be_written_is_refused(refusal, more, message):
    """With its name."""
    said = refusal(f'[[sinks]]\nname = "s"\n{more}')
    assert "sink 's'" in said
    assert message in said


@pytest.mark.parametrize("decimals", ["-1", "16", "0.5", '"whole"'])
def test_a_sink_rounds_to_a_number_of_decimals(refusal, decimals):
    """From none to fifteen, which is all that a number of 64 bits has."""
    assert "sinks.0.round" in refusal(f'[[sinks]]\nname = "s"\npath = "o.csv"\nround = {decimals}\n')


def test_a_sink_has_a_name_for_each_column_that_it_takes():
    """Ours, unless the file says another, or leaves it out."""
    sink = Sink(name="s", path="o.csv", columns={"time": "ds", "reason": ""})
    assert sink.names(("store", "time", "reason")) == {"store": "store", "time": "ds"}
