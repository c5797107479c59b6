"""Monitor: joins forecasts with their actuals, scores them, and judges them against what the backtest promised."""

from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from lstm.contestants import CHAMPION, is_baseline
from lstm.data.frequency.as_of import read_as_of
from lstm.data.frequency.grid import Frequency
from lstm.data.panel.lifecycle import expected_steps
from lstm.data.panel.panel import Panel
from lstm.evaluation.monitoring.by_model import model_lines
from lstm.evaluation.monitoring.drift import input_drift, with_drift
from lstm.evaluation.monitoring.promise import judge, overlap_of
from lstm.evaluation.monitoring.promises import promises_of
from lstm.evaluation.monitoring.realised import ModelLabel, Realised
from lstm.evaluation.monitoring.realised_scores import score_table
from lstm.evaluation.monitoring.scale import scale_by_version
from lstm.references import Accuracy, InputDrift
from lstm.report.alerts import DEGRADED_ACCURACY, Alert, number_or_none
from lstm.report.monitor.monitor_page import monitor_page
from lstm.report.monitor.monitor_story import MonitorStory
from lstm.steps.job import Job
from lstm.steps.run_report import links, locations
from lstm.steps.window import seasons
from lstm.storage.actuals.realised_table import RealisedForecasts
from lstm.storage.actuals.recent import Look, look_back, ordinal_of
from lstm.storage.registry.champion_as_of import KnownThen, known_then
from lstm.storage.runs.run_folder import RunStore
from lstm.storage.sources.panel_source import read_panel

FEWEST_HORIZONS = 2
NOTHING_PUBLISHED = "Nothing to score yet: the pipeline has published no forecast whose time has come."


def assess(job: Job) -> Accuracy:
    """Brings the table of realised forecasts up to date, and leaves `realised.parquet` and `accuracy.json`."""
    panel, _ = read_panel(job.pipeline, job.folder, read_as_of(job.key.as_of), blocks=job.blocks)
    store, then = job.run_store(), _then(job)
    look = _look(job, panel, then)
    if look is None:
        accuracy = _nothing(job, panel)
    else:
        # A dry run judges by what earlier ones have written down.
        added, revised = (0, 0) if job.key.dry else _update(job, look, then)
        rows = look.rows()
        accuracy = _accuracy(job, look, rows, then).model_copy(update={"added": added, "revised": revised})
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


def _then(job: Job) -> KnownThen:
    return known_then(job.registry(), job.pipeline.name, job.key.as_of)


def _look(job: Job, panel: Panel, then: KnownThen) -> Look | None:
    steps = max(expected_steps(panel.frequency, job.pipeline.monitor.days), FEWEST_HORIZONS * panel.horizon)
    realised, name = RealisedForecasts(job.ledger()), job.pipeline.name
    return look_back(realised, panel, steps, pipeline_name=name, as_of=job.key.as_of, later=then.later)


def _update(job: Job, look: Look, then: KnownThen) -> tuple[int, int]:
    """Writes what is new or revised; answers (rows added, rows scored again)."""
    outdated = look.outdated()
    job.fence.check()
    if outdated:
        look.realised.write(look.layout, look.pipeline, look.realised.none(look.layout), outdated)
    season = seasons(job, look.panel)[0]
    scales = scale_by_version(look.panel, season, _trained_through(look.panel, then), look.panel.cutoff - look.steps)
    new, revised = look.new(season, scales), look.revised()
    job.fence.check()
    look.realised.write(look.layout, look.pipeline, pa.concat_tables([new, revised]), [])
    return len(new), len(revised)


def _trained_through(panel: Panel, then: KnownThen) -> dict[int, int]:
    """The newest step (ordinal) that each model has read, by version."""
    through = {model.version: ordinal_of(panel.frequency, model.trained_through) for model in then.trained}
    return {version: ordinal for version, ordinal in through.items() if ordinal is not None}


