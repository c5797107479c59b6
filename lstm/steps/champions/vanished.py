"""Series that are expected, since they were forecast lately, though the table has them no more."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from sqlalchemy.exc import SQLAlchemyError

from lstm.data.panel.lifecycle import expected_steps
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import listed
from lstm.data.rows.series_keys import series_names
from lstm.errors import ForecastError
from lstm.steps.job import Job
from lstm.storage.store.database import store_url

SQLITE = "sqlite:///"


def vanished_series(job: Job, panel: Panel) -> pa.Table:
    """Key columns of series that were forecast within `quality.expected_for` days and are not in the panel."""
    back = expected_steps(panel.frequency, job.pipeline.quality.expected_for)
    since, through = panel.frequency.times(np.array([panel.cutoff - back, panel.cutoff])).to_pylist()
    expected = job.ledger().expected_series(job.pipeline.name, since, through)
    keys = list(job.pipeline.source.series)
    if not keys or not len(expected):
        return panel.keys.slice(0, 0)
    absent = expected.select(keys).filter(pa.array(panel.find(expected) < 0)).cast(panel.keys.select(keys).schema)
    excluded = set(job.pipeline.quality.exclude)
    return absent.filter(pa.array([name not in excluded for name in series_names(absent)], pa.bool_()))


def vanished_words(vanished: pa.Table, expected_for: int) -> str:
    """Which series have left the table, and the keys that say so; empty where none has."""
    if not len(vanished):
        return ""
    names = listed(repr(name) for name in series_names(vanished))
    return (
        f"{len(vanished):,} series left the table and cannot be forecast: {names}; they are expected for "
        f"{expected_for} days (quality.expected_for), unless quality.exclude names them"
    )


def vanished_beforehand(job: Job, panel: Panel) -> str:
    """`vanished_words` of a run that has not begun; empty where its store has no run yet, or cannot be asked."""
    try:
        url = store_url(job.pipeline.store, job.folder, blocks=job.blocks)
        if url.startswith(SQLITE) and not Path(url.removeprefix(SQLITE)).exists():
            return ""
        return vanished_words(vanished_series(job, panel), job.pipeline.quality.expected_for)
    except (ForecastError, SQLAlchemyError, OSError):
        return ""
