"""Models as the registry numbers them."""

from datetime import UTC, datetime

from lstm.references import Champion, Contract

CONTRACT = Contract(targets=("y",), series=("A",), horizon=24, frequency="h", quantile_levels=(0.1, 0.5, 0.9))


def test_two_contracts_differ_by_what_was_and_what_is():
    """The older one is the argument; equal ones have no difference."""
    assert CONTRACT.differences(CONTRACT) == []
    longer = CONTRACT.model_copy(update={"horizon": 48, "frequency": "D"})
    assert longer.differences(CONTRACT) == ["horizon was 24, is 48", "frequency was h, is D"]


def test_a_version_is_called_by_its_number():
    """As verdicts and listings tell it."""
    fields = {"version": 12, "run_id": "r", "uri": "r/model", "fingerprint": "f", "trained_through": "2013-12-01"}
    assert Champion(**fields, contract=CONTRACT, promoted_at=datetime(2013, 12, 30, tzinfo=UTC)).label == "v12"
