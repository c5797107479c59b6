"""Search: settings are tried, each trained and scored by a process of its own, and kept in a database of trials."""

import logging
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pydantic import ValidationError

from lstm.compute.executor import fitting_into
from lstm.config import Tuning, duration_of
from lstm.config.loading import explain
from lstm.data.panel.calendar import with_calendar
from lstm.data.panel.panel import Panel
from lstm.data.panel.seasonal_scale import seasonal_scale
from lstm.data.panel.selection import some_series
from lstm.errors import ConfigError, TrainingError
from lstm.evaluation.tuning.space import Dimension, Values, longest_look_back, present, space_of
from lstm.evaluation.tuning.trial import Trial, TrialData, run_trial
from lstm.evaluation.tuning.trial_windows import TrialWindows, trial_windows
from lstm.model.fitting.fit_job import FitJob, FitSettings
from lstm.model.fitting.memory_needed import memory_needed
from lstm.model.fitting.trained_series import trained_series
from lstm.model.forecaster.choices import choose_batches, choose_shape, default_device
from lstm.model.training.runtime import Deadline, Runtime
from lstm.references import NOT_ENDED, Search, TriedSetting
from lstm.steps.champions.usable import contract_of
from lstm.steps.ingest import load_panel
from lstm.steps.job import Job
from lstm.steps.tuning.trial_home import BUDGET_OVER, TrialHome
from lstm.steps.window import load_windows, seasons
from lstm.storage.files.processes import free_memory
from lstm.storage.runs.run_folder import RunStore, fingerprint
from lstm.storage.trials.study import TrialRow, Trials

VERSION = 1
DATABASE = "trials.db"
log = logging.getLogger(__name__)


def search(job: Job) -> Search:
    """Tries settings until there are as many as `tuning.trials`, the budget is over, or Ctrl-C; goes on where it was.

    Whatever trials read ends with the training part of the run's windows. Raises TrainingError where not even the
    file's own setting could be scored.
    """
    store, settings = job.run_store(), job.pipeline.tuning
    parts, data, space = _prepared(job, store)
    current = present(job.pipeline.model, job.pipeline.training, [part.name for part in space])
    mark = _mark(job, parts, space)
    with closing(Trials(database_of(job), mark, job.pipeline.training.seed, job.fence)) as trials:
        home = TrialHome(trials, store, f"checkpoints/tune-{mark[:16]}", settings.trials, _seconds(settings.budget))
        try:
            at_once = _at_once(data, _longest(data.panel, parts, data.settings, space))
            job.executor.map(run_trial, data, _items(home, space, current), home, at_once=at_once)
        except KeyboardInterrupt:
            home.ended = "Ctrl-C"
            log.warning("Ctrl-C: nothing more is tried, and the best so far is trained and judged")
        trials.spend(home.seconds)
        return _search(home, parts)


def limited(job: Job, trials: int | None, budget: str | None) -> Job:
    """The job with other limits than the file's, where they are given. Raises ConfigError for what is none."""
    limits = {"trials": trials, "budget": budget}
    given = {name: value for name, value in limits.items() if value is not None}
    try:
        tuning = Tuning.model_validate(job.pipeline.tuning.model_dump() | given)
    except ValidationError as error:
        raise ConfigError(f"the limits of the tuning:\n{explain(error)}") from error
    return job.model_copy(update={"pipeline": job.pipeline.model_copy(update={"tuning": tuning})})


def database_of(job: Job) -> Path:
    """The file of the trials: in the run's folder; beside the pipeline file where that is in an object store."""
    if "://" in job.runs:
        return job.folder / "trials" / f"{job.key.run_id}.db"
    return Path(job.runs) / job.key.run_id / DATABASE


