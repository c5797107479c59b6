"""Forecasts without training: by the champion, or by an older version after a rollback.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.naming import run_name
from flows.run import Challenge, carry_out
from lstm.errors import ConfigError
from lstm.references import Outcome, PanelRef
from tasks.choose import choose_champion, choose_version
from tasks.job import Job


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
    return carry_out(pipeline, "forecast", as_of, challenge_of_champion, overrides, dry_run)


def challenge_of_champion(job: Job, panel: PanelRef) -> Challenge:
    """Nothing is trained: whoever serves goes on serving."""
    return Challenge(choose_champion(job), lambda: choose_champion(job))


@flow(name="rollback", flow_run_name=run_name, persist_result=False)
def rollback(pipeline: str, version: int, why: str, as_of: str | None = None) -> State[Outcome]:
    """Makes an older version champion and forecasts afresh with it, in one publication.

    Args:
        pipeline: Path of the pipeline file.
        version: The version that shall serve.
        why: The reason, kept with the promotion.
        as_of: The moment that the run pretends it is; now when left out.
    """

    def challenge(job: Job, panel: PanelRef) -> Challenge:
        if not why.strip():
            raise ConfigError("a reason is needed to roll back; it is kept with the promotion")
        return Challenge(choose_version(job, version, why), lambda: choose_version(job, version, why))

    return carry_out(pipeline, "rollback", as_of, challenge)
