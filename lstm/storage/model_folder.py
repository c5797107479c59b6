"""Reading a model from its folder."""

import hashlib

from lstm.errors import ModelError
from lstm.model.forecaster import Forecaster
from lstm.storage.run_store import RunStore


def read_model(uri: str, fingerprint: str | None = None) -> Forecaster:
    """The model in the folder `uri`. fingerprint: SHA-256 that its weights must have.

    Raises ModelError when a file is missing, damaged or of another format. Runs no code of the folder.
    """
    root, _, name = uri.rstrip("/").rpartition("/")
    folder = RunStore(root, name)
    card, weights = folder.read_bytes("model.json"), folder.read_bytes("weights.safetensors")
    if card is None or weights is None:
        raise ModelError(f"the model folder {uri} is missing or incomplete; promote another model or train a new one")
    if fingerprint is not None and hashlib.sha256(weights).hexdigest() != fingerprint:
        raise ModelError(
            f"the weights in {uri} are not those that were registered; promote another model or train a new one"
        )
    return Forecaster.from_bytes(card, weights)
