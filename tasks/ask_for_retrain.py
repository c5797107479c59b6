"""Asking for a retrain: of the pipeline's deployment where there is one; once a day at most."""

from dataclasses import dataclass
from typing import Any

from prefect import task
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.deployments import run_deployment

from lstm.steps.assess import day_of, retrained_on
from lstm.steps.job import Job
from tasks.retrying import RETRYING


@dataclass(frozen=True)
class RetrainPlan:
    """What becomes of asking for a retrain. here: it runs in this process, since no deployment was found."""

    sentence: str
    here: bool = False


@task(name="ask-for-retrain", task_run_name="ask-for-retrain", **RETRYING)
def ask_for_retrain(job: Job, pipeline_file: str) -> RetrainPlan:
    """Starts the deployment of `retrain` that has the tag `pipeline:NAME` or this pipeline file as its parameter."""
    day = day_of(job.key.as_of, job.pipeline.time_zone)
    done = retrained_on(job, day)
    if done is not None:
        return RetrainPlan(f"not asked for: {done} has retrained as of that day already")
    deployment = retrain_deployment(job.pipeline.name, pipeline_file)
    if deployment is None:
        return RetrainPlan("runs in this process, since no deployment of retrain is for this pipeline", here=True)
    run: Any = run_deployment(
        deployment.id,
        parameters={"as_of": job.key.as_of},
        timeout=0,
        as_subflow=False,
        idempotency_key=f"nightcast.retrain.{job.pipeline.name}.{day}",
    )
    return RetrainPlan(f"asked for: the deployment {deployment.name} runs it as {run.name}")


def retrain_deployment(pipeline_name: str, pipeline_file: str) -> Any:
    """The deployment of the flow `retrain` for a pipeline, None where there is none."""
    with get_client(sync_client=True) as client:
        deployments = client.read_deployments(flow_filter=FlowFilter(name=FlowFilterName(any_=["retrain"])))
    tagged = [item for item in deployments if f"pipeline:{pipeline_name}" in item.tags]
    named = [item for item in deployments if item.parameters.get("pipeline") == pipeline_file]
    return next(iter([*tagged, *named]), None)
