"""A training's progress in the Prefect UI: two artifacts that are updated, never multiplied, while the networks train.

They are written by a thread of their own, so that training never waits for the server; and whatever goes wrong with
them is told in the log once.
"""

import contextvars
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from prefect.artifacts import create_markdown_artifact, create_progress_artifact, update_progress_artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactUpdate
from prefect.context import TaskRunContext

from lstm.evaluation.wording import duration
from lstm.model.forecaster.choices import member_count
from lstm.model.training.checkpoint import EpochRow
from lstm.report.run.progress import TrainingProgress
from lstm.steps.job import Job
from tasks.report import artifact_key

log = logging.getLogger("tasks.training_progress")

BETWEEN = 5.0  # seconds from one update to the next at least
BEGINS = "The windows are gathered, and the first epoch is under way."
LAST_WORD = 10.0  # seconds that the end of a training waits for the last update at most


class TrainingArtifacts:
    """Takes epochs as they come, and shows the newest of them every few seconds."""

    def __init__(self, job: Job) -> None:
        self._job, self._rows = job, list[tuple[str, EpochRow]]()
        self._news, self._ended = threading.Event(), threading.Event()
        self._key, self._how = f"{artifact_key(job.key.pipeline)}-training", ""
        self._bar: UUID | None = None
        self._table: UUID | None = None
        run_in = contextvars.copy_context().run  # the artifacts belong to this task run
        self._thread = threading.Thread(target=run_in, args=(self._show,), name="training shown", daemon=True)

    def __call__(self, phase: str, row: EpochRow, limit: int) -> None:
        """An epoch has ended."""
        self._rows.append((phase, row))
        self._news.set()

    def begin(self) -> None:
        """Begins to show."""
        self._thread.start()

    def end(self, how: str) -> None:
        """Shows the end and waits for it a little. how: in words."""
        self._how = how
        self._ended.set()
        self._news.set()
        self._thread.join(LAST_WORD)

    def _show(self) -> None:
        try:
            self._bar = cast(UUID, create_progress_artifact(0.0, key=self._key, description=BEGINS))
            while not self._ended.is_set():
                self._news.wait()
                self._news.clear()
                if self._rows and not self._ended.is_set():
                    self._update()
                self._ended.wait(BETWEEN)
            self._last()
        except Exception:
            log.warning("the progress of the training is no longer shown", exc_info=True)

    def _progress(self) -> TrainingProgress:
        pipeline = self._job.pipeline
        return TrainingProgress(pipeline.training, member_count(pipeline.model), tuple(self._rows))

    def _update(self) -> None:
        progress = self._progress()
        self._write(progress.percent, progress.sentence(), progress.summary())

    def _last(self) -> None:
        if self._rows:
            progress = self._progress()
            ended = f"{self._how} after {len(self._rows)} epochs in {duration(self._rows[-1][1].seconds)}"
            self._write(100.0, f"{ended}.", f"{ended}.\n\n{progress.table()}")

    def _write(self, percent: float, sentence: str, summary: str) -> None:
        if self._bar is not None:
            update_progress_artifact(self._bar, percent, description=sentence)
        if self._table is None:
            description, key = "the newest epochs of the training", f"{self._key}-epochs"
            self._table = cast(UUID, create_markdown_artifact(summary, key=key, description=description))
            return
        # The task run's own client, which is open: opening and closing it once more here would race with its thread.
        get_client(sync_client=True).update_artifact(self._table, ArtifactUpdate(data=summary))


@contextmanager
def shown_in_prefect(job: Job) -> Iterator[TrainingArtifacts]:
    """Shows a training while the block lasts; outside of a Prefect task run it shows nothing."""
    shown = TrainingArtifacts(job)
    if TaskRunContext.get() is None:
        yield shown
        return
    shown.begin()
    try:
        yield shown
    except BaseException as error:
        shown.end(f"Stopped: {type(error).__name__}")
        raise
    shown.end("Finished")
