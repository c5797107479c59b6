"""Train: fits the challenger, a checkpoint an epoch, and leaves its folder."""

import logging
import math
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version

import pyarrow as pa

from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.data.panel.selection import some_series
from lstm.data.panel.windows import Windows
from lstm.errors import ConfigError
from lstm.model.fitting.fit import Fitted, Origin, fit
from lstm.model.fitting.fit_job import FitSettings
from lstm.model.fitting.trained_series import sample_choice, trained_series
from lstm.model.forecaster.choices import Choice, default_device
from lstm.model.forecaster.forecaster import Forecaster
from lstm.model.training.checkpoint import EpochRow
from lstm.model.training.runtime import Runtime
from lstm.references import ModelRef, PanelRef, WindowsRef
from lstm.steps.champions.usable import UsableChampion, contract_of, usable_champion
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.steps.window import load_windows, seasons
from lstm.storage.files.processes import free_memory
from lstm.storage.runs.model_folder import model_fingerprint
from lstm.storage.runs.run_folder import RunStore, StoredCheckpoints, fingerprint, fingerprints

VERSION = 3
PACKAGES = ("nightcast", "torch", "numpy", "pandas", "pyarrow", "safetensors")
log = logging.getLogger(__name__)

EpochListener = Callable[[str, EpochRow, int], None]


def train(
    job: Job,
    panel_ref: PanelRef,
    windows_ref: WindowsRef,
    on_epoch: EpochListener | None = None,
    *,
    folder: str = "model",
) -> ModelRef:
    """Writes `model/`: weights, card and history. Goes on from the checkpoints of a run that was killed.

    on_epoch: is told the phase, the row of each epoch, and the largest number of epochs. folder: in place of `model`,
    where a run trains several.
    """
    store = job.run_store()
    inputs = {
        "panel": panel_ref.fingerprint,
        "windows": windows_ref.fingerprint,
        "model": job.pipeline.model,
        "training": job.pipeline.training,
        "pipeline": job.pipeline.model_dump(mode="json", include={"seasons", "quantile_levels", "minimum"}),
    }
    if job.pipeline.tuning.through is not None:
        inputs["tuned"] = job.pipeline.tuning.through
    champion = _champion(job, store) if job.pipeline.training.warm_start else None
    if job.pipeline.training.warm_start:
        inputs["champion"] = champion.champion.fingerprint if champion is not None else "none"
    begun_from = champion.forecaster if champion is not None and isinstance(champion.forecaster, Forecaster) else None
    checkpoints = f"checkpoints/{fingerprint([VERSION, fingerprints(inputs)])[:16]}"

    def train_anew() -> tuple[ModelRef, dict[str, str]]:
        origin = Origin(panel_ref.fingerprint, windows_ref.fingerprint, job.pipeline.training.threads or 1, _versions())
        return _leave(store, folder, _fit(job, origin, StoredCheckpoints(store, checkpoints), begun_from, on_epoch))

    step = "train" if folder == "model" else f"train-{folder}"
    model = store.once(step, VERSION, inputs, ModelRef, train_anew)
    store.remove("checkpoints")
    return model


def _champion(job: Job, store: RunStore) -> UsableChampion | None:
    """The champion that a warm start begins from, where there is one that can be used; a baseline has no weights."""
    return usable_champion(job, load_panel(store))[0]


def _fit(
    job: Job,
    origin: Origin,
    checkpoints: StoredCheckpoints,
    begun_from: Forecaster | None,
    on_epoch: EpochListener | None,
) -> Fitted:
    store, lines, limit = job.run_store(), EpochLines(), job.pipeline.training.max_epochs
    panel, windows, choices = _read(job, store)
    settings = FitSettings(
        model=job.pipeline.model,
        training=job.pipeline.training,
        seasons=seasons(job, panel),
        contract=contract_of(job, panel.frequency.alias),
        minimum=job.pipeline.minimum,
        tuned_through=tuned_through(job, panel),
    )
    runtime = Runtime(
        device=default_device(),
        clock=time.monotonic,
        checkpoints=checkpoints,
        on_epoch=lambda phase, row: _tell(lines, limit, phase, row, on_epoch),
        free_memory=free_memory(),
        executor=job.executor,
    )
    origin = replace(origin, choices=choices)
    return fit(panel, windows, settings, origin=origin, runtime=runtime, champion=begun_from)


