"""Deliveries are pending until their receipt."""

from datetime import timedelta

from nights import NOW

from lstm.references import Receipt
from lstm.storage.registry.registry import Registry

HOUR = timedelta(hours=1)


def test_a_delivery_is_pending_until_its_receipt_says_otherwise(store):
    """A failed one may follow a failed one; a good one ends it."""
    registry = Registry(store)
    registry.record_delivery("run", Receipt(sink="file", rows=0, delivered=False, message="disk full"), NOW)
    registry.record_delivery("run", Receipt(sink="table", rows=4, delivered=True), NOW)
    assert registry.pending_deliveries("run") == ["file"]
    registry.record_delivery("run", Receipt(sink="file", rows=4, delivered=True), NOW + HOUR)
    assert registry.pending_deliveries("run") == []
