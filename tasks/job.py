"""What every task needs to know of its run: the pipeline, where its file lies, and the run's key; no secret."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Engine

from lstm.config import Pipeline
from lstm.references import RunKey
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.dry_run import DryRunRegistry
from lstm.storage.registry.registry import Registry
from lstm.storage.runs.run_folder import RunStore, runs_root
from lstm.storage.store.database import open_store, store_url
from tasks.secret_block import secret_block


class Job(BaseModel):
    """One run of one pipeline. home: the folder of the pipeline file, to which relative paths refer.

    overrides: keys of the pipeline file that this run has set anew; `pipeline` has them already.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pipeline: Pipeline
    home: str
    key: RunKey
    overrides: dict[str, Any] = {}

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
        return RunStore(self.runs, self.key.run_id)

    def engine(self) -> Engine:
        """A connection pool to the store database, of the right version."""
        return open_pipeline_store(self.pipeline, self.folder)

    def registry(self) -> Registry:
        """Models, promotions, verdicts and runs; a dry run reads them, and leaves in them that it ran."""
        return DryRunRegistry(self.engine(), self.run_store()) if self.key.dry else Registry(self.engine())

    def ledger(self) -> Ledger:
        """The published forecasts."""
        return Ledger(self.engine(), self.pipeline.store.forecasts_table)


_ENGINES: dict[str, Engine] = {}


def open_pipeline_store(pipeline: Pipeline, folder: Path) -> Engine:
    """The pipeline's store database; one pool a process and URL, which checks connections before it hands them out."""
    url = store_url(pipeline.store, folder, blocks=secret_block)
    if url not in _ENGINES:
        _ENGINES[url] = open_store(url)
    return _ENGINES[url]
