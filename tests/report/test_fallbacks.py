"""Who fell back and why, counted from forecast rows."""

import pyarrow as pa

from lstm.report.alerts import Fallback, fallbacks


def rows(*lines, keys=("origin", "carrier")):
    """Two steps of each (key.., method, reason)."""
    whole = [(*line, step) for line in lines for step in (1, 2)]
    return pa.table(dict(zip((*keys, "method", "reason", "step"), map(list, zip(*whole, strict=True)), strict=True)))


def test_targets_are_counted_by_reason_the_most_frequent_first():
    """Two steps of a series are one target; whoever has no reason did not fall back."""
    found = fallbacks(
        rows(
            ("JFK", "AA", "champion", None),
            ("JFK", "UA", "failed", "never observed"),
            ("EWR", "UA", "baseline:seasonal_naive", "too short"),
            ("LGA", "UA", "baseline:seasonal_naive", "too short"),
        ),
        ("origin", "carrier"),
    )
    assert found == (
        Fallback("too short", "baseline:seasonal_naive", 2, ("EWR/UA", "LGA/UA")),
        Fallback("never observed", "failed", 1, ("JFK/UA",)),
    )


def test_the_only_series_has_no_name():
    """A pipeline without a series key."""
    assert fallbacks(rows(("failed", "all missing"), keys=()), ()) == (Fallback("all missing", "failed", 1, ()),)


def test_a_reason_of_its_own_for_each_series_counts_each():
    """A short series is told with its own number of steps."""
    found = fallbacks(rows(*(("JFK", str(n), "baseline:seasonal_naive", f"{n} steps") for n in range(12))), ("origin",))
    assert sum(one.targets for one in found) == 12
