"""A file or a table of a database: what cannot be meant is refused when the pipeline file is read."""

import pytest


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "give either path (a file) or url (a database)"),
        ('path = "t.csv"\nurl = "env:X"', "give either path (a file) or url (a database)"),
        ('url = "env:X"', "a url needs either table or query"),
        ('path = "t.csv"\ntable = "t"', "table and query belong to url, not to path"),
        ('url = "sqlite:///t.db"\ntable = "t"\nshards = 2', "shards are parts of a query"),
        ('path = "t.csv"\nthousands = "."', "thousands and decimal are both '.'; give two different marks"),
        ('path = "t.csv"\nseparator = "."', "separator is '.', and so is a mark of the numbers"),
        ('path = "t.csv"\nseparator = "§"', "a separator is one ASCII character"),
        ('path = "t.csv"\nmissing = ["-200", " "]', "source.missing: a code for a missing value is empty"),
        ('path = "t.csv"\nmissing = "-200"', "source.missing"),
        ('path = "t.csv"\ncolumns = ["a", "a"]', "columns names one column twice"),
    ],
)
def test_a_table_that_cannot_be_read_one_way_is_refused(refusal, lines, message):
    """By its keys."""
    assert message in refusal(part='path = "t.csv"', by=lines)


def test_a_comma_may_separate_columns_and_mark_decimals(refusal):
    """Numbers are in quotes then; the next mistake is told, not this."""
    assert "source.time" in refusal(
        part='path = "t.csv"\ntime = "day"', by='path = "t.csv"\nseparator = ","\ndecimal = ","'
    )
