"""Monitor: joins forecasts with their actuals, scores them, and judges them against what the backtest promised."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from prefect import task

from lstm.config import Monitor
from lstm.data.as_of import read_as_of
from lstm.data.grid import Frequency
from lstm.data.lifecycle import expected_steps
from lstm.data.panel import Panel
from lstm.data.seasonal_scale import seasonal_scale
from lstm.evaluation.drift import input_drift
from lstm.evaluation.promise import AS_SERVED, Judgement, Promise, judge, promised_of
from lstm.evaluation.realised import ModelLabel, Realised, group_scores, score_table
from lstm.references import Accuracy, InputDrift, RealisedScores
from lstm.storage.known_then import KnownThen, known_then
from lstm.storage.layout import Layout
from lstm.storage.ledger import Moment
from lstm.storage.panel_source import read_panel
from lstm.storage.realised import Published, RealisedForecasts
from lstm.storage.realised_join import realise, realised_rows, rescore, revised_times
from lstm.storage.run_store import RunStore
from tasks.job import Job, secret_block
from tasks.retrying import RETRYING

log = logging.getLogger("tasks.monitor")

FEWEST_HORIZONS = 2
MOST_VERDICTS = 100
NOTHING_PUBLISHED = "Nothing to score yet: the pipeline has published no forecast whose time has come."


@task(name="monitor", **RETRYING)
def assess(job: Job) -> Accuracy:
    """Brings the table of realised forecasts up to date, and leaves `realised.parquet` and `accuracy.json`."""
    panel, _ = read_panel(job.pipeline, job.folder, read_as_of(job.key.as_of), blocks=secret_block)
    store, then = job.run_store(), _then(job)
    looked_at = _look(job, panel, then)
    if looked_at is None:
        accuracy = _nothing(job, panel)
    else:
        rows = looked_at.read()
        accuracy = _accuracy(job, panel, looked_at, rows, then)
        store.write_table("realised.parquet", score_table(rows, panel.frequency))
    store.write_bytes("accuracy.json", accuracy.model_dump_json(indent=2).encode())
    return accuracy


def _nothing(job: Job, panel: Panel) -> Accuracy:
    return Accuracy(
        run_id=job.key.run_id,
        cutoff=panel.frequency.text(panel.cutoff),
        grid=asdict(panel.frequency),
        degraded=None,
        judged="",
        sentence=NOTHING_PUBLISHED,
    )


@dataclass
class _Look:
    """What the monitor looks at: the publications of the last days. added, revised: rows that this run wrote."""

    job: Job
    panel: Panel
    then: KnownThen
    realised: RealisedForecasts
    layout: Layout
    published: list[Published]
    steps: int
    added: int = 0
    revised: int = 0

    @property
    def runs(self) -> list[str]:
        """Ids of the runs."""
        return [one.run_id for one in self.published]

    @property
    def span(self) -> tuple[Moment, Moment]:
        """First and last time looked at, in the grid's own type."""
        first, last = self.panel.frequency.times(
            np.array([self.panel.cutoff - self.steps + 1, self.panel.cutoff])
        ).to_pylist()
        return first, last

    def read(self) -> Realised:
        """Brings the table up to date and answers its rows."""
        self._update()
        last = self.span[1]
        spans = self.realised.spans(self.layout, self.runs)
        return realised_rows(
            self.realised.rows(self.layout, self.runs, *self.span),
            self.panel,
            self.layout,
            ranks={one.run_id: one.rank for one in self.published},
            complete={run_id for run_id, end in spans.items() if end <= last},  # type: ignore[operator]
        )

    def _update(self) -> None:
        outdated = self.realised.outdated(self.layout, self.published)
        if outdated:
            self.realised.write(self.layout, self.job.pipeline.name, self._no_rows(), outdated)
        season = (self.job.pipeline.seasons or self.panel.frequency.default_seasons())[0]
        scales = _scales(self.then, self.panel, season, self.steps)
        new = [
            realise(
                self.realised.unscored(self.layout, one.run_id, *self.span),
                self.panel,
                self.layout,
                one,
                pipeline=self.job.pipeline.name,
                as_of=self.job.key.as_of,
                season=season,
                scales=scales,
            )
            for one in self.published
        ]
        revised = self._revised()
        rows = pa.concat_tables([*new, revised])
        self.realised.write(self.layout, self.job.pipeline.name, rows, [])
        self.added, self.revised = len(rows) - len(revised), len(revised)

    def _no_rows(self) -> pa.Table:
        return self.realised.none(self.layout)

    def _revised(self) -> pa.Table:
        name = self.job.pipeline.name
        newest = self.realised.scored_through(self.layout, name)
        if newest is None or newest > self.span[1]:  # type: ignore[operator]
            return self._no_rows()  # a monitor of a later day has seen more than this one may
        known = self.realised.actuals(self.layout, name, *self.span)
        ordinals = revised_times(known, self.panel, self.layout)
        if not len(ordinals):
            return self._no_rows()
        rows = self.realised.rows_at(self.layout, name, self.panel.frequency.times(ordinals).to_pylist())
        return rescore(rows, self.panel, self.layout, as_of=self.job.key.as_of)


