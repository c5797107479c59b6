"""Rows that lie far in the future."""

from ingested import THREE_DAYS, assemble, at, pipeline, table


def test_an_end_of_time_sentinel_is_left_out_and_makes_no_grid_of_millennia() -> None:
    """9999-12-31 is what many systems write for never."""
    panel, report = assemble(table([*THREE_DAYS, ("A", "9999-12-31", 1.0)]), pipeline(), at("2024-01-04"))
    assert panel.steps == 5
    assert report.rows_after_horizon == 1
    assert "1 rows lie far in the future and are left out: 'A' at 9999-12-31 (data row 4)" in report.warnings
