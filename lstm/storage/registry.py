"""The registry of a store database: versions, champions, verdicts, runs and receipts, each in a room of its own."""

from lstm.storage.champions import Champions
from lstm.storage.promotions import Promotion
from lstm.storage.receipts import Receipts
from lstm.storage.registered_models import ListedModel, Models, RegisteredModel
from lstm.storage.run_records import RunRecord, RunRecords
from lstm.storage.verdicts import Verdicts

__all__ = ["ListedModel", "Promotion", "RegisteredModel", "Registry", "RunRecord"]


class Registry(Models, Champions, Verdicts, RunRecords, Receipts):
    """Reads and changes the registry of a store database. Each method is a transaction of its own."""
