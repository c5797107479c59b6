"""Jobs whose pipelines ask for Ray."""

from pathlib import Path
from typing import Any

from lstm.config import Pipeline
from lstm.references import RunKey
from lstm.steps.job import Job


def job_of(home: Path, **compute: Any) -> Job:
    settings = {
        "name": "sales",
        "horizon": 2,
        "source": {"path": "sales.csv", "time": "day", "targets": ["sold"]},
        "compute": {"engine": "ray", **compute},
    }
    key = RunKey(pipeline="sales", kind="retrain", as_of="2024-01-01")
    return Job(pipeline=Pipeline.model_validate(settings), home=str(home), key=key)
