"""Codes for a missing value: named ones are taken out and counted, unnamed ones are suspected."""

import numpy as np
import pyarrow as pa
import pytest

from lstm.data.rows.missing_codes import MissingCodes, code_notes, suspected_codes


def taken_out(column: list[object], *codes: str, decimal: str = ".") -> tuple[list[object], dict[str, int]]:
    values, counts = MissingCodes.of(codes).taken_out(pa.chunked_array([column]), decimal, None)
    return values.to_pylist(), dict(counts)


def test_a_number_is_found_by_its_value_however_it_is_written() -> None:
    """-200, -200.0 and -200,00 are one value; -2000 is another."""
    assert taken_out(["-200", "1", "-200.0", "-2000"], "-200") == ([None, "1", None, "-2000"], {"-200": 2})
    assert taken_out(["-200,00", "1,5"], "-200", decimal=",") == ([None, "1,5"], {"-200": 1})
    assert taken_out([-200.0, 1.0, None], "-200.0") == ([None, 1.0, None], {"-200": 1})
    assert taken_out([-200, 7], "-200") == ([None, 7], {"-200": 1})


def test_a_code_is_found_where_float32_has_rounded_it() -> None:
    """A Parquet column of float32 holds -999.9 as -999.9000244140625."""
    rounded = float(np.float32(-999.9))
    assert taken_out([rounded, 1.0], "-999.9") == ([None, 1.0], {"-999.9": 1})


def test_a_word_is_found_without_the_blanks_around_it() -> None:
    """A word is no number, and says nothing of numbers."""
    assert taken_out([" calm ", "3", "calmer"], "calm") == ([None, "3", "calmer"], {"calm": 1})
    assert taken_out([3.0], "calm") == ([3.0], {})


def test_counts_are_told_by_column() -> None:
    counts = {("CO", "-200"): 1_366, ("CO", "x"): 2, ("T", "-200"): 5}
    assert code_notes(counts, "air.csv") == (  # type: ignore[arg-type]
        "air.csv: cells of 'CO' that are missing by source.missing: '-200' (1,366), 'x' (2)",
        "air.csv: cells of 'T' that are missing by source.missing: '-200' (5)",
    )


@pytest.mark.parametrize(
    ("code", "others"),
    [
        (-200, [0.5, 11.9]), (-200, [647, 2040]), (-999, [1, 900]), (99999, [80, 600]), (999.9, [0, 40]),
        (9.96921e36, [270, 300]), (-99.9, [0, 30]), (-9999, [-40, 45]), (32767, [0, 5000]), (-999.25, [2, 150]),
    ],
)  # fmt: skip
def test_a_number_like_a_code_that_is_often_and_far_outside_is_suspected(code: float, others: list[float]) -> None:
    """UCI's air quality has -200, NOAA 999.9 and 99999, NetCDF 9.96921e36, logs of wells -999.25."""
    values = np.array([*np.linspace(others[0], others[1], 50), code, code, code])
    assert suspected_codes(values) == {code: 3}
    assert list(suspected_codes(values.astype(np.float32)).values()) == [3]


@pytest.mark.parametrize(
    ("value", "often", "others"),
    [
        (99999, 1, [80, 600]), (999, 5, [0, 1200]), (999, 5, [0, 990]), (500, 9, [0, 3]), (-200, 5, [-250, 900]),
        (-1, 9, [0, 40]), (0, 90, [50, 60]), (100, 9, [0, 1]),
    ],
)  # fmt: skip
def test_what_may_have_been_measured_is_not_suspected(value: float, often: int, others: list[float]) -> None:
    """Once; within or beside the others; a plain quantity such as a promotion's 500; a return of one piece."""
    assert suspected_codes(np.array([*np.linspace(others[0], others[1], 50), *[value] * often])) == {}


def test_two_codes_at_both_ends_are_both_suspected() -> None:
    """-999 is out of range, 9999 not measured; neither hides the other."""
    assert suspected_codes(np.array([*range(50), *[-999] * 4, *[9999] * 3], float)) == {-999: 4, 9999: 3}


@pytest.mark.parametrize("values", [[], [999.0] * 9, [999.0] * 9 + [0.0] * 9])
def test_a_column_without_other_values_is_not_suspected(values: list[float]) -> None:
    """Two values may be states."""
    assert suspected_codes(np.array(values)) == {}