def _read(job: Job, store: RunStore) -> tuple[Panel, Windows, tuple[Choice, ...]]:
    """The panel with its calendar and the windows that training reads, of some series only where there are so many."""
    panel, training = load_panel(store), job.pipeline.training
    series = trained_series(panel, training.most_steps, training.seed)
    if series is None:
        return with_calendar(panel), load_windows(store), ()
    part = with_calendar(some_series(panel, series))
    return part, load_windows(store, of=(panel, series)), (sample_choice(panel, series, training.most_steps),)


def tuned_through(job: Job, panel: Panel) -> str:
    """`tuning.through` as a time of the panel's grid; empty without. Raises ConfigError where it is none."""
    text, grid = job.pipeline.tuning.through, panel.frequency
    if text is None:
        return ""
    try:
        return grid.text(grid.ordinal_of_text(text))
    except ValueError as error:
        raise ConfigError(
            f"tuning.through = {text!r} is no time of this table, such as {grid.text(panel.cutoff)!r}: {error}"
        ) from error


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


class EpochLines:
    """Which epochs have a line of the log: the first of a network, then one every few seconds, of hundreds."""

    FIRST, BETWEEN = 10, 5.0  # epochs, seconds of training

    def __init__(self) -> None:
        self._newest: dict[str, float] = {}

    def has(self, phase: str, row: EpochRow) -> bool:
        """Whether an epoch that has just ended is told."""
        if row.epoch > self.FIRST and row.seconds - self._newest.get(phase, -math.inf) < self.BETWEEN:
            return False
        self._newest[phase] = row.seconds
        return True


def _tell(lines: EpochLines, limit: int, phase: str, row: EpochRow, on_epoch: EpochListener | None) -> None:
    if lines.has(phase, row):
        log.info(
            "%s epoch %d: training loss %.4f, validation loss %.4f, learning rate %.2g, %.0f s",
            phase, row.epoch, row.train_loss, row.validation_loss, row.learning_rate, row.seconds,
            extra={"epoch": (phase, row, limit)},  # for whoever draws it instead
        )  # fmt: skip
    if on_epoch is not None:
        on_epoch(phase, row, limit)


def _leave(store: RunStore, folder: str, fitted: Fitted) -> tuple[ModelRef, dict[str, str]]:
    card, weights = fitted.forecaster.to_bytes()
    files = {
        f"{folder}/weights.safetensors": store.write_bytes(f"{folder}/weights.safetensors", weights),
        f"{folder}/history.parquet": store.write_table(f"{folder}/history.parquet", history_table(fitted.history)),
        f"{folder}/model.json": store.write_bytes(f"{folder}/model.json", card),
    }
    first = fitted.forecaster.card.members[0]
    reference = ModelRef(
        uri=f"{store.run_id}/{folder}",
        fingerprint=model_fingerprint(card, weights),
        trained_through=fitted.forecaster.card.trained_through,
        served_through=fitted.forecaster.card.served_through,
        epochs=sum(1 for phase, _ in fitted.history if phase == "member-0"),
        best_epoch=first.best_epoch,
        validation_loss=first.validation_loss,
        seconds=fitted.seconds,
        stopped=first.stopped,
    )
    return reference, files


def history_table(history: tuple[tuple[str, EpochRow], ...]) -> pa.Table:
    """`history.parquet`: a row an epoch of every phase."""
    rows = [{"phase": phase, **vars(row)} for phase, row in history]
    return pa.Table.from_pylist(rows)
