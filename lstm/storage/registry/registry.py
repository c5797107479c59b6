"""The registry of a store database: versions, champions, verdicts, runs and receipts, each in a room of its own."""

from lstm.storage.registry.champions import Champions
from lstm.storage.registry.models import ListedModel, Models, RegisteredModel
from lstm.storage.registry.promotions import Promotion
from lstm.storage.registry.receipts import Receipts
from lstm.storage.registry.runs import RunRecord, RunRecords
from lstm.storage.registry.verdicts import Verdicts

__all__ = ["ListedModel", "Promotion", "RegisteredModel", "Registry", "RunRecord"]


class Registry(Models, Champions, Verdicts, RunRecords, Receipts):
    """Reads and changes the registry of a store database. Each method is a transaction of its own."""
