"""The pipeline of the made tables."""

from pathlib import Path

from benchmarks.made import as_of
from lstm.config import Pipeline
from lstm.references import RunKey
from lstm.steps.job import Job

HORIZON = 14


def job(folder: str, days: int, frequency: str | None = "D", **source: object) -> Job:
    """A forecast run of the day after a table of so many days. source: where the table is."""
    roles: dict[str, object] = {"series": ["id"], "time": "ds", "targets": ["y"]}
    settings = {"name": "bench", "horizon": HORIZON, "frequency": frequency, "source": roles | source}
    key = RunKey(pipeline="bench", kind="forecast", as_of=as_of(days))
    return Job(pipeline=Pipeline.model_validate(settings), home=str(Path(folder)), key=key)