def _then(job: Job) -> KnownThen:
    return known_then(job.registry(), job.pipeline.name, job.key.as_of)


def _look(job: Job, panel: Panel, then: KnownThen) -> _Look | None:
    realised = RealisedForecasts(job.ledger())
    layout = realised.prepare()
    if layout is None or layout.grid != _grid_kind(panel.frequency):
        return None
    steps = max(expected_steps(panel.frequency, job.pipeline.monitor.days), FEWEST_HORIZONS * panel.horizon)
    published = [
        one
        for one in realised.publications(job.pipeline.name)
        if one.run_id not in then.later
        and (cutoff := _ordinal(panel.frequency, one.cutoff)) is not None
        and panel.cutoff - steps <= cutoff < panel.cutoff
    ]
    return _Look(job, panel, then, realised, layout, published, steps) if published else None


def _grid_kind(frequency: Frequency) -> str:
    return "integer" if frequency.kind == "integer" else "date" if frequency.is_date else "timestamp"


def _ordinal(frequency: Frequency, text: str) -> int | None:
    """The ordinal of a publication's cutoff; None where the pipeline had another kind of grid then."""
    try:
        return frequency.ordinal_of_text(text)
    except (ValueError, TypeError):
        return None


def _scales(then: KnownThen, panel: Panel, season: int, steps: int) -> Callable[[str, int | None], np.ndarray]:
    """The unit of MASE by method and version: as in the backtest that the model was judged in, where it is known.

    The backtest scales by what lies before it, which is what the evaluated weights have read.
    """
    through = {model.version: _ordinal(panel.frequency, model.trained_through) for model in then.trained}
    known = [ordinal for ordinal in through.values() if ordinal is not None]
    otherwise = max(known) if known else panel.cutoff - steps

    @cache
    def before(ordinal: int) -> np.ndarray:
        return seasonal_scale(panel, season, min(ordinal, panel.cutoff))

    def scale(_method: str, version: int | None) -> np.ndarray:
        ordinal = through.get(version) if version is not None else None
        return before(ordinal if ordinal is not None else otherwise)

    return scale


def _accuracy(job: Job, panel: Panel, looked_at: _Look, rows: Realised, then: KnownThen) -> Accuracy:
    settings, frequency = job.pipeline.monitor, panel.frequency
    promises = _promises(job, then, rows.models)
    recent = max(expected_steps(frequency, settings.recent_days), 1)
    serving = _serving(then)
    judgement = judge(
        rows,
        promises,
        settings,
        serving=serving,
        recent_steps=recent,
        overlap=_overlap(rows, panel.horizon),
    )
    drift = _drift(then, panel, serving, max(recent, panel.horizon), settings)
    due, failed = looked_at.realised.due(looked_at.layout, looked_at.runs, *looked_at.span)
    return Accuracy(
        run_id=job.key.run_id,
        cutoff=frequency.text(panel.cutoff),
        grid=asdict(frequency),
        degraded=judgement.degraded,
        judged=judgement.judged,
        sentence=_with_drift(judgement, drift),
        checks=judgement.checks,
        models=_models(rows, promises, frequency),
        drift=drift,
        worst=judgement.worst,
        due=due,
        waiting=due - failed - len(rows),
        failed=failed,
        added=looked_at.added,
        revised=looked_at.revised,
    )


def _with_drift(judgement: Judgement, drift: tuple[InputDrift, ...]) -> str:
    drifted = [channel.name for channel in drift if channel.drifted]
    return judgement.sentence + (f" Inputs that have drifted: {', '.join(drifted)}." if drifted else "")


def _overlap(rows: Realised, horizon: int) -> int:
    """Forecasts that a horizon spans, by the median distance of cutoffs."""
    cutoffs = np.unique(rows.cutoff)
    distance = float(np.median(np.diff(cutoffs))) if len(cutoffs) > 1 else horizon
    return max(1, int(np.ceil(horizon / distance)))


