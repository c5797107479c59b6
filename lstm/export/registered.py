"""The export of a version of the registry, with a sample of the newest night that it served."""

from collections.abc import Iterator
from pathlib import Path

from lstm.contestants import is_baseline
from lstm.data.panel.arrow import panel_from_tables
from lstm.data.panel.panel import Panel
from lstm.errors import ConfigError, ModelError, StoreError
from lstm.export.exporting import Format, export_model
from lstm.export.sample_windows import Sample, forecast_sample, published_sample, rows_of_version
from lstm.model.forecaster.forecaster import Forecaster
from lstm.references import VersionedModel
from lstm.storage.registry.registry import Registry
from lstm.storage.registry.runs import STATUSES
from lstm.storage.runs.model_folder import read_model
from lstm.storage.runs.run_files import run_ids
from lstm.storage.runs.run_folder import RunStore

PUBLISHED = ("published", "degraded")


def export_version(
    registry: Registry, runs: str, pipeline_name: str, version: int | None, folder: str | Path, file_format: Format
) -> tuple[VersionedModel, str]:
    """Exports a version, the champion when left out; answers it, and where its sample is from.

    runs: root of the run folders. Raises ConfigError where there is no champion or it is a baseline, and what
    `export_model` raises.
    """
    model = _version(registry, pipeline_name, version)
    networks = read_model(runs, model.uri, model.fingerprint)
    sample = _sample(registry, runs, pipeline_name, model, networks)
    export_model(networks, sample, folder, file_format, pipeline_name)
    return model, sample.origin


def _version(registry: Registry, pipeline_name: str, version: int | None) -> VersionedModel:
    model = registry.champion(pipeline_name) if version is None else registry.model(pipeline_name, version)
    if model is None:
        raise ConfigError(f"{pipeline_name} has no champion; give --version, which `nightcast models list` shows")
    if is_baseline(model.uri):
        raise ConfigError(
            f"{model.label} of {pipeline_name} is {model.uri}, a method without weights, and there is nothing to "
            "export; give the --version of a trained model"
        )
    return model


def _sample(registry: Registry, runs: str, pipeline_name: str, model: VersionedModel, networks: Forecaster) -> Sample:
    """Of the newest night that a version served and whose folder is left; else what it forecasts for the newest."""
    for store in _stores(registry, runs, pipeline_name, PUBLISHED):
        try:
            rows = rows_of_version(store.read_tables("forecast.parquet"), model.version)
            if rows is not None:
                return published_sample(networks, _panel(store), rows, store.run_id)
        except (StoreError, ModelError):  # pruned in part, or of another contract
            continue
    for store in _stores(registry, runs, pipeline_name):
        try:
            origin = f"that {model.label} would have made in the run `{store.run_id}`"
            return forecast_sample(networks, _panel(store), origin)
        except (StoreError, ModelError):
            continue
    raise ModelError(
        f"no run folder of {pipeline_name} is left whose panel {model.label} can read, and an export carries some of "
        "its windows; run the pipeline or `nightcast forecast` once, and export again"
    )


def _stores(
    registry: Registry, runs: str, pipeline_name: str, statuses: tuple[str, ...] = STATUSES
) -> Iterator[RunStore]:
    """The folders of runs that are left and ended so, newest first."""
    present = run_ids(runs)
    records = (run for run in registry.runs(pipeline_name) if run.run_id in present and run.status in statuses)
    return (RunStore(runs, run.run_id) for run in records)


def _panel(store: RunStore) -> Panel:
    return panel_from_tables(store.read_tables("panel.parquet"))
