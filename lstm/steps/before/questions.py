"""Whether all that a run will need is there and will do: secrets, source, store and sinks. Nothing is written."""

import logging
import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from lstm.config import Pipeline, Roles, Sink, Table, level_name, secret
from lstm.data.frequency.aliases import parse_frequency
from lstm.data.panel.panel import Panel
from lstm.errors import SinkUnavailableError, SourceError, StoreError
from lstm.steps.after.track import ask_tracking
from lstm.steps.job import Job
from lstm.storage.sinks.delivery import rehearse
from lstm.storage.sources.databases.sql import ask_database
from lstm.storage.sources.read import matching_files
from lstm.storage.sql.url import beside
from lstm.storage.store.database import store_url
from lstm.storage.store.readiness import check_store

log = logging.getLogger(__name__)


def ask(job: Job) -> None:
    """Raises the first refusal that a run would end with hours later, as that would be told.

    A sink that is away may be back by then, so it is a warning only.
    """
    pipeline = job.pipeline
    _ask_source(job, pipeline.source, pipeline.source.roles)
    if pipeline.source.future is not None:
        _ask_source(job, pipeline.source.future, pipeline.source.future_roles)
    check_store(store_url(pipeline.store, job.folder, blocks=job.blocks, make=False), pipeline.store.forecasts_table)
    _ask_folder(job)
    ask_tracking(job)
    ask_sinks(job, like_rows(pipeline))


def ask_sinks(job: Job, like: pa.Table) -> None:
    """Raises SinkError for a sink that would refuse forecasts. like: a row for each target, of their columns."""
    for sink in job.pipeline.sinks:
        try:
            _ask_sink(job, sink, like)
        except SinkUnavailableError as error:
            log.warning("sink %s is away: %s", sink.name, error)


def like_rows(pipeline: Pipeline, panel: Panel | None = None) -> pa.Table:
    """A row for each target with the columns of forecasts.

    Without a panel as far as they are known before the table is read: series keys are taken for text, and times for
    days where the file names no frequency.
    """
    grid = parse_frequency(pipeline.frequency) if pipeline.frequency is not None else None
    grid = panel.frequency if panel is not None else grid
    time = grid.arrow_type if grid is not None else pa.date32()
    types = {name: pa.string() for name in pipeline.source.series}
    types |= {field.name: field.type for field in panel.keys.schema} if panel is not None else {}
    numbers = ("forecast", *map(level_name, pipeline.quantile_levels))
    types |= {"cutoff": time, "time": time, "step": pa.int32()} | dict.fromkeys(numbers, pa.float64())
    types |= {"method": pa.string(), "reason": pa.string(), "model_version": pa.int32()}
    targets = pipeline.source.targets
    return pa.table(
        {"target": pa.array(targets)} | {name: pa.nulls(len(targets), kind) for name, kind in types.items()}
    )


def _ask_source(job: Job, table: Table, roles: Roles) -> None:
    if table.url is not None:
        ask_database(table, roles, beside(secret(table.url, blocks=job.blocks), job.folder))
    elif not matching_files(table.path or "", job.folder):
        raise SourceError(
            f"no file matches path = {table.path!r} in {job.folder}; relative paths start at the pipeline file"
        )


def _ask_folder(job: Job) -> None:
    """A local folder must be there or be made; an object store must answer."""
    if "://" in job.runs:
        job.run_store().read_bytes("manifests/ingest.json")
        return
    place = next(place for place in (Path(job.runs), *Path(job.runs).resolve().parents) if place.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise StoreError(f"store.folder: {place} cannot be written; mend its permissions, or name another folder")


def _ask_sink(job: Job, sink: Sink, like: pa.Table) -> None:
    url = beside(secret(sink.url, blocks=job.blocks), job.folder) if sink.url is not None else None
    rehearse(sink, like, keys=job.pipeline.source.series, folder=job.folder, url=url, now=datetime.now(UTC))
