"""What every step needs to know of its run: the pipeline, where its file lies, the run's key, and who knows secrets."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine

from lstm.compute.executor import Executor, InOrder
from lstm.compute.local_workers import Processes, cores
from lstm.config import Pipeline, load_pipeline
from lstm.data.frequency.as_of import as_of_text, parse_as_of
from lstm.errors import ConfigError
from lstm.references import RunKey, RunKind
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.dry_run import DryRunRegistry
from lstm.storage.registry.registry import Registry
from lstm.storage.runs.run_folder import RunStore, runs_root
from lstm.storage.sql.fence import OPEN, Fence
from lstm.storage.store.database import open_store, store_url

SecretBlocks = Callable[[str], str]
DRY_KINDS: dict[RunKind, RunKind] = {"retrain": "dry-retrain", "forecast": "dry-forecast", "monitor": "dry-monitor"}


def no_blocks(name: str) -> str:
    """Refuses blocks of secrets, where nobody keeps any, such as in a night without Prefect. Raises ConfigError."""
    raise ConfigError(f"block:{name}: only a flow of Prefect can read blocks; name an environment variable (env:NAME)")


@dataclass(frozen=True)
class RunRequest:
    """A run as somebody asks for it.

    as_of: the moment that the run pretends it is; None for when it was to start. overrides: keys of the pipeline file
    that this run sets anew. dry_run: it leaves everything as it is.
    """

    pipeline_file: str
    kind: RunKind
    as_of: str | None = None
    overrides: Mapping[str, Any] = field(default_factory=dict)
    dry_run: bool = False


class Job(BaseModel):
    """One run of one pipeline. home: the folder of the pipeline file, to which relative paths refer.

    overrides: keys of the pipeline file that this run has set anew; `pipeline` has them already. blocks: answers the
    value of a named block of secrets; no secret is kept here. fence: asked before whatever the run writes. caller: for
    whom this process carries the run out, such as a flow run of Prefect's, which may begin another process for it.
    executor: does the work that can be done by several processes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    pipeline: Pipeline
    home: str
    key: RunKey
    overrides: dict[str, Any] = {}
    blocks: SecretBlocks = Field(default=no_blocks, exclude=True, repr=False)
    fence: Fence = Field(default=OPEN, exclude=True, repr=False)
    caller: str = Field(default="", exclude=True)
    executor: Executor = Field(default_factory=InOrder, exclude=True, repr=False)

    @property
    def folder(self) -> Path:
        """`home` as a path."""
        return Path(self.home)

    @property
    def runs(self) -> str:
        """Root of the run folders: a path or an fsspec URL."""
        return runs_root(self.pipeline.store.folder, self.folder)

    def run_store(self) -> RunStore:
        """The folder of this run."""
        return RunStore(self.runs, self.key.run_id, self.fence)

    def engine(self) -> Engine:
        """A connection pool to the store database, of the right version."""
        return open_pipeline_store(self.pipeline, self.folder, self.blocks)

    def registry(self) -> Registry:
        """Models, promotions, verdicts and runs; a dry run reads them, and leaves in them that it ran."""
        if self.key.dry:
            return DryRunRegistry(self.engine(), self.fence, folder=self.run_store())
        return Registry(self.engine(), self.fence)

    def ledger(self) -> Ledger:
        """The published forecasts."""
        return Ledger(self.engine(), self.pipeline.store.forecasts_table)


OpenExecutor = Callable[[Job], AbstractContextManager[Executor]]


def open_processes(job: Job) -> AbstractContextManager[Executor]:
    """Workers of this machine, which end with the context. Raises ConfigError for another engine than these."""
    compute = job.pipeline.compute
    if compute.engine != "process":
        raise ConfigError(f'compute.engine = "{compute.engine}" works in a run of Prefect only; leave it out here')
    return Processes(compute.workers or max(cores() // (job.pipeline.training.threads or 1), 1))


def open_job(request: RunRequest, *, now: datetime, blocks: SecretBlocks = no_blocks) -> Job:
    """The run that is asked for. now: when it was to start, its `as_of` where none is given. Raises ConfigError."""
    path = Path(request.pipeline_file).expanduser()
    pipeline = load_pipeline(path, request.overrides)
    moment = parse_as_of(request.as_of, pipeline=pipeline, now=now)
    kind = DRY_KINDS[request.kind] if request.dry_run else request.kind
    key = RunKey(pipeline=pipeline.name, kind=kind, as_of=as_of_text(moment))
    home, overrides = str(path.resolve().parent), dict(request.overrides)
    return Job(pipeline=pipeline, home=home, key=key, overrides=overrides, blocks=blocks)


_ENGINES: dict[str, Engine] = {}


def open_pipeline_store(pipeline: Pipeline, folder: Path, blocks: SecretBlocks = no_blocks) -> Engine:
    """The pipeline's store database; one pool a process and URL, which checks connections before it hands them out."""
    url = store_url(pipeline.store, folder, blocks=blocks)
    if url not in _ENGINES:
        _ENGINES[url] = open_store(url)
    return _ENGINES[url]


def close_pipeline_store(job: Job) -> None:
    """Lets go of the connections to the store of a job, for which nothing follows."""
    engine = _ENGINES.pop(store_url(job.pipeline.store, job.folder, blocks=job.blocks), None)
    if engine is not None:
        engine.dispose()
