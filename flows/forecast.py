"""Forecasts without training: by the champion, or by an older version after a rollback.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.runs.naming import run_name
from flows.runs.run import carry_out
from lstm.references import Outcome
from lstm.steps.champions.contenders import champion, older_version
from lstm.steps.job import RunRequest


@flow(name="forecast", flow_run_name=run_name, persist_result=False)
def forecast(
    pipeline: str, as_of: str | None = None, overrides: dict[str, Any] | None = None, dry_run: bool = False
) -> State[Outcome]:
    """Forecasts with the champion, or with the best baseline where there is none, and publishes.

    Args:
        pipeline: Path of the pipeline file.
        as_of: The moment that the run pretends it is: a date, an ISO instant, or an integer step; now when left out.
        overrides: Keys of the pipeline file that this run sets anew, such as {"training.max_epochs": 3}.
        dry_run: Read, train, judge, forecast and report, and leave everything as it is.
    """
    return carry_out(RunRequest(pipeline, "forecast", as_of, overrides or {}, dry_run), champion)


@flow(name="rollback", flow_run_name=run_name, persist_result=False)
def rollback(pipeline: str, version: int, why: str, as_of: str | None = None) -> State[Outcome]:
    """Makes an older version champion and forecasts afresh with it, in one publication.

    Args:
        pipeline: Path of the pipeline file.
        version: The version that shall serve.
        why: The reason, kept with the promotion.
        as_of: The moment that the run pretends it is; now when left out.
    """
    return carry_out(RunRequest(pipeline, "rollback", as_of), older_version(version, why))
