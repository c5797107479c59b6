"""The steps of a night in a temporary folder, so that a frame meets the same rules as a table does every night."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import TemporaryDirectory

import pyarrow as pa

from lstm.data.frequency.as_of import as_of_text
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.frames.frame_panel import FrameSource
from lstm.model.forecaster.forecaster import Forecaster as Networks
from lstm.references import ModelRef, PanelRef, RunKey, Verdict
from lstm.steps.evaluate import evaluate
from lstm.steps.forecast import forecast
from lstm.steps.ingest import forget_panels, ingest, load_panel
from lstm.steps.job import Job, close_pipeline_store
from lstm.steps.train import train
from lstm.steps.window import window
from lstm.storage.runs.model_folder import read_model


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
        return load_panel(self.job.run_store(), calendar=False)

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
        """The rows that a night publishes by a verdict on a model."""
        store, reference, card = self.job.run_store(), self._place(model), model.networks.card
        store.write_table("scores.parquet", model.scores)
        dumped = card.model_dump(mode="json", exclude={"calibration"})
        self.job.registry().register_model(
            self.job.pipeline.name, store.run_id, reference, card.contract, dumped, datetime.now(UTC)
        )
        forecast(self.job, self.panel_ref, verdict)
        return store.read_table("forecast.parquet")

    def _place(self, model: FittedModel) -> ModelRef:
        """Writes a model into the folder of this run."""
        store = self.job.run_store()
        card, weights = model.networks.to_bytes()
        store.write_bytes("model/weights.safetensors", weights)
        store.write_table("model/history.parquet", model.history)
        store.write_bytes("model/model.json", card)
        return model.reference.model_copy(update={"uri": f"{store.run_id}/model"})


@contextmanager
def scratch_run(
    source: FrameSource, read: Callable[[FrameSource], tuple[Panel, QualityReport]] = FrameSource.panel
) -> Iterator[ScratchRun]:
    """A run of a frame that leaves nothing behind."""
    with TemporaryDirectory(prefix="nightcast-", ignore_cleanup_errors=True) as folder:
        key = RunKey(pipeline=source.pipeline.name, kind="retrain", as_of=as_of_text(source.as_of))
        job = Job(pipeline=source.pipeline, home=folder, key=key)
        try:
            yield ScratchRun(job, ingest(job, since=None, read=lambda _: read(source)))
        finally:
            close_pipeline_store(job)
            forget_panels()
