"""Series that were forecast lately and are no longer in the table: expected all the same, and counted as failures."""

import numpy as np
import pyarrow as pa

from lstm.data.panel.lifecycle import expected_steps
from lstm.data.panel.panel import Panel
from lstm.data.rows.series_keys import series_names
from tasks.job import Job


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
