"""The steps that each series has: from its first row to the end of the horizon."""

import pytest
from ingested import THREE_DAYS, assemble, at, history, pipeline, table

from lstm.errors import DataError


def test_a_series_spans_its_first_row_to_the_end_of_the_horizon() -> None:
    """At the start of the 4th the 3rd is complete; the horizon of 2 is the 4th and the 5th."""
    panel, report = assemble(table([*THREE_DAYS, ("B", "2024-01-03", 9.0)]), pipeline(), at("2024-01-04"))
    assert panel.names == ("A", "B")
    assert panel.indptr.tolist() == [0, 5, 8]
    assert [panel.frequency.text(int(start)) for start in panel.start] == ["2024-01-01", "2024-01-03"]
    assert history(panel, 0) == [1.0, 2.0, 3.0, None, None]
    assert history(panel, 1) == [9.0, None, None]
    assert (report.cutoff, report.newest, report.rows_read, report.rows_used) == ("2024-01-03", "2024-01-03", 4, 4)


def test_a_stray_early_time_that_would_make_a_huge_panel_is_refused() -> None:
    rows = [("A", "1900-01-01 00:00:00", 1.0), ("A", "2024-01-01 00:00:00", 1.0), ("A", "2024-01-01 00:00:01", 1.0)]
    with pytest.raises(
        DataError, match=r"3 rows would make a panel of 3,913,056,004 steps.*begins at 1900-01-01T00:00:00Z"
    ):
        assemble(table(rows), pipeline(frequency="s"), at("2024-01-01T00:00:02Z"))


def test_a_series_that_ends_early_is_masked_up_to_the_cutoff() -> None:
    """Design, time: so that all series get the same horizon."""
    panel, report = assemble(table([*THREE_DAYS, ("B", "2024-01-01", 9.0)]), pipeline(), at("2024-01-04"))
    assert history(panel, 1) == [9.0, None, None, None, None]
    assert report.per_series.last == ("2024-01-03", "2024-01-01")
    assert list(report.per_series.missing) == [0.0, pytest.approx(2 / 3)]
