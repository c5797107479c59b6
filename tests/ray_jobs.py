"""Jobs whose pipelines ask for Ray."""

import os
import secrets
from pathlib import Path
from typing import Any

from lstm.config import Pipeline
from lstm.references import RunKey
from lstm.steps.job import Job

# A process of several tests imports Ray once, and a cluster of ours asks for a token.
os.environ.setdefault("RAY_AUTH_MODE", "token")
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def job_of(home: Path, **compute: Any) -> Job:
    settings = {
        "name": "sales",
        "horizon": 2,
        "source": {"path": "sales.csv", "time": "day", "targets": ["sold"]},
        "compute": {"engine": "ray", **compute},
    }
    key = RunKey(pipeline="sales", kind="retrain", as_of="2024-01-01")
    return Job(pipeline=Pipeline.model_validate(settings), home=str(home), key=key)