def _accuracy(job: Job, look: Look, rows: Realised, then: KnownThen) -> Accuracy:
    panel, settings, serving = look.panel, job.pipeline.monitor, _serving(then)
    trained_by = {model.version: model.run_id for model in then.trained}
    promises = promises_of(rows.models, trained_by, then.retrains, job.registry().verdict)
    recent = max(expected_steps(panel.frequency, settings.recent_days), 1)
    overlap = overlap_of(rows, panel.horizon)
    judgement = judge(rows, promises, settings, serving=serving, recent_steps=recent, overlap=overlap)
    drift = _drift(job, panel, then, max(recent, panel.horizon))
    due, failed = look.realised.due(look.layout, look.runs, *look.span)
    return Accuracy(
        run_id=job.key.run_id,
        cutoff=panel.frequency.text(panel.cutoff),
        grid=asdict(panel.frequency),
        degraded=judgement.degraded,
        judged=judgement.judged,
        sentence=with_drift(judgement.sentence, drift),
        checks=judgement.checks,
        models=model_lines(rows, promises, panel.frequency),
        drift=drift,
        worst=judgement.worst,
        due=due,
        waiting=due - failed - len(rows),
        failed=failed,
    )


def _drift(job: Job, panel: Panel, then: KnownThen, length: int) -> tuple[InputDrift, ...]:
    version = then.champion.version if then.champion is not None else 0
    through = _trained_through(panel, then).get(version, panel.cutoff - length)
    return input_drift(panel, job.pipeline.monitor, trained_through=through, length=length)


def _serving(then: KnownThen) -> ModelLabel | None:
    """The champion as the ledger names it."""
    champion = then.champion
    if champion is None:
        return None
    return ModelLabel(champion.uri if is_baseline(champion.uri) else CHAMPION, champion.version)


def read_scores(store: RunStore) -> pa.Table | None:
    """`realised.parquet` of a run; None where nothing has come true."""
    return store.read_table("realised.parquet") if store.read_bytes("realised.parquet") is not None else None


def report_accuracy(job: Job, accuracy: Accuracy, retrain: str) -> MonitorStory:
    """Writes the report and answers the story that it tells. retrain: what becomes of asking for one, in words."""
    store = job.run_store()
    story = MonitorStory(
        pipeline=job.pipeline,
        key=job.key,
        accuracy=accuracy,
        frequency=Frequency(**accuracy.grid),
        scores=read_scores(store),
        retrain=retrain,
        locations=locations(job) | {"report": f"{store.uri}/monitor.html"},
        written_at=datetime.now(UTC),
        links=links(job, "monitor.html"),
    )
    store.write_bytes("monitor.html", monitor_page(story).encode())
    return story


def degraded_alert(job: Job, accuracy: Accuracy) -> Alert:
    """What `nightcast.accuracy.degraded` tells: MASE against the promise, and each check that failed."""
    failed = [check for check in accuracy.checks if check.passed is False]
    serving = _serving(_then(job))
    first = accuracy.checks[0]
    facts = {
        "judged": accuracy.judged,
        "model_version": serving.version if serving is not None else None,
        "cutoff": accuracy.cutoff,
        "metric": first.metric,
        "realised": number_or_none(first.observed),
        "promised": number_or_none(first.reference),
        "failed": [
            {
                "check": check.name,
                "metric": check.metric,
                "realised": number_or_none(check.observed),
                "reference": number_or_none(check.reference),
            }
            for check in failed
        ],
        "worst_series": list(accuracy.worst),
        "drifted_inputs": [channel.name for channel in accuracy.drift if channel.drifted],
    }
    return Alert(DEGRADED_ACCURACY, "warning", accuracy.sentence, facts)


def retrained_on(job: Job, day: str) -> str | None:
    """The run that has retrained the pipeline as of a day already, None where there is none."""
    return next(
        (
            run.run_id
            for run in job.registry().runs(job.pipeline.name)
            if run.kind == "retrain" and day_of(run.as_of, job.pipeline.time_zone) == day
        ),
        None,
    )


def day_of(as_of: str, time_zone: str) -> str:
    """The local day of an `as_of`; an integer step is a day of its own."""
    moment = read_as_of(as_of)
    return moment.astimezone(ZoneInfo(time_zone)).date().isoformat() if isinstance(moment, datetime) else as_of
