"""Runs are kept with how they ended."""

from datetime import timedelta

import pytest
from nights import NOW, run_key
from present import present

from lstm.errors import StoreError
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.registry.registry import Registry

HOUR = timedelta(hours=1)


def test_a_run_is_kept_with_how_it_ended(store):
    """A run that never began cannot end; the end stays known while the run is started again."""
    registry, key = Registry(store), run_key()
    with pytest.raises(StoreError, match="never began"):
        registry.finish_run(key.run_id, "published", 0, "good", NOW)
    assert registry.run(key.run_id) is None
    with lease(store, key, owner=this_process(), now=lambda: NOW):
        assert present(registry.run(key.run_id)).status == "running"
        registry.finish_run(key.run_id, "degraded", 3, "one series failed", NOW + HOUR)
    ended = present(registry.run(key.run_id))
    assert (ended.status, ended.exit_code, ended.sentence) == ("degraded", 3, "one series failed")
    assert (ended.started_at, ended.finished_at, ended.owner) == (NOW, NOW + HOUR, None)
    with lease(store, key, owner=this_process(), now=lambda: NOW + 2 * HOUR):
        again = present(registry.run(key.run_id))
    assert (again.status, again.exit_code, again.finished_at) == ("running", None, NOW + HOUR)
    assert [run.run_id for run in registry.runs("small")] == [key.run_id]
    with pytest.raises(StoreError, match="not 'perhaps'"):
        registry.finish_run(key.run_id, "perhaps", 0, "", NOW)
