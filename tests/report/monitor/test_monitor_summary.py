"""The report of the monitor in short."""

import pytest
from monitor_stories import CALM, made_rows, story

from lstm.report.monitor.monitor_summary import monitor_summary

ARTIFACT_LIMIT = 400_000


@pytest.mark.parametrize(("series", "nights", "steps"), [(3, 60, 48), (400, 14, 3)])
def test_the_summary_fits_into_an_artifact(series, nights, steps):
    """Below 400 kB whatever is drawn."""
    names = tuple(f"a rather long name of a store, number {i}" for i in range(series))
    drift = tuple(CALM.model_copy(update={"name": f"a covariate {i}"}) for i in range(40))
    told = story(made_rows(names, nights, steps), drift=drift)
    assert len(monitor_summary(told).encode()) < ARTIFACT_LIMIT
