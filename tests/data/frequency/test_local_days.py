"""Days that a zone left out when it crossed the date line."""

import numpy as np
import pytest

from lstm.data.frequency.aliases import parse_frequency
from lstm.data.frequency.local_days import never_were


@pytest.mark.parametrize(
    ("time_zone", "first", "left_out"),
    [
        ("Pacific/Apia", "2011-12-28", [False, False, True, False]),
        ("Pacific/Kwajalein", "1993-08-19", [False, False, True, False]),
        ("Europe/Berlin", "2024-03-29", [False] * 4),
        ("UTC", "2011-12-28", [False] * 4),
    ],
)
def test_a_day_that_the_date_line_took_never_was(time_zone, first, left_out):
    """Samoa went from 29 to 31 December 2011, Kwajalein from 20 to 22 August 1993 (the tz database's `australasia`)."""
    begin = int(np.datetime64(first).astype(np.int64))
    days = np.arange(begin, begin + 4)
    found = never_were(begin, begin + 3, parse_frequency("D"), time_zone)
    assert found.tolist() == days[left_out].tolist()
    assert not len(never_were(begin, begin + 3, parse_frequency("h"), time_zone))
