"""[[gates]]: rules that do not fit together are refused when the file is read."""

from typing import Any

import pytest

from lstm.config import Gate, Pipeline


@pytest.mark.parametrize("limit", [float("nan"), -1.0, float("inf")])
@pytest.mark.parametrize("threshold", ["at_least", "at_most", "within", "better_by", "not_worse_by", "more_than"])
def test_a_limit_that_is_not_finite_or_is_negative_is_refused(threshold, limit):
    """Nothing compares with NaN, so a limit of NaN would disarm the gate."""
    metric = {"within": "coverage", "more_than": "worse_share"}.get(threshold, "mase")
    against = "champion" if threshold in ("better_by", "not_worse_by", "more_than") else None
    with pytest.raises(ValueError, match=threshold):
        Gate(name="x", metric=metric, against=against, **{threshold: limit})


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ({"metric": "mase", "better_by": 0.1}, "go with `against`"),
        ({"metric": "mase", "at_most": 1, "against": "champion"}, "go with `against`"),
        ({"metric": "mase"}, "exactly one of"),
        ({"metric": "mase", "at_most": 1, "at_least": 0}, "exactly one of"),
        ({"metric": "coverage", "better_by": 0.1, "against": "champion"}, "needs an error metric"),
        ({"metric": "mase", "within": 0.1}, "within is for"),
        ({"metric": "bias", "at_most": 0.1}, "two signs"),
        ({"metric": "coverage", "within": 1.0}, "lets every coverage through"),
        ({"metric": "mase", "better_by": 0.1, "against": "naive"}, "against is champion"),
        ({"metric": "mase", "at_most": 1, "confidence": 0.9}, "confidence goes with"),
        ({"metric": "first_jump", "at_most": 0}, "more_than is for"),
        ({"metric": "mase", "at_most": 1, "more_than": 1}, "more_than is for"),
        ({"metric": "mase", "at_most": 1, "interval": (0.1, 0.9)}, "interval is for"),
        ({"metric": "coverage", "within": 0.1, "interval": (0.1, 0.8)}, "symmetric"),
        ({"metric": "late", "at_most": 0, "scope": "target"}, "of the whole run"),
    ],
)
def test_settings_that_do_not_fit_together_are_refused(gate, message):
    """When the file is read, not at three in the morning."""
    with pytest.raises(ValueError, match=message):
        Gate(name="x", **gate)


def test_a_scope_or_an_interval_that_is_not_there_is_refused_with_those_that_are():
    """The pipeline knows its keys, static covariates and levels."""
    source = {"path": "a.csv", "series": ["store"], "time": "day", "targets": ["y"]}
    entry = {"name": "x", "metric": "mase", "at_most": 1.0}
    settings: dict[str, Any] = {"name": "p", "horizon": 2, "source": source}
    assert Pipeline(**settings, gates=[entry | {"scope": "store"}])
    with pytest.raises(ValueError, match="scope 'region' is none of all, target, store"):
        Pipeline(**settings, gates=[entry | {"scope": "region"}])
    levels = {"name": "x", "metric": "coverage", "within": 0.1, "interval": (0.05, 0.95)}
    with pytest.raises(ValueError, match="not among quantile_levels"):
        Pipeline(**settings, gates=[levels])


def test_a_metric_that_there_is_not_is_refused_with_those_there_are():
    """The names come from the table of metrics."""
    with pytest.raises(ValueError, match=r"Input should be 'mae', 'rmse', .* or 'best_epoch'"):
        Gate(name="x", metric="mape", at_most=1)


def test_a_default_gate_is_switched_off_by_its_name():
    """Name and `enabled = false` are enough; the rest is that of the default."""
    off = Gate.model_validate({"name": "coverage", "enabled": False})
    assert (off.metric, off.within, off.enabled) == ("coverage", 0.15, False)
