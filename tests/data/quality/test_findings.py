"""Repairs and warnings of one panel."""

import numpy as np

from lstm.data.frequency.aliases import parse_frequency
from lstm.data.quality.findings import Findings


def test_places_name_the_first_few() -> None:
    """1970-01-01 is ordinal 0 of days."""
    findings = Findings(["A", "B"], parse_frequency("D"))
    series, ordinal = np.array([0, 1, 0, 1]), np.array([0, 1, 2, 3])
    assert findings.places(series[:2], ordinal[:2]) == "'A' at 1970-01-01, 'B' at 1970-01-02"
    assert findings.places(series, ordinal) == "'A' at 1970-01-01, 'B' at 1970-01-02, 'A' at 1970-01-03, ..."


def test_repairs_are_counted_by_series() -> None:
    findings = Findings(["A", "B"], parse_frequency("D"))
    findings.repaired("mended", "y", np.array([1, 1, 0]), np.array([5, 4, 9]))
    counted = [(repair.series, repair.count, repair.first) for repair in findings.repairs]
    assert counted == [("A", 1, "1970-01-10"), ("B", 2, "1970-01-05")]
