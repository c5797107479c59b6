"""The registry of a dry run, which writes nothing to the store: new models are kept in the run's folder only."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lstm.references import Contract
from lstm.storage.registry.models import RegisteredModel, known_version, newest_version
from lstm.storage.registry.registry import Registry
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.sql.connections import transaction

FILE = "registered.json"
_KEPT = ("run_id", "uri", "fingerprint", "trained_through", "served_through")


@dataclass(frozen=True)
class DryRunRegistry(Registry):
    """A registry in which a challenger gets the number that it would get, and no row. folder: of the dry run."""

    folder: RunStore = field(kw_only=True)

    def _register(self, pipeline_name: str, row: dict[str, Any], now: datetime) -> int:
        with transaction(self.engine) as connection:
            known = known_version(connection, pipeline_name, row)
            newest = newest_version(connection, pipeline_name)
        # A number that a real run has taken since is no longer free.
        registered = {version: model for version, model in self._dry_models().items() if version > newest}
        if known is not None:
            return known
        contract = Contract.model_validate_json(row["contract"])
        for version, model in registered.items():
            if (model.fingerprint, model.contract) == (row["fingerprint"], contract):
                return version
        # An earlier try of this run lay in the same folder, and is gone.
        registered = {version: model for version, model in registered.items() if model.uri != row["uri"]}
        version = max([newest, *registered]) + 1
        fields = {name: row[name] for name in _KEPT}
        registered[version] = RegisteredModel(
            version=version, contract=contract, registered_at=now, promoted_at=None, **fields
        )
        content = json.dumps({number: model.model_dump(mode="json") for number, model in registered.items()})
        self.folder.write_bytes(FILE, content.encode())
        return version

    def _dry_models(self) -> dict[int, RegisteredModel]:
        """What this run would have registered, by version."""
        content = self.folder.read_bytes(FILE)
        models: dict[str, Any] = json.loads(content) if content is not None else {}
        return {int(version): RegisteredModel.model_validate(model) for version, model in models.items()}

    def model(self, pipeline_name: str, version: int) -> RegisteredModel:
        """A version: this run's own, else one of the registry."""
        model = self._dry_models().get(version)
        return model if model is not None else super().model(pipeline_name, version)
