"""Times as text in the form of one that is there, or not at all."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from lstm.storage.sinks.time_texts import in_form_of


@pytest.mark.parametrize(
    ("example", "written"),
    [
        ("2024-04-01", None),
        ("2024-04-01 01:00", "2024-05-01 02:30"),
        ("2024-04-01T01:00:00+00:00", "2024-05-01T02:30:00+00:00"),
        ("1 April 2024", None),
    ],
)
def test_a_form_that_would_lose_the_hour_is_none(example, written):
    """Half past two in the form of a day would be another time."""
    times = pa.chunked_array([pa.array([datetime(2024, 5, 1, 2, 30, tzinfo=UTC)], pa.timestamp("us", tz="UTC"))])
    texts = in_form_of(example, times)
    assert (texts.to_pylist() if texts is not None else None) == (None if written is None else [written])
