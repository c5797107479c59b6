"""The table of metrics: what pipeline files, verdicts and reports read of each."""

from lstm.gate_metrics import ERROR_METRICS, METRICS, description


def test_only_an_error_may_be_compared_by_a_share():
    """A coverage of 0.9 is not 12 % better than one of 0.8, and a bias of -1 not worse than one of 1."""
    assert ERROR_METRICS == ("mae", "rmse", "smape", "mase", "wql")
    assert {name for name, metric in METRICS.items() if "better_by" in metric.thresholds} == set(ERROR_METRICS)
    assert METRICS["bias"].thresholds == ("within",)
    assert METRICS["coverage"].thresholds == ("within", "at_least", "at_most")


def test_the_description_of_the_key_tells_every_metric():
    """An entry without a meaning of its own is told by its title, whose blank is the gate's `more_than`."""
    text = description()
    assert [name for name in METRICS if f"`{name}` (" not in text] == []
    assert "`mae` (mean absolute error)" in text
    assert "`late` (number of steps that the table is late)" in text
    assert "that begin more than `more_than` times their largest change" in text
