"""Publication is one transaction: two processes, a crash at any statement and a second run leave one whole truth."""

import multiprocessing
import signal
from datetime import date, timedelta
from itertools import pairwise

import pytest
from nights import (
    NOW,
    a_baseline,
    a_first_night,
    a_night,
    a_rollback,
    by_hand,
    do_and_die,
    forecast_rows,
    gate_of,
    other_rows,
    promote_by_hand,
    publish_night,
    race,
    register,
    run_key,
)
from present import present
from sqlalchemy import select

from lstm.errors import ChampionChangedError, EvaluationError, StoreError
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry
from lstm.storage.sql.connections import transaction
from lstm.storage.store.schema import deliveries, gate_scores, models, pipelines, promotions, publications, verdicts

SPAWN = multiprocessing.get_context("spawn")
# A process of a server that has imported everything: a kill at each statement would take minutes otherwise.
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["nights", "lstm.storage.ledger.transaction", "lstm.storage.registry.prune"])


def published(engine):
    with transaction(engine) as connection:
        return [tuple(row) for row in connection.execute(select(publications.c.id, publications.c.run_id))]


def test_a_publication_promotes_writes_rows_and_leaves_pending_deliveries(store):
    """All of it is there after the one transaction."""
    version = register(store, "first")
    done = publish_night(store, forecast_rows(), challenger=version, sinks=("warehouse", "file"))
    assert (done.champion_version, done.promoted, done.rows, done.published_at) == (1, True, 4, NOW)
    registry = Registry(store)
    assert present(registry.champion("small")).version == 1
    assert present(registry.verdict(done.run_id)).promote
    assert registry.pending_deliveries(done.run_id) == ["file", "warehouse"]
    assert Ledger(store).run_rows(done.run_id)["forecast"].to_pylist() == [101.0, 102.0, 101.0, 102.0]
    assert [(change.version, change.previous_version, change.who) for change in registry.promotions("small")] == [
        (1, None, "test")
    ]


def test_a_verdict_on_a_champion_that_is_no_longer_champion_is_refused(store):
    """The run judged against no champion; meanwhile a person has promoted v1. Nothing of the run is left."""
    register(store, "first")
    second = register(store, "second")
    Registry(store).set_champion("small", 1, who="a person", why="test", now=NOW)
    with pytest.raises(ChampionChangedError, match=r"reached against no champion, and by now v1 serves small"):
        publish_night(store, forecast_rows(), judged=None, challenger=second)
    assert present(Registry(store).champion("small")).version == 1
    assert Registry(store).verdict(run_key().run_id) is None
    assert len(Ledger(store).run_rows(run_key().run_id)) == 0


def test_a_run_that_has_promoted_its_challenger_may_publish_once_more(store):
    """The first attempt changed the champion itself, which is no reason to judge again."""
    version = register(store, "first")
    first = publish_night(store, forecast_rows(), challenger=version)
    again = publish_night(store, forecast_rows(), challenger=version, now=NOW + timedelta(hours=1))
    assert again == first
    assert len(Registry(store).promotions("small")) == 1


def test_equal_rows_leave_everything_and_other_rows_become_the_latest_publication(store):
    """The sequence moves only where something has changed; the deliveries are then pending anew."""
    registry, other = Registry(store), run_key(kind="forecast")
    publish_night(store, forecast_rows(), sinks=("file",))
    publish_night(store, forecast_rows(level=200.0), key=other)
    before = Ledger(store).run_rows(run_key().run_id)
    publish_night(store, forecast_rows(), sinks=("file",), now=NOW + timedelta(hours=1))
    assert Ledger(store).run_rows(run_key().run_id) == before
    assert Ledger(store).newest_run("small") == other.run_id
    publish_night(store, forecast_rows(level=300.0), sinks=("file",), now=NOW + timedelta(hours=2))
    assert Ledger(store).newest_run("small") == run_key().run_id
    assert Ledger(store).current("small")["forecast"].to_pylist() == [301.0, 302.0, 301.0, 302.0]
    assert registry.pending_deliveries(run_key().run_id) == ["file"]
    assert [run_id for _, run_id in sorted(published(store))] == [other.run_id, run_key().run_id]


def test_a_repeat_of_an_old_night_leaves_the_champion_of_today(store):
    """v1 was promoted by this run, then a person chose v2: the same rows again neither fail nor undo it."""
    first, second = register(store, "first"), register(store, "second")
    publish_night(store, forecast_rows(), challenger=first)
    Registry(store).set_champion("small", second, who="a person", why="test", now=NOW)
    again = publish_night(store, forecast_rows(), challenger=first)
    assert (again.rows, again.published_at) == (4, NOW)
    assert present(Registry(store).champion("small")).version == 2


def test_rows_that_somebody_deleted_are_written_anew(store):
    """The publication's fingerprint alone does not say that its rows are still there."""
    publish_night(store, forecast_rows())
    with transaction(store, write=True) as connection:
        connection.exec_driver_sql("DELETE FROM forecasts WHERE step = 2")
    publish_night(store, forecast_rows())
    assert len(Ledger(store).run_rows(run_key().run_id)) == 4


def test_rows_that_break_a_rule_leave_the_old_publication(store):
    """Refused before the transaction begins."""
    publish_night(store, forecast_rows())
    with pytest.raises(EvaluationError, match=r"forecast is nan for id 'A', target 'y'"):
        publish_night(store, forecast_rows(level=float("nan")))
    assert Ledger(store).current("small")["forecast"].to_pylist() == [101.0, 102.0, 101.0, 102.0]