def _prepared(job: Job, store: RunStore) -> tuple[TrialWindows, TrialData, list[Dimension]]:
    panel, splits = load_panel(store), load_windows(store, split="test").splits
    training, by_season = job.pipeline.training, seasons(job, panel)
    series = trained_series(panel, training.most_steps, training.seed)
    panel = panel if series is None else some_series(panel, series)
    parts = trial_windows(panel, splits, by_season)
    settings = FitSettings(
        model=job.pipeline.model,
        training=training,
        seasons=by_season,
        contract=contract_of(job, panel.frequency.alias),
        minimum=job.pipeline.minimum,
    )
    read: Panel = with_calendar(parts.panel)
    scale = seasonal_scale(parts.panel, by_season[0], parts.windows.splits.validation_end)
    space = space_of(read, parts.windows, job.pipeline.model, job.pipeline.tuning, by_season)
    parts = parts.scored(_longest(read, parts, settings, space), training.seed)
    return parts, TrialData(read, parts.windows, settings, scale, time.monotonic), space


def _longest(panel: Panel, parts: TrialWindows, settings: FitSettings, space: list[Dimension]) -> int:
    """Steps of the longest look-back of any trial."""
    model = settings.model.model_copy(update={"members": 1})
    (view,) = choose_shape(panel, parts.windows, model, settings.seasons).views
    return longest_look_back(space, view.look_back)


def _mark(job: Job, parts: TrialWindows, space: list[Dimension]) -> str:
    """Of what trials read and draw from: a search whose data or settings are others begins anew."""
    settings = job.pipeline.model_dump(
        mode="json", include={"model", "training", "seasons", "quantile_levels", "minimum"}
    )
    splits = vars(parts.windows.splits)
    return fingerprint([VERSION, parts.panel.fingerprint, splits, settings, [repr(part) for part in space]])


def _seconds(budget: str) -> float:
    return duration_of(budget).total_seconds()


def _at_once(data: TrialData, look_back: int) -> int | None:
    """How many trials fit into memory side by side; one on a device of its own. look_back: the longest, in steps."""
    device, training = default_device(), data.settings.training
    if device.type != "cpu":
        return 1
    model = data.settings.model.model_copy(update={"look_back": look_back, "members": 1})
    shape = choose_shape(data.panel, data.windows, model, data.settings.seasons)
    runtime, batch = Runtime(device, data.clock), choose_batches(training, device)[1]
    fit_job = FitJob(data.panel, data.windows, data.settings, shape, runtime, Deadline(data.clock, None), batch)
    return fitting_into(free_memory(), memory_needed(fit_job).total)


def _items(home: TrialHome, space: list[Dimension], current: Values) -> Iterator[Trial]:
    """The trials to be run: first those that a process which is gone had begun, then new ones."""
    yield from home.trials.interrupted(current)
    while len(rows := home.trials.rows()) < home.most:
        if rows and rows[0].failure:
            return  # there is nothing to compare with
        if rows and home.over:
            home.ended = BUDGET_OVER
            return
        yield home.trials.ask(space, current)
    home.ended = "all of them were tried"


def _search(home: TrialHome, parts: TrialWindows) -> Search:
    rows = home.trials.rows()
    if not rows or rows[0].score is None:
        why = rows[0].failure if rows else ""
        raise TrainingError(
            f"the setting of the pipeline file has no score, so nothing can be compared with it: "
            f"{why or f'the search ended before ({home.ended})'}; raise --budget, or mend what it tells"
        )
    return Search(
        trials=tuple(_tried(row) for row in rows),
        through=parts.through,
        windows=len(parts.windows.of("test").row),
        seconds=home.seconds,
        ended=home.ended,
        importance=home.trials.importance(),
    )


def _tried(row: TrialRow) -> TriedSetting:
    score = row.score
    if score is None:
        failure = row.failure or NOT_ENDED
        return TriedSetting(number=row.number, values=row.values, failure=failure, epochs=max(row.losses, default=0))
    return TriedSetting(
        number=row.number,
        values=row.values,
        objective=score.objective,
        wql=score.wql,
        mase=score.mase,
        coverage=score.coverage,
        ridge_wql=score.ridge_wql,
        epochs=score.epochs,
        best_epoch=score.best_epoch,
        stopped=row.stopped,
    )
