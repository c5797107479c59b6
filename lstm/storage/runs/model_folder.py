"""Reading a model from its folder, and whether a version has what it needs to serve."""

import hashlib

from lstm.contestants import is_baseline
from lstm.errors import ModelError
from lstm.model.baselines.model import baseline_name
from lstm.model.forecaster.forecaster import Forecaster
from lstm.references import VersionedModel
from lstm.storage.runs.run_folder import RunStore


def model_fingerprint(card: bytes, weights: bytes) -> str:
    """SHA-256 of a model: its card, which holds scaling and calibration, and its weights."""
    return hashlib.sha256(hashlib.sha256(card).digest() + hashlib.sha256(weights).digest()).hexdigest()


def read_model(root: str, uri: str, fingerprint: str) -> Forecaster:
    """The model in the folder `uri` below the root of all runs, with the fingerprint that it was registered with.

    The folder is named below the root, so that a store can be moved or mounted elsewhere. Raises ModelError when a file
    is missing, damaged, changed or of another format. Runs no code of the folder.
    """
    folder = RunStore(root, uri)
    card, weights = folder.read_bytes("model.json"), folder.read_bytes("weights.safetensors")
    if card is None or weights is None:
        raise ModelError(
            f"the model folder {folder.uri} is missing or incomplete; promote another model or train a new one"
        )
    if model_fingerprint(card, weights) != fingerprint:
        raise ModelError(
            f"the model in {folder.uri} is not the one registered; promote another model or train a new one"
        )
    return Forecaster.from_bytes(card, weights)


def check_servable(root: str, model: VersionedModel) -> None:
    """Raises ModelError when a version cannot serve: an unknown baseline, or a folder that is gone or damaged."""
    if is_baseline(model.uri):
        baseline_name(model.uri)
    else:
        read_model(root, model.uri, model.fingerprint)