def test_a_promotion_needs_a_registered_challenger(store):
    """The foreign key holds on every database, SQLite included."""
    with pytest.raises(StoreError, match="refused"):
        publish_night(store, forecast_rows(), challenger=7)
    assert Registry(store).champion("small") is None
    assert published(store) == []


@pytest.mark.slow
def test_two_processes_that_race_end_with_one_chain_of_champions_and_whole_forecasts(store, database_url):
    """Each promotion follows the one before, none is lost, and every run has all of its rows."""
    nights = 8
    racers = [SPAWN.Process(target=race, args=(database_url, name, nights)) for name in ("a", "b")]
    assert ended(racers) == [0, 0]
    changes = list(reversed(Registry(store).promotions("small")))
    assert len(changes) == 2 * nights
    assert [change.previous_version for change in changes[1:]] == [change.version for change in changes[:-1]]
    assert present(Registry(store).champion("small")).version == changes[-1].version
    runs = [run_id for _, run_id in published(store)]
    assert len(runs) == 2 * nights
    assert {len(Ledger(store).run_rows(run_id)) for run_id in runs} == {4}
    current = Ledger(store).current("small")["forecast"].to_pylist()
    assert current == [present(changes[-1].version) + step for step in (1, 2, 1, 2)]


@pytest.mark.slow
def test_a_publication_that_races_a_promotion_by_hand_leaves_one_chain_of_champions(store, database_url):
    """Whoever comes second sees what the first left: no promotion is lost, and each knows the one before."""
    for name in ("first", "second"):
        register(store, name)
    racers = [
        SPAWN.Process(target=race, args=(database_url, "a", 8)),
        SPAWN.Process(target=promote_by_hand, args=(database_url, (1, 2), 40)),
    ]
    assert ended(racers) == [0, 0]
    changes = list(reversed(Registry(store).promotions("small")))
    assert [change.previous_version for change in changes] == [None, *(change.version for change in changes[:-1])]
    assert present(Registry(store).champion("small")).version == changes[-1].version
    by_runs = [change for change in changes if change.run_id is not None]
    assert len(by_runs) == 8
    for change in by_runs:
        rows = Ledger(store).run_rows(present(change.run_id)).to_pylist()
        assert {row["forecast"] - row["step"] for row in rows} == {change.version}


def ended(racers):
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    return [racer.exitcode for racer in racers]


def whole_state(store):
    """All that an act may change: champion, promotions, versions, verdicts, gates, rows, publications, deliveries."""
    tables = (pipelines, promotions, models, verdicts, gate_scores, publications, deliveries)
    with transaction(store) as connection:
        kept = {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}
    ledger = Ledger(store)
    runs = [run_key().run_id, run_key(kind="rollback").run_id]
    return kept | {run: ledger.run_rows(run).to_pylist() for run in runs}


def one_night_before(store):
    """v1 serves, and has published."""
    first = register(store, "first", run_key().run_id)
    register(store, "second", run_key().run_id)
    publish_night(store, forecast_rows(), challenger=first, gates=[gate_of("older")])


def no_night_before(store):
    """Two versions, and nobody serves."""
    register(store, "first", run_key().run_id)
    register(store, "second", run_key().run_id)
    publish_night(store, forecast_rows(date(2024, 4, 1)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "act"),
    [
        (no_night_before, a_first_night),
        (one_night_before, a_night),
        (one_night_before, other_rows),
        (one_night_before, by_hand),
        (one_night_before, a_rollback),
    ],
)
def test_a_process_that_is_killed_at_any_statement_leaves_the_old_state_or_the_new(store, database_url, before, act):
    """Law: whatever an act changes in the store changes together. Afterwards anyone can do it."""
    before(store)
    old, died = whole_state(store), 0
    for tick in range(1, 200):
        child = FORKED.Process(target=do_and_die, args=(database_url, tick, act))
        child.start()
        child.join()
        if child.exitcode == 0:
            break
        assert child.exitcode == -signal.SIGKILL
        assert whole_state(store) == old
        died += 1
    assert died >= 5
    new = whole_state(store)
    assert new != old
    assert present(Registry(store).champion("small")).version == (1 if act is other_rows else 2)
    if act in (a_first_night, a_night):
        assert len(new["gate_scores"]) == 2
        assert len(new["deliveries"]) == 1
    if act is not by_hand:
        run = run_key(kind="rollback" if act is a_rollback else "retrain").run_id
        assert [row["forecast"] for row in new[run]] == [201.0, 202.0, 201.0, 202.0]


@pytest.mark.slow
def test_a_baseline_that_is_promoted_by_hand_is_registered_first_and_a_kill_in_between_harms_nothing(
    store, database_url
):
    """Two transactions: a version more, which nobody notices, then the promotion. Again, it is the same version."""
    one_night_before(store)
    for tick in range(1, 200):
        child = FORKED.Process(target=do_and_die, args=(database_url, tick, a_baseline))
        child.start()
        child.join()
        if child.exitcode == 0:
            break
        assert present(Registry(store).champion("small")).version == 1
    assert present(Registry(store).champion("small")).version == 3
    assert [model.made_by for model in Registry(store).models("small")] == ["baseline:naive", "trained", "trained"]


def test_publications_of_one_pipeline_are_numbered_in_the_order_of_their_commits(store):
    """The view breaks ties by this number."""
    for day in range(3):
        publish_night(store, forecast_rows(date(2024, 4, 28) + timedelta(days=day)))
    numbers = [number for number, _ in published(store)]
    assert all(earlier < later for earlier, later in pairwise(sorted(numbers)))
    assert [run_id for _, run_id in sorted(published(store))] == [
        run_key(date(2024, 4, 28) + timedelta(days=day)).run_id for day in range(3)
    ]
