"""Verdicts are kept whole, and the newest scores are found."""

from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest
from nights import NOW, forecast_rows, keep, publish_night, register, run_key, verdict_of
from present import present

from lstm.references import MethodScores
from lstm.storage.registry.registry import Registry

HOUR = timedelta(hours=1)


def test_a_verdict_and_its_numbers_survive(store):
    """The later verdict of a run replaces the one before."""
    registry = Registry(store)
    assert registry.verdict("small.retrain.x") is None
    for promote in (True, False):
        keep(store, verdict_of("small.retrain.x", promote=promote))
    assert registry.verdict("small.retrain.x") == verdict_of("small.retrain.x")


def scored(run_id):
    numbers = dict.fromkeys(("mae", "rmse", "smape", "mase", "wql", "coverage"), 0.5)
    return verdict_of(run_id).model_copy(update={"scores": (MethodScores(method="challenger", points=1, **numbers),)})


@pytest.mark.parametrize("kind", ["dates", "steps"])
def test_the_newest_scores_are_those_of_the_newest_cutoff_not_of_the_latest_start(store, kind):
    """A replay of an older night comes later; step 9 is older than 10; runs without scores or training do not count."""

    registry = Registry(store)
    assert registry.newest_scores("small") is None
    cutoffs: list[Any] = ["2024-04-30", "2024-04-29"] if kind == "dates" else [10, 9]
    for cutoff in cutoffs:
        rows = forecast_rows(ids=["A"])
        key = run_key().model_copy(update={"as_of": str(cutoff)})
        if kind == "steps":
            for name, values in (("cutoff", [cutoff] * 2), ("time", [cutoff + 1, cutoff + 2])):
                rows = rows.set_column(rows.column_names.index(name), name, pa.array(values))
        else:
            from datetime import date

            rows = forecast_rows(date.fromisoformat(cutoff), ids=["A"])
        publish_night(store, rows, key=key)
        keep(store, scored(key.run_id))
    newest = run_key().model_copy(update={"as_of": str(cutoffs[0])}).run_id
    assert present(registry.newest_scores("small")).run_id == newest
    keep(store, verdict_of(newest))
    assert present(registry.newest_scores("small")).run_id != newest


def test_a_promotion_that_stands_is_known_as_decided(store):
    """Only to the run that made it, for its own version, and while that still is champion."""
    run = run_key().run_id
    first, second = register(store, "first", run), register(store, "second")
    registry = Registry(store)
    assert registry.standing_promotion("small", run, first) is None
    publish_night(store, forecast_rows(), challenger=first)
    assert present(registry.standing_promotion("small", run, first)).promote
    assert registry.standing_promotion("small", "another", first) is None
    assert registry.standing_promotion("small", run, second) is None
    registry.set_champion("small", second, who="me", why="test", now=NOW + HOUR)
    assert registry.standing_promotion("small", run, first) is None
