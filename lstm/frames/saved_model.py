"""A fitted model in a folder of the registry's format, with what is needed to read frames again. No pickle."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from lstm.config import Pipeline
from lstm.config.loading import explain
from lstm.errors import ModelError
from lstm.frames.scratch_run import FittedModel
from lstm.model.forecaster.forecaster import Forecaster as Networks
from lstm.references import Contract, ModelRef, Reference, Verdict
from lstm.storage.runs.model_folder import model_fingerprint
from lstm.storage.runs.run_folder import RunStore

FORMAT = 1
DOOR, HISTORY, SCORES = "frame.json", "history.parquet", "scores.parquet"


class SavedModel(Reference):
    """`frame.json`: roles of columns and settings, as a pipeline file has them, and the model beside it.

    files: SHA-256 of the tables by name.
    """

    format: int = FORMAT
    nightcast: str
    pipeline: dict[str, Any]
    model: ModelRef
    verdict: Verdict
    files: dict[str, str]


def write_saved(folder: str | Path, pipeline: Pipeline, fitted: FittedModel, *, overwrite: bool) -> None:
    """Writes a model's folder, `frame.json` last. Raises ModelError where another model lies there already."""
    store = _store(folder)
    if _is_local(store):
        try:
            Path(store.uri).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ModelError(f"{store.uri} cannot be a folder: {error.strerror}; save to another") from error
    fingerprint = fitted.reference.fingerprint
    if not overwrite and _fingerprint_at(store) not in (None, fingerprint):
        raise ModelError(f"{store.uri} holds another model; save to another folder, or give overwrite=True")
    card, weights = fitted.networks.to_bytes()
    store.write_bytes("weights.safetensors", weights)
    tables = {HISTORY: fitted.history, SCORES: fitted.scores}
    files = {name: store.write_table(name, table) for name, table in tables.items()}
    store.write_bytes("model.json", card)
    saved = SavedModel(
        nightcast=version("nightcast"),
        pipeline=pipeline.model_dump(mode="json", exclude_unset=True),
        model=fitted.reference.model_copy(update={"uri": store.run_id}),
        verdict=fitted.verdict,
        files=files,
    )
    store.write_bytes(DOOR, saved.model_dump_json(indent=2).encode())


def read_saved(folder: str | Path) -> tuple[Pipeline, FittedModel]:
    """(settings, model) of a folder. Raises ModelError where it is missing, damaged, or of a newer format."""
    store = _store(folder)
    if _is_local(store) and not Path(store.uri).is_dir():
        raise ModelError(f"there is no folder {store.uri}; give the one that save() wrote")
    saved = _saved(store)
    try:
        pipeline = Pipeline.model_validate(saved.pipeline)
    except ValidationError as error:
        raise ModelError(f"{store.uri}/{DOOR} is damaged:\n{explain(error)}") from error
    networks = _networks(store, saved.model.fingerprint)
    if networks.card.contract != _contract(pipeline):
        raise ModelError(
            f"{store.uri}/{DOOR} is not of the model beside it, whose columns, horizon, frequency or quantile levels "
            "are others; fit again, or bring the folder as it was saved"
        )
    history, scores = (_table(store, name, saved.files) for name in (HISTORY, SCORES))
    return pipeline, FittedModel(saved.model, networks, history, saved.verdict, scores)


def _networks(store: RunStore, fingerprint: str) -> Networks:
    card, weights = store.read_bytes("model.json"), store.read_bytes("weights.safetensors")
    if card is None or weights is None or model_fingerprint(card, weights) != fingerprint:
        raise ModelError(
            f"model.json or weights.safetensors in {store.uri} is missing or damaged; fit again, or bring the folder "
            "as it was saved"
        )
    return Networks.from_bytes(card, weights)


def _contract(pipeline: Pipeline) -> Contract:
    return Contract(
        targets=pipeline.source.targets,
        series=pipeline.source.series,
        horizon=pipeline.horizon,
        frequency=pipeline.frequency or "",
        quantile_levels=pipeline.quantile_levels,
    )


def _store(folder: str | Path) -> RunStore:
    """A folder as the run stores know it: a parent and a name. Raises ModelError for what names none."""
    if not isinstance(folder, (str, Path)) or not str(folder).strip():
        raise ModelError(f"a folder is named by its path or URL, not by {folder!r}", value=folder)
    if "://" in str(folder):
        parent, _, name = str(folder).rstrip("/").rpartition("/")
        return RunStore(parent, name)
    path = Path(folder).expanduser().absolute()
    return RunStore(str(path.parent), path.name)


def _is_local(store: RunStore) -> bool:
    return "://" not in store.uri


def _fingerprint_at(store: RunStore) -> str | None:
    """Of the model in a folder; None where there is none, empty where nobody can tell which it is."""
    if store.read_bytes("model.json") is None and store.read_bytes(DOOR) is None:
        return None
    try:
        return _saved(store).model.fingerprint
    except ModelError:
        return ""


def _saved(store: RunStore) -> SavedModel:
    content = store.read_bytes(DOOR)
    if content is None:
        raise ModelError(f"{store.uri} has no {DOOR}, so lstm.load cannot read frames with it; was it saved by save()?")
    try:
        settings = json.loads(content)
        newest = settings["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{store.uri}/{DOOR} is damaged: it is no JSON of a model; fit again, or bring the folder as it was saved"
        ) from error
    if newest != FORMAT:
        raise ModelError(
            f"{store.uri} has the format {newest}, written by Nightcast {settings.get('nightcast', 'unknown')}; this "
            f"one, {version('nightcast')}, reads format {FORMAT}; upgrade Nightcast, or fit again"
        )
    try:
        return SavedModel.model_validate(settings)
    except ValidationError as error:
        raise ModelError(f"{store.uri}/{DOOR} is damaged:\n{explain(error)}") from error


def _table(store: RunStore, name: str, files: dict[str, str]) -> pa.Table:
    content = store.read_bytes(name)
    if content is None or hashlib.sha256(content).hexdigest() != files.get(name):
        raise ModelError(f"{store.uri}/{name} is missing or damaged; fit again, or bring the folder as it was saved")
    return pq.read_table(pa.BufferReader(content))
