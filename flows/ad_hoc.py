"""A run by hand, from the form in the Prefect UI: which pipeline, which kind, as of when, with which changes.

No `from __future__ import annotations` in flow modules: Prefect's `serve` needs the annotations themselves.
"""

from collections.abc import Mapping
from typing import Any, Literal

from prefect import flow, runtime
from prefect.client.schemas.objects import State

from flows.monitor import watch
from flows.runs.ending import state_of
from flows.runs.naming import name_of, scheduled_start
from flows.runs.run import carry_out
from flows.whatif import assume, assumptions_of
from lstm.references import Outcome
from lstm.steps.champions.contenders import CONTENDERS
from lstm.steps.job import RunRequest

Kind = Literal["retrain", "forecast", "monitor", "whatif"]


def ad_hoc_name() -> str:
    """`ad-hoc-retrain-nyc-weather-2013-12-30`: the flow run's name, from its parameters."""
    given = dict(runtime.flow_run.parameters)
    given["pipeline"] = file_of(str(given.get("pipeline")), given.get("files"))
    return f"ad-hoc-{name_of(str(given.get('kind')), given, scheduled_start())}"


def file_of(pipeline: str, files: Mapping[str, str] | None) -> str:
    """The pipeline file of a choice; a choice that no file belongs to is a path itself."""
    return (files or {}).get(pipeline, pipeline)


@flow(name="ad-hoc", flow_run_name=ad_hoc_name, persist_result=False)
def ad_hoc(
    pipeline: str,
    kind: Kind = "retrain",
    as_of: str | None = None,
    overrides: dict[str, Any] | None = None,
    dry_run: bool = False,
    whatif: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
) -> State[Outcome]:
    """Runs a pipeline once, by hand: as it is, or with some of its keys set anew, or dry.

    Args:
        pipeline: Name of the pipeline, or the path of its file.
        kind: retrain, forecast (without training), monitor, or whatif (other future covariates, never published).
        as_of: The moment that the run pretends it is: a date, an ISO instant, or an integer step; now when left out.
        overrides: Keys of the pipeline file that this run sets anew, such as {"training.max_epochs": 3}.
        dry_run: Read, train, judge, forecast and report, and leave everything as it is.
        whatif: For whatif: what is assumed, as the parameters set_future, where and future of the flow whatif.
        files: Pipeline file by name, as deployed.
    """
    file, moment = file_of(pipeline, files), (as_of or "").strip() or None  # a form sends an emptied field as it is
    assumed = {name: value for name, value in (whatif or {}).items() if value}
    misplaced = _misplaced(kind, assumed, overrides or {})
    if misplaced:
        return state_of(Outcome(run_id="", exit_code=2, sentence=misplaced), alerted=True)
    if kind == "whatif":
        return assume(file, assumptions_of(**assumed, as_of=moment))
    request = RunRequest(file, kind, moment, overrides or {}, dry_run)
    return watch(request) if kind == "monitor" else carry_out(request, CONTENDERS[kind])


def _misplaced(kind: Kind, assumed: Mapping[str, Any], overrides: Mapping[str, Any]) -> str:
    """Which parameters this kind of run would leave unread; empty where none."""
    if kind == "whatif" and overrides:
        return "a whatif forecasts with the settings of that night; leave overrides out"
    if kind != "whatif" and assumed:
        return f"{', '.join(assumed)} are for a whatif, and this is a {kind}; leave them out"
    return ""
