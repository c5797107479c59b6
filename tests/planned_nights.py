"""The night with a plan that `tests/steps/after` runs, as a job."""

from pathlib import Path

from lstm.config import load_pipeline
from lstm.references import RunKey
from lstm.steps.job import Job


def job_of(pipeline: Path, kind: str = "retrain") -> Job:
    """The night's run."""
    key = RunKey.model_validate({"pipeline": "planned", "kind": kind, "as_of": "2024-04-30T00:00:00Z"})
    return Job(pipeline=load_pipeline(pipeline), home=str(pipeline.parent), key=key)
