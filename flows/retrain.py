"""The nightly job: read, cut, train, judge, forecast, publish, deliver, report.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.runs.naming import run_name
from flows.runs.run import carry_out
from lstm.references import Outcome
from lstm.steps.champions.contenders import challenger
from lstm.steps.job import RunRequest


@flow(name="retrain", flow_run_name=run_name, persist_result=False)
def retrain(
    pipeline: str, as_of: str | None = None, overrides: dict[str, Any] | None = None, dry_run: bool = False
) -> State[Outcome]:
    """Retrains, lets the new model through only if its gates say so, and publishes forecasts of whoever serves.

    Args:
        pipeline: Path of the pipeline file.
        as_of: The moment that the run pretends it is: a date, an ISO instant, or an integer step; now when left out.
        overrides: Keys of the pipeline file that this run sets anew, such as {"training.max_epochs": 3}.
        dry_run: Read, train, judge, forecast and report, and leave everything as it is.
    """
    return carry_out(RunRequest(pipeline, "retrain", as_of, overrides or {}, dry_run), challenger)
