"""A run that was published, as it lies in its folder, for whoever asks something of it afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from lstm.config import Pipeline, load_pipeline
from lstm.data.frequency.as_of import as_of_text, parse_as_of
from lstm.data.panel.panel import Panel
from lstm.errors import ConfigError, StoreError
from lstm.references import RunKey, RunKind, Verdict
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job, SecretBlocks, no_blocks, open_pipeline_store
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry

KINDS: tuple[RunKind, ...] = ("retrain", "forecast", "rollback", "backfill")


def published_jobs(pipeline_file: str, as_of: str | None, blocks: SecretBlocks = no_blocks) -> list[Job]:
    """The run whose forecasts are current, or the runs of each kind as of one moment that are known.

    Raises ConfigError where nothing was published yet.
    """
    path = Path(pipeline_file).expanduser()
    pipeline, home = load_pipeline(path), path.resolve().parent
    engine = open_pipeline_store(pipeline, home, blocks)
    registry, ledger = Registry(engine), Ledger(engine, pipeline.store.forecasts_table)
    jobs = [
        Job(pipeline=pipeline, home=str(home), key=key, blocks=blocks)
        for key in _keys(pipeline, as_of, registry, ledger)
    ]
    if not jobs:
        when = f"as of {as_of}" if as_of is not None else "yet"
        raise ConfigError(f"{pipeline.name} has published nothing {when}; nightcast run {pipeline_file}")
    return jobs


def _keys(pipeline: Pipeline, as_of: str | None, registry: Registry, ledger: Ledger) -> Iterator[RunKey]:
    if as_of is None:
        newest = ledger.newest_run(pipeline.name)
        runs = [newest] if newest is not None else []
    else:
        moment = as_of_text(parse_as_of(as_of, pipeline=pipeline, now=datetime.now(UTC)))
        runs = [RunKey(pipeline=pipeline.name, kind=kind, as_of=moment).run_id for kind in KINDS]
    for record in map(registry.run, runs):
        if record is not None:
            yield RunKey.model_validate({"pipeline": record.pipeline, "kind": record.kind, "as_of": record.as_of})


def published_night(jobs: list[Job]) -> tuple[Job, Panel, Verdict]:
    """The first of some runs whose verdict and panel are there. Raises ConfigError where none has both."""
    for job in jobs:
        verdict = job.registry().verdict(job.key.run_id)
        try:
            panel = load_panel(job.run_store())
        except StoreError:
            continue
        if verdict is not None:
            return job, panel, verdict
    raise ConfigError(
        f"the folder of {jobs[0].key.run_id} is gone, with the panel that its forecasts were made from; forecast anew, "
        "then ask again"
    )
