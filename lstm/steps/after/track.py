"""Who else is told of a run, where the pipeline file names them: MLflow when it is published, OpenLineage all along.

Whatever goes wrong here is a warning in the log: no run fails or is degraded because somebody could not be told.
"""

import logging
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lstm.config import Sink, secret
from lstm.contestants import short_name
from lstm.errors import ConfigError
from lstm.references import Outcome
from lstm.report.run.story import Story
from lstm.steps.begin_and_end import reason_of
from lstm.steps.job import Job
from lstm.storage.sql.url import beside, parse_url
from lstm.storage.store.database import store_url
from lstm.storage.tracking.dataset_names import DatasetName, place_name, table_name
from lstm.storage.tracking.lineage_events import RunEvent, What, Written, check_openlineage, emit, lineage_id
from lstm.storage.tracking.mlflow_runs import FinishedRun, check_mlflow, log_run

log = logging.getLogger(__name__)

SCORES = ("mae", "rmse", "smape", "mase", "wql", "coverage", "bias")
FILES = ("report.html", "verdict.json", "model/model.json", "model/weights.safetensors")
# User and password of a URL, and the values of its options, which a client may repeat in its errors.
SECRET = re.compile(r"(://)[^/@\s]+(?=@)|([?&][^=&\s]+=)[^&\s]+")
FLOW_RUN = "flow run "  # as `flows.runs.ending.this_flow_run` begins


def ask_tracking(job: Job) -> None:
    """Raises ConfigError where an extra is missing, and where MLflow would be given the store's own database."""
    tracking = job.pipeline.tracking
    if tracking.openlineage is not None:
        check_openlineage()
    if tracking.mlflow is None:
        return
    check_mlflow()
    store = store_url(job.pipeline.store, job.folder, blocks=job.blocks, make=False)
    uri = _mlflow_uri(job, tracking.mlflow)
    if "://" in uri and not uri.startswith(("http", "file")) and _database(uri) == _database(store):
        raise ConfigError(
            "tracking.mlflow is the store's own database, whose tables MLflow would mix with its own; name another one"
        )


def _database(url: str) -> tuple[object, ...]:
    parsed = parse_url(url)
    return parsed.get_backend_name(), parsed.host, parsed.port, parsed.database


def track(job: Job, story: Story) -> None:
    """Logs a published run in MLflow, where the pipeline file asks for it."""
    tracking = job.pipeline.tracking
    if tracking.mlflow is None or job.key.dry:
        return
    place, artifacts = tracking.mlflow, f"{job.runs.removesuffix('/runs')}/mlflow"
    experiment = tracking.experiment or job.pipeline.name
    _warned("MLflow", lambda: log_run(_mlflow_uri(job, place), experiment, _finished(job, story), artifacts))


def _mlflow_uri(job: Job, place: str) -> str:
    """The URI with its secrets; a relative SQLite file begins at the pipeline file."""
    uri = secret(place, blocks=job.blocks)
    return beside(uri, job.folder) if uri.startswith("sqlite") else uri


def _finished(job: Job, story: Story) -> FinishedRun:
    verdict, serving = story.verdict, story.verdict.promoted_version
    tags = {
        "nightcast.pipeline": job.key.pipeline,
        "nightcast.kind": job.key.kind,
        "nightcast.as_of": job.key.as_of,
        "nightcast.serves": verdict.serve,
        "nightcast.verdict": verdict.sentence,
        "nightcast.caller": job.caller,
        "nightcast.promoted": f"v{serving}" if verdict.promote and serving is not None else "",
        "mlflow.note.content": verdict.sentence,
    }
    store = job.run_store()
    files = {name: content for name in FILES if (content := store.read_bytes(name)) is not None}
    pictures = {f"pictures/{name}.png": png for name, png in vars(story.pictures).items() if png is not None}
    return FinishedRun(
        run_id=job.key.run_id,
        settings=job.pipeline.model_dump(mode="json"),
        tags={name: value for name, value in tags.items() if value},
        metrics=_metrics(story),
        curves=_curves(story),
        artifacts=files | pictures,
    )


