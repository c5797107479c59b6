"""Counts of days, seconds and milliseconds."""

from datetime import datetime

import pyarrow as pa
import pytest

from lstm.data.timestamps.epochs import read_counts


def counted(values: list[float] | list[int] | list[str], layout: str) -> list[datetime | None]:
    stamps = read_counts(pa.array(values), layout).cast(pa.timestamp("us"))
    parsed: list[datetime | None] = stamps.to_pylist()
    return parsed


@pytest.mark.parametrize(
    ("serial", "moment"),
    [
        ("45292", "2024-01-01"),
        ("45292.5", "2024-01-01T12:00"),
        ("45292.04167", "2024-01-01T01:00"),
        ("45292.99999", "2024-01-01T23:59:59"),
        ("1", "1900-01-01"),
        ("59", "1900-02-28"),
        ("61", "1900-03-01"),
        ("2958465", "9999-12-31"),
    ],
)
def test_serials_of_excel_are_days_since_1900(serial: str, moment: str) -> None:
    """Microsoft's documentation: 1 is 1 January 1900, 39448 is 1 January 2008."""
    assert counted([serial], "excel") == counted([float(serial)], "excel") == [datetime.fromisoformat(moment)]


@pytest.mark.parametrize("serial", ["0", "-1", "60", "60.5", "2958466", "2024-01-01", "1e3", "nan"])
def test_serials_of_days_that_never_were_are_missing(serial: str) -> None:
    """Excel's 29 February 1900 (60) did not exist."""
    assert counted([serial], "excel") == [None]


@pytest.mark.parametrize(
    ("value", "layout", "moment"),
    [
        (1704067200, "unix", "2024-01-01"),
        ("1704067200", "unix", "2024-01-01"),
        (1704067200.5, "unix", "2024-01-01T00:00:00.500"),
        (-86400, "unix", "1969-12-31"),
        (1704067200000, "unix_ms", "2024-01-01"),
        ("-1", "unix_ms", "1969-12-31T23:59:59.999"),
    ],
)
def test_counts_since_1970_are_instants(value: int | float | str, layout: str, moment: str) -> None:
    """Before 1970 they are negative."""
    assert counted([value], layout) == [datetime.fromisoformat(moment)]  # type: ignore[arg-type]
