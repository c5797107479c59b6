"""Values are kept in single precision where that is enough."""

from typing import Any

import numpy as np
import pytest
from ingested import assemble, at, pipeline, table


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1.5, 2.25, 3.0], np.float32),
        ([5_000_000.1] * 3, np.float32),
        ([1e12, 1.001e12, 0.999e12], np.float32),
        ([5_000_000.1, 5_000_000.2, 5_000_000.3], np.float64),
        ([1e30, 2e30, 3e30], np.float64),
        ([1e-30, 2e-30, 3e-30], np.float64),
        ([16_777_216.0, 16_777_217.0, 16_777_218.0], np.float64),
    ],
)
def test_values_are_kept_in_single_precision_unless_it_blurs_their_spread(
    values: list[float], dtype: type[np.floating[Any]]
) -> None:
    """float32 has 24 bits: 5,000,000.1 is rounded to halves, 1e12 to 65,536, and 2**24 + 1 is none of its numbers."""
    rows = [("A", f"2024-01-0{day}", value) for day, value in enumerate(values, 1)]
    panel, _ = assemble(table(rows), pipeline(), at("2024-01-04"))
    assert panel.targets.dtype == dtype
    if dtype == np.float64:
        assert panel.targets[:3, 0].tolist() == values