def _metrics(story: Story) -> dict[str, float]:
    """Scores by contestant, and what the gates observed."""
    numbers = {
        f"{short_name(score.method)}.{name}": getattr(score, name) for score in story.verdict.scores for name in SCORES
    }
    numbers |= {f"gate.{gate.name}": gate.observed for gate in story.verdict.gates if not gate.segment and gate.metric}
    return {name: float(value) for name, value in numbers.items() if value is not None and math.isfinite(value)}


def _curves(story: Story) -> tuple[tuple[str, int, float], ...]:
    """Losses by epoch of every phase of training."""
    rows = story.history.to_pylist() if story.history is not None else []
    names = ("train_loss", "validation_loss")
    return tuple(
        (f"{row['phase']}.{name}", int(row["epoch"]), float(row[name]))
        for row in rows
        for name in names
        if row[name] is not None and math.isfinite(row[name])
    )


def announce(job: Job, what: What, outcome: Outcome | None = None, story: Story | None = None) -> None:
    """Sends an event of OpenLineage, where the pipeline file asks for it. outcome, story: of a run that has ended."""
    place = job.pipeline.tracking.openlineage
    if place is not None and not job.key.dry:
        _warned("OpenLineage", lambda: emit(_lineage_place(job, place), _event(job, what, outcome, story)))


def _lineage_place(job: Job, place: str) -> str:
    where = secret(place, blocks=job.blocks)
    return where if "://" in where else str(job.folder / where)


def _event(job: Job, what: What, outcome: Outcome | None, story: Story | None) -> RunEvent:
    return RunEvent(
        what=what,
        at=datetime.now(UTC),
        lineage_id=lineage_id(job.key.run_id, job.caller.removeprefix(FLOW_RUN)),
        job=f"{job.key.pipeline}.{job.key.kind}",
        as_of=job.key.as_of,
        read=_read(job),
        written=_written(job, story) if what == "COMPLETE" else (),
        query=job.pipeline.source.query,
        error=outcome.sentence if outcome is not None and what == "FAIL" else "",
    )


def _read(job: Job) -> tuple[DatasetName, ...]:
    """The tables that are read; what a query reads is in the query."""
    source = job.pipeline.source
    tables = (source, source.future) if source.future is not None else (source,)
    names = []
    for table in tables:
        if table.path is not None:
            names.append(place_name(table.path, job.folder))
        elif table.url is not None and table.table is not None:
            names.append(table_name(_resolved(job, table.url), table.table))
    return tuple(names)


def _written(job: Job, story: Story | None) -> tuple[Written, ...]:
    """The ledger, each sink, and the model's folder where one was trained."""
    forecasts = story.forecasts if story is not None else None
    columns: tuple[tuple[str, str], ...] = ()
    if forecasts is not None:
        columns = tuple((field.name, str(field.type)) for field in forecasts.schema)
    store = store_url(job.pipeline.store, job.folder, blocks=job.blocks)
    rows = forecasts.num_rows if forecasts is not None else None
    datasets = [Written(table_name(store, job.pipeline.store.forecasts_table), columns, rows)]
    datasets += [Written(_sink_name(job, sink)) for sink in job.pipeline.sinks]
    if story is not None and story.model_ref is not None:
        datasets.append(Written(place_name(f"{job.run_store().uri}/model", job.folder)))
    return tuple(datasets)


def _sink_name(job: Job, sink: Sink) -> DatasetName:
    if sink.path is not None or sink.url is None or sink.table is None:
        return place_name(sink.path or "", job.folder)
    return table_name(_resolved(job, sink.url), sink.table)


def _resolved(job: Job, url: str) -> str:
    return beside(secret(url, blocks=job.blocks), job.folder)


def _warned(whom: str, tell: Callable[[], Any]) -> None:
    try:
        tell()
    except Exception as error:  # noqa: BLE001 - whatever a client raises, the forecasts are out
        reason = SECRET.sub(lambda secret: f"{secret[1] or secret[2]}***", reason_of(error))
        log.warning("%s was not told of this run: %s", whom, reason)
