"""What would be forecast with other future covariates than those that are known; nothing of it is published.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

from prefect import flow
from prefect.client.schemas.objects import State

from flows.runs.ending import state_of
from flows.runs.naming import run_name
from flows.runs.secret_block import secret_block
from lstm.errors import ForecastError
from lstm.references import Outcome
from lstm.report.scenario.scenario_page import effect_facts
from lstm.steps.after.what_if import Assumptions
from lstm.steps.begin_and_end import code_of, reason_of
from tasks.what_if import what_if as what_if_task


@flow(name="whatif", flow_run_name=run_name, persist_result=False)
def whatif(
    pipeline: str,
    set_future: list[str] | None = None,
    where: list[str] | None = None,
    future: str | None = None,
    as_of: str | None = None,
) -> State[Outcome]:
    """Forecasts with other future covariates, beside tonight's forecasts, and publishes nothing.

    Args:
        pipeline: Path of the pipeline file.
        set_future: What is different over the horizon, such as ["scheduled*=1.1"]; the operations are = *= += -=.
        where: For which series, by their key columns, such as ["carrier=AA"]; for all when left out.
        future: Path of a table with the key and time columns of the source, and future covariates as they might be.
        as_of: The moment of the forecasts that are compared with; the current ones when left out.
    """
    return assume(pipeline, assumptions_of(set_future, where, future, as_of))


def assumptions_of(
    set_future: list[str] | None = None,
    where: list[str] | None = None,
    future: str | None = None,
    as_of: str | None = None,
) -> Assumptions:
    """What the parameters of the flow mean; a form sends an emptied field as it is."""
    return Assumptions(set_future or (), where or (), (future or "").strip() or None, as_of)


def assume(pipeline_file: str, assumptions: Assumptions) -> State[Outcome]:
    """One scenario, and its end as a Prefect state whose result is the Outcome; see `whatif`."""
    try:
        story = what_if_task(pipeline_file, assumptions, secret_block)
    except (ForecastError, OSError) as error:
        return state_of(Outcome(run_id="", exit_code=code_of(error), sentence=reason_of(error)), alerted=True)
    summary = {"rows": [list(row) for row in effect_facts(story)]}
    return state_of(
        Outcome(run_id="", exit_code=0, sentence=" ".join(story.sentences()), summary=summary), alerted=True
    )
