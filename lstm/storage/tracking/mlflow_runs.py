"""A finished run in MLflow: settings as parameters, scores as metrics, pictures and the model's folder as artifacts."""

import logging
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lstm.errors import ConfigError

RUN_TAG = "nightcast.run_id"
LONGEST_TEXT = 5_000  # MLflow keeps 6,000 characters of a parameter, 8,000 of a tag
REFUSED = re.compile(r"[^\w.\- /]")  # in names of metrics and parameters
AT_ONCE = 100  # parameters and tags of one request


@dataclass(frozen=True)
class FinishedRun:
    """A run as MLflow keeps it.

    metrics: numbers by name. curves: (name, step, number), such as of losses by epoch. artifacts: bytes by path.
    """

    run_id: str
    settings: Mapping[str, Any]
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    curves: tuple[tuple[str, int, float], ...] = ()
    artifacts: Mapping[str, bytes] = field(default_factory=dict)


def check_mlflow() -> None:
    """Raises ConfigError where the extra is not installed."""
    if find_spec("mlflow") is None:
        raise ConfigError("tracking.mlflow needs the extra mlflow: pip install 'nightcast[mlflow]'")


def log_run(uri: str, experiment: str, run: FinishedRun, artifacts: str) -> str:
    """Logs a run, in the place of an earlier log of the same one; answers MLflow's id of it.

    artifacts: where a new experiment keeps its artifacts, unless `uri` is of a server, which knows that itself. Raises
    whatever MLflow does.
    """
    client = _client(uri)
    experiment_id = _experiment(client, experiment, None if uri.startswith("http") else artifacts)
    earlier = client.search_runs([experiment_id], f"tags.`{RUN_TAG}` = '{run.run_id}'")
    logged = client.create_run(experiment_id, tags={RUN_TAG: run.run_id}, run_name=run.run_id).info
    try:
        _log_numbers(client, logged.run_id, run)
        _log_artifacts(client, logged.run_id, run.artifacts)
    except Exception:
        with suppress(Exception):  # the first error says what is wrong
            client.set_terminated(logged.run_id, "FAILED")
        raise
    client.set_terminated(logged.run_id, "FINISHED")
    for older in earlier:
        client.delete_run(older.info.run_id)
    return str(logged.run_id)


def _client(uri: str) -> Any:
    # It would tell its makers of each use, print its address, and wait for minutes for a server that is away.
    for name, value in (
        ("MLFLOW_DISABLE_TELEMETRY", "true"),
        ("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true"),
        ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1"),
        ("MLFLOW_HTTP_REQUEST_TIMEOUT", "10"),
    ):
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient  # seconds of imports, which only those pay who track runs

    logging.getLogger("mlflow").setLevel(logging.WARNING)

    return MlflowClient(tracking_uri=uri)


def _experiment(client: Any, name: str, artifacts: str | None) -> str:
    from mlflow.exceptions import MlflowException

    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    try:
        return str(client.create_experiment(name, artifact_location=artifacts))
    except MlflowException:
        made_in_between = client.get_experiment_by_name(name)
        if made_in_between is None:
            raise
        return str(made_in_between.experiment_id)


def _log_numbers(client: Any, logged: str, run: FinishedRun) -> None:
    from mlflow.entities import Metric, Param, RunTag

    params = [Param(_plain(name), str(value)[:LONGEST_TEXT]) for name, value in flat(run.settings).items()]
    tags = [RunTag(name, value[:LONGEST_TEXT]) for name, value in run.tags.items()]
    for begin in range(0, max(len(params), len(tags)), AT_ONCE):
        part = slice(begin, begin + AT_ONCE)
        client.log_batch(logged, params=params[part], tags=tags[part])
    values = [Metric(_plain(name), value, 0, 0) for name, value in run.metrics.items()]
    values += [Metric(_plain(name), value, 0, step) for name, step, value in run.curves]
    for begin in range(0, len(values), 10 * AT_ONCE):
        client.log_batch(logged, metrics=values[begin : begin + 10 * AT_ONCE])


def _plain(name: str) -> str:
    """A name that MLflow takes: a gate may be called `better by 2 %`."""
    return REFUSED.sub("_", name)


def _log_artifacts(client: Any, logged: str, artifacts: Mapping[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        for name, content in artifacts.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        client.log_artifacts(logged, folder)


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Settings by dotted key; what was left out or is empty is not among them."""
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            values |= flat(value, f"{prefix}{name}.")
        elif value not in (None, [], ()):
            values[f"{prefix}{name}"] = value
    return values
