"""Which runs' folders may go."""

from datetime import date, timedelta

from lstm.storage.lease import lease
from lstm.storage.prune import prune_candidates
from lstm.storage.registry import Registry
from tests.nights import NOW, run_key


def ended(engine, kind: str, days: int, since: timedelta) -> list[str]:
    """Runs of a kind for the first days of May, which ended minute after minute from NOW and `since` on."""
    names = []
    for day in range(days):
        key = run_key(date(2024, 5, 1 + day), kind)
        with lease(engine, key, owner="host:1:1", now=lambda: NOW):
            pass
        Registry(engine).finish_run(key.run_id, "published", 0, "fine", NOW + since + timedelta(minutes=day))
        names.append(key.run_id)
    return names


def test_a_backfill_does_not_push_out_the_nights(store):
    """Law: of each kind the newest stay; five replayed days that ended last leave both of two kept nights alone."""
    nights = ended(store, "retrain", 3, timedelta(0))
    replayed = ended(store, "backfill", 5, timedelta(hours=1))
    assert prune_candidates(store, "small", 2) == [*replayed[2::-1], nights[0]]
    assert prune_candidates(store, "small", 3) == replayed[1::-1]
    assert prune_candidates(store, "small", 5) == []
