"""Pruning spares what a promotion needs, also one that happens while it prunes."""

import multiprocessing
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial

import pytest
from nights import (
    CONTRACT,
    NOW,
    promote_what_is_there,
    prune_again_and_again,
    register,
    run_key,
)
from present import present

from lstm.references import RunKey
from lstm.storage.registry import prune as pruning
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.registry.prune import prune, prune_candidates
from lstm.storage.registry.registry import Registry

SPAWN = multiprocessing.get_context("spawn")
HOUR = timedelta(hours=1)


def ended_run(store, number, exit_code=0):
    """A run that has ended, with a registered model; answers its id."""
    key = RunKey(pipeline="small", kind="retrain", as_of=f"2024-05-01T{number // 60:02}:{number % 60:02}:00Z")
    with lease(store, key, owner=this_process(), now=lambda: NOW + number * HOUR):
        Registry(store).finish_run(
            key.run_id, "refused" if exit_code else "published", exit_code, "", NOW + number * HOUR
        )
    register(store, f"model {number}", key.run_id)
    return key.run_id


def into(removed: list[str]) -> Callable[[str], bool]:
    """Keeps the names of the folders that would be removed."""

    def remove(run_id: str) -> bool:
        removed.append(run_id)
        return True

    return remove


def test_what_is_removed_is_told_and_what_had_no_folder_is_not(store):
    """Of three ended runs the newest is kept; of the others one had a folder."""
    runs = [ended_run(store, number) for number in range(3)]
    assert prune(store, "small", 1, lambda run_id: run_id == runs[0]) == [runs[0]]


def test_a_model_that_is_promoted_while_pruning_keeps_its_folder(store, monkeypatch):
    """It was among those that may go; each is looked at again before it goes."""
    runs = [ended_run(store, number) for number in range(3)]

    def then_promoted(*arguments):
        found = prune_candidates(*arguments)
        Registry(store).set_champion("small", 1, who="a person", why="test", now=NOW)
        return found

    monkeypatch.setattr(pruning, "prune_candidates", then_promoted)
    removed: list[str] = []
    prune(store, "small", 1, into(removed))
    assert removed == [runs[1]]


def test_a_run_that_is_started_again_while_pruning_keeps_its_folder(store, monkeypatch):
    """Its owner reads what is there."""
    runs = [ended_run(store, number) for number in range(3)]
    key = RunKey(pipeline="small", kind="retrain", as_of="2024-05-01T00:01:00Z")
    assert key.run_id == runs[1]
    removed: list[str] = []
    with lease(store, key, owner=this_process(), now=lambda: NOW):
        monkeypatch.setattr(pruning, "prune_candidates", lambda *_: [runs[1], runs[0]])
        prune(store, "small", 1, into(removed))
    assert removed == [runs[0]]


def test_a_baseline_champion_needs_no_run_and_spares_none(store):
    """Its version has no folder."""
    runs = [ended_run(store, number) for number in range(2)]
    registry = Registry(store)
    version = registry.register_baseline("small", "naive", CONTRACT, NOW)
    registry.set_champion("small", version, who="a person", why="test", now=NOW)
    assert prune_candidates(store, "small", 1) == [runs[0]]


def ended(engine, kind, days, since):
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


def test_runs_that_failed_do_not_push_out_those_that_worked_and_go_themselves(store):
    """Law: as many of each stay; a month of refused nights costs no published one, and does not fill the disk."""
    nights = ended(store, "retrain", 2, timedelta(0))
    refused = [ended_run(store, number, exit_code=1) for number in range(10, 13)]
    assert prune_candidates(store, "small", 2) == [refused[0]]
    assert prune_candidates(store, "small", 1) == [refused[1], refused[0], nights[0]]


def test_a_run_that_was_killed_and_never_started_again_goes_in_its_turn(store):
    """Its row has no end and still the name of its process; the next run of the pipeline has found it crashed."""
    killed = run_key(date(2024, 4, 1))
    with lease(store, killed, owner="elsewhere:1:1", now=lambda: NOW - HOUR) as lost:
        lost.lost = True  # nobody gives it back
    ended(store, "retrain", 2, timedelta(0))
    failed = ended_run(store, 10, exit_code=1)
    assert present(Registry(store).run(killed.run_id)).status == "crashed"
    assert prune(store, "small", 2, lambda _: True) == []
    assert prune(store, "small", 1, lambda run_id: run_id != failed)[-1] == killed.run_id


@pytest.mark.slow
def test_two_processes_that_prune_and_promote_never_leave_a_champion_without_its_folder(store, database_url, tmp_path):
    """Law: a version is promoted before its folder would go, and it stays, or after, and the promotion is refused."""
    runs = [ended_run(store, number) for number in range(30)]
    for run_id in runs:
        (tmp_path / "runs" / run_id).mkdir(parents=True)
    folder, versions = str(tmp_path / "runs"), [*range(29, 0, -4), *range(1, 30, 4)]
    racers = [
        SPAWN.Process(target=promote_what_is_there, args=(database_url, folder, versions)),
        SPAWN.Process(target=prune_again_and_again, args=(database_url, folder, 3)),
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert [racer.exitcode for racer in racers] == [0, 0]
    promoted = {change.version for change in Registry(store).promotions("small")}
    left = {path.name for path in (tmp_path / "runs").iterdir()}
    assert left == {runs[29]} | {runs[present(version) - 1] for version in promoted}


def test_pruning_spares_the_newest_runs_and_every_promoted_model(store):
    """Of five ended runs and one under way, two newest are kept; the oldest trained a model that once was champion."""
    registry = Registry(store)
    keys = [RunKey(pipeline="small", kind="retrain", as_of=f"2024-05-0{day}T00:00:00Z") for day in range(1, 7)]
    for day, key in enumerate(keys):
        with lease(store, key, owner=this_process(), now=partial(NOW.__add__, day * HOUR)):
            if day < 5:
                registry.finish_run(key.run_id, "published", 0, "good", NOW + day * HOUR)
    register(store, "champion once", keys[0].run_id)
    register(store, "champion now", keys[4].run_id)
    for version in (1, 2):
        registry.set_champion("small", version, who="me", why="test", now=NOW)
    assert prune_candidates(store, "small", 2) == [keys[2].run_id, keys[1].run_id]
    assert prune_candidates(store, "small", 5) == []
