"""What the report of the monitor tells, as rows."""

from monitor_stories import story


def test_the_short_table_tells_counts_models_checks_and_drift():
    """What the command prints; a backfill is marked, and a model without a promise has none."""
    assert story().rows() == [
        ("due, scored, waiting", "90, 80, 6"),
        ("new, revised", "20, 3"),
        ("everything that was served", "MASE 1.25 (1.00 promised), seasonal naive 1.75, coverage 0.750, 10 forecasts"),
        ("v2", "MASE 1.25 (1.00 promised), seasonal naive 1.75, coverage 0.750, 10 forecasts"),
        ("v1", "MASE 1.25, seasonal naive 1.75, coverage 0.750, 10 forecasts"),
        ("v1 (backfill)", "MASE 1.25 (1.00 promised), seasonal naive 1.75, coverage 0.750, 10 forecasts"),
        ("error against the promise", "failed; MASE 1.25, promised 1: +25 %"),
        ("drift of wind_speed", "its distribution is another"),
        ("verdict", "v2 over the newest 10 complete forecasts is worse than it should be."),
        ("report", "runs/x/monitor.html"),
    ]