def _serving(then: KnownThen) -> ModelLabel | None:
    """The champion as the ledger names it."""
    champion = then.champion
    if champion is None:
        return None
    return ModelLabel(champion.uri if champion.uri.startswith("baseline:") else "champion", champion.version)


def _promises(job: Job, then: KnownThen, models: tuple[ModelLabel, ...]) -> dict[ModelLabel, Promise]:
    """What the backtest found of each model: the verdict of the run that trained it; of a baseline the newest one."""
    found = {}
    wanted = {model.method for model in models if model.method.startswith("baseline:")}
    newest: dict[str, Promise] = {}
    trained = {one.version: one.run_id for one in then.trained}
    for model in models:
        run_id = trained.get(model.version) if model.version is not None else None
        if run_id is not None and model.method not in wanted:
            promise = _promise(job, run_id, "challenger")
            if promise is not None:
                found[model] = promise
    for run_id in then.retrains[:MOST_VERDICTS]:
        for method in wanted - set(newest):
            promise = _promise(job, run_id, method)
            if promise is not None:
                newest[method] = promise
        if not wanted - set(newest):
            break
    return found | {model: newest[model.method] for model in models if model.method in newest}


def _promise(job: Job, run_id: str, method: str) -> Promise | None:
    verdict = job.registry().verdict(run_id)
    score = next((score for score in verdict.scores if score.method == method), None) if verdict else None
    return Promise(score.mase, score.coverage, run_id) if score is not None else None


def _models(rows: Realised, promises: dict[ModelLabel, Promise], frequency: Frequency) -> tuple[RealisedScores, ...]:
    """A line a model, the newest first, after one of all that was served."""
    own = rows.latest(each_model=True)
    lines = [(AS_SERVED, "served", rows.live.latest(each_model=False))]
    by_age = sorted(range(len(rows.models)), key=lambda index: -int(rows.cutoff[rows.model == index].max()))
    for index in by_age:
        model = rows.models[index]
        lines.append((model.text, "backfill" if model.backfill else "served", own.of(own.model == index)))
    return tuple(_line(label, kind, some, promises, frequency) for label, kind, some in lines if len(some))


def _line(
    label: str, kind: str, rows: Realised, promises: dict[ModelLabel, Promise], frequency: Frequency
) -> RealisedScores:
    scores = {name: values[0].item() for name, values in group_scores(rows, np.zeros(len(rows), int), 1).items()}
    promised = promised_of(rows, promises)
    return RealisedScores(
        label=label,
        kind=kind,
        **scores,
        promised_mase=promised.mase if promised is not None else np.nan,
        promised_coverage=promised.coverage if promised is not None else np.nan,
        since=frequency.text(int(rows.time.min())),
        through=frequency.text(int(rows.time.max())),
    )


def _drift(
    then: KnownThen, panel: Panel, serving: ModelLabel | None, length: int, settings: Monitor
) -> tuple[InputDrift, ...]:
    trained = {one.version: one.trained_through for one in then.trained}
    text = trained.get(serving.version or 0, "") if serving is not None else ""
    through = _ordinal(panel.frequency, text) if text else None
    return input_drift(
        panel, settings, trained_through=through if through is not None else panel.cutoff - length, length=length
    )


def read_scores(store: RunStore) -> pa.Table | None:
    """`realised.parquet` of a run; None where nothing has come true."""
    return store.read_table("realised.parquet") if store.read_bytes("realised.parquet") is not None else None


def degraded_payload(job: Job, accuracy: Accuracy) -> dict[str, Any]:
    """What `nightcast.accuracy.degraded` tells: MASE against the promise, and each check that failed."""
    failed = [check for check in accuracy.checks if check.passed is False]
    serving = _serving(_then(job))
    return {
        "judged": accuracy.judged,
        "model_version": serving.version if serving is not None else None,
        "cutoff": accuracy.cutoff,
        "sentence": accuracy.sentence,
        "metric": accuracy.checks[0].metric,
        "realised": accuracy.checks[0].observed,
        "promised": accuracy.checks[0].reference,
        "failed": [
            {"check": one.name, "metric": one.metric, "realised": one.observed, "reference": one.reference}
            for one in failed
        ],
        "worst_series": list(accuracy.worst),
        "drifted_inputs": [channel.name for channel in accuracy.drift if channel.drifted],
        "report": f"{job.run_store().uri}/monitor.html",
    }
