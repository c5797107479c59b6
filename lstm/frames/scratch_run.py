"""The steps of a night in a temporary folder, so that a frame meets the same rules as a table does every night."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from threading import RLock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from lstm.config import Pipeline
from lstm.contestants import FAILED
from lstm.data.frequency.as_of import as_of_text
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.errors import TooManyFailedError
from lstm.evaluation.explanation.explanation_rows import explanation_rows
from lstm.frames.frame_panel import FrameSource
from lstm.model.forecaster.forecaster import Forecaster as Networks
from lstm.references import ModelRef, PanelRef, RunKey, Verdict
from lstm.steps.after.explain import explained, sampled
from lstm.steps.evaluate import evaluate
from lstm.steps.forecast import forecast
from lstm.steps.ingest import forget_panels, ingest, load_panel
from lstm.steps.job import Job, close_pipeline_store, open_processes
from lstm.steps.train import train
from lstm.steps.window import window
from lstm.storage.runs.model_folder import read_model

# Migrations of the store, the panels that are remembered and torch's threads are of the whole process.
_ONE_AT_A_TIME = RLock()


@dataclass(frozen=True)
class FittedModel:
    """What training and the backtest leave of a model.

    reference: names its fingerprint. history: a row an epoch. verdict: of the gates. scores: a row a contestant and
    series, which the serving rules read.
    """

    reference: ModelRef
    networks: Networks
    history: pa.Table
    verdict: Verdict
    scores: pa.Table


@dataclass(frozen=True)
class ScratchRun:
    """A run whose panel has been read."""

    job: Job
    panel_ref: PanelRef

    @property
    def panel(self) -> Panel:
        """The panel, without the calendar's covariates."""
        return load_panel(self.job.run_store())

    def fit(self) -> FittedModel:
        """Trains a challenger and judges it, as a night does that has no champion yet."""
        windows = window(self.job, self.panel_ref)
        reference = train(self.job, self.panel_ref, windows)
        verdict = evaluate(self.job, self.panel_ref, windows, reference)
        store = self.job.run_store()
        return FittedModel(
            reference=reference,
            networks=read_model(self.job.runs, reference.uri, reference.fingerprint),
            history=store.read_table("model/history.parquet"),
            verdict=verdict,
            scores=store.read_table("scores.parquet"),
        )

    def judge(self, model: FittedModel) -> Verdict:
        """The verdict on a model of another run, on this panel's held-out origins that it has not seen."""
        return evaluate(self.job, self.panel_ref, window(self.job, self.panel_ref), self._place(model))

    def forecast(self, model: FittedModel, verdict: Verdict) -> pa.Table:
        """The rows that a night publishes by a verdict on a model. Raises TooManyFailedError where it would not."""
        store, reference, card = self.job.run_store(), self._place(model), model.networks.card
        store.write_table("scores.parquet", model.scores)
        dumped = card.model_dump(mode="json", exclude={"calibration"})
        self.job.registry().register_model(
            self.job.pipeline.name, store.run_id, reference, card.contract, dumped, datetime.now(UTC)
        )
        quality = self.job.pipeline.quality
        lenient = self.job.pipeline.model_copy(update={"quality": quality.model_copy(update={"max_failed_share": 1.0})})
        forecast(self.job.model_copy(update={"pipeline": lenient}), self.panel_ref, verdict)
        rows = store.read_table("forecast.parquet")
        _refuse_failures(rows, self.job.pipeline)
        return rows

    def explain(self, model: FittedModel, verdict: Verdict) -> pa.Table:
        """What moves the rows that `forecast` gives; see `explanation_rows`."""
        rows, whole = self.forecast(model, verdict), self.panel
        panel = sampled(self.job, whole, np.arange(whole.series))
        return explanation_rows(panel, explained(self.job, panel, [rows], verdict.challenger_version))

    def _place(self, model: FittedModel) -> ModelRef:
        """Writes a model into the folder of this run."""
        store = self.job.run_store()
        card, weights = model.networks.to_bytes()
        store.write_bytes("model/weights.safetensors", weights)
        store.write_table("model/history.parquet", model.history)
        store.write_bytes("model/model.json", card)
        return model.reference.model_copy(update={"uri": f"{store.run_id}/model"})


def _refuse_failures(rows: pa.Table, pipeline: Pipeline) -> None:
    """The rule of a night, which nobody can look into here: so the refusal says which series failed, and why."""
    forecasts = rows.filter(pc.equal(rows["step"], 1))
    failures = forecasts.filter(pc.equal(forecasts["method"], FAILED))
    limit = pipeline.quality.max_failed_share
    if len(failures) <= limit * len(forecasts):
        return
    first = failures.slice(0, 1).to_pylist()[0]
    name = ", ".join(str(first[key]) for key in pipeline.source.series)
    raise TooManyFailedError(
        f"{len(failures)} of {len(forecasts)} forecasts failed, more than quality.max_failed_share = {limit:g} allows; "
        f"first {first['target']} of series {name!r}: {first['reason']}; leave such series out of the frame, or fit "
        'with quality={"max_failed_share": 1.0}',
        series=name,
        column=first["target"],
    )


@contextmanager
def _torch_as_it_was(threads: int | None) -> Iterator[None]:
    """Single precision, gradients and warnings as in a new process; all is the caller's again afterwards.

    threads: those to use.
    """
    before, precision = torch.get_num_threads(), torch.get_default_dtype()
    try:
        with (
            torch.random.fork_rng(devices=range(torch.cuda.device_count())),
            torch.inference_mode(False),
            torch.enable_grad(),
            np.errstate(all="warn", under="ignore"),
        ):
            torch.set_default_dtype(torch.float32)
            torch.set_num_threads(min(threads or before, os.cpu_count() or 1))
            yield
    finally:
        torch.set_num_threads(before)
        torch.set_default_dtype(precision)


@contextmanager
def scratch_run(
    source: FrameSource,
    read: Callable[[FrameSource], tuple[Panel, QualityReport]] = FrameSource.panel,
    threads: int | None = None,
) -> Iterator[ScratchRun]:
    """A run of a frame that leaves nothing behind; one at a time. threads: of torch, which decide the last bits."""
    with (
        _ONE_AT_A_TIME,
        _torch_as_it_was(threads),
        TemporaryDirectory(prefix="nightcast-", ignore_cleanup_errors=True) as folder,
    ):
        key = RunKey(pipeline=source.pipeline.name, kind="retrain", as_of=as_of_text(source.as_of))
        job = Job(pipeline=source.pipeline, home=folder, key=key)
        try:
            with open_processes(job) as executor:
                job = job.model_copy(update={"executor": executor})
                yield ScratchRun(job, ingest(job, since=None, read=lambda _: read(source)))
        finally:
            close_pipeline_store(job)
            forget_panels()
