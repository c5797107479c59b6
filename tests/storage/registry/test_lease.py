"""One living process owns a run; a dead one loses it at once, one elsewhere when its time is over."""

import multiprocessing
import os
import signal
from datetime import date, timedelta

import pytest
from nights import NOW, hold_lease_and_die, run_key
from present import present
from sqlalchemy import text

import lstm.storage.registry.lease
from lstm.errors import RunBusyError, StoreUnavailableError
from lstm.storage.registry.lease import lease, this_process
from lstm.storage.registry.registry import Registry


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.moment = NOW

    def __call__(self):
        return self.moment


def take(store, owner, now, seconds=60.0):
    return lease(store, run_key(), owner=owner, now=now, seconds=seconds)


def test_a_living_owner_keeps_others_out_until_it_gives_the_run_back(store):
    """The refusal names the owner and until when."""
    clock = Clock()
    refusal = rf"owned by .*:{os.getpid()}:.* until 2024-05-01 06:01:00 UTC"
    with (
        take(store, this_process(), clock),
        pytest.raises(RunBusyError, match=refusal),
        take(store, "elsewhere:1:1", clock),
    ):
        pass
    with take(store, "elsewhere:1:1", clock):
        assert present(Registry(store).run(run_key().run_id)).owner == "elsewhere:1:1"
    assert present(Registry(store).run(run_key().run_id)).owner is None


def test_a_refusal_says_for_whom_the_owner_carries_the_run_out(store):
    """By which a second process of the same flow run knows the first; whether that one lives is told as of any."""
    with take(store, this_process("flow run 7"), Clock()):
        with pytest.raises(RunBusyError, match=r"owned by .*:\d+ for flow run 7 until") as refused:
            take(store, "elsewhere:1:1", Clock()).__enter__()
        assert refused.value.caller == "flow run 7"
    gone = this_process("flow run 7").replace(f":{os.getpid()}:", f":{os.getpid()}:1")
    with take(store, gone, Clock()), take(store, this_process(), Clock()) as held:
        assert held.owner == this_process()


def test_a_run_is_given_back_when_its_work_fails(store):
    """The next start may follow at once."""
    with pytest.raises(ZeroDivisionError), take(store, this_process(), Clock()):
        _ = 1 / 0
    with take(store, this_process(), Clock()):
        pass


def test_an_owner_on_another_machine_loses_the_run_when_its_time_is_over(store):
    """Nobody here can tell whether it lives, so only the clock counts; then the one that lost it is told."""
    clock = Clock()
    with take(store, "elsewhere:1:1", clock) as lost:
        clock.moment += timedelta(seconds=59)
        with pytest.raises(RunBusyError, match="elsewhere:1:1"), take(store, this_process(), clock):
            pass
        lost.check()
        clock.moment += timedelta(seconds=2)
        with take(store, this_process(), clock):
            with pytest.raises(RunBusyError, match=rf"was taken over by .*:{os.getpid()}:"):
                lost.check()
            lost.renew()
            assert lost.lost
            assert present(Registry(store).run(run_key().run_id)).owner == this_process()


def away(*_: object, **__: object):
    raise StoreUnavailableError("away")


class Ticking(Clock):
    """A clock that goes on by itself, ten seconds a look."""

    def __call__(self):
        self.moment += timedelta(seconds=10)
        return self.moment


def test_whoever_goes_on_after_a_crash_waits_until_the_lease_of_a_machine_that_is_gone_runs_out(store, monkeypatch):
    """A process elsewhere held the run for a minute and is never heard of again; 90 s of patience reach over it."""
    monkeypatch.setattr(lstm.storage.registry.lease, "POLL_SECONDS", 0.0)
    clock = Ticking()
    with (
        take(store, "elsewhere:1:1", clock),
        lease(store, run_key(), owner=this_process(), now=clock, patience=90) as held,
    ):
        held.check()
        assert NOW + timedelta(seconds=60) < clock.moment < NOW + timedelta(seconds=120)


def test_patience_ends_where_the_owner_lives(store, monkeypatch):
    """A lease of an hour stands for an owner that renews it; who waits for it is refused as anybody else."""
    monkeypatch.setattr(lstm.storage.registry.lease, "POLL_SECONDS", 0.0)
    clock = Ticking()
    with (
        take(store, "elsewhere:1:1", clock, seconds=3600),
        pytest.raises(RunBusyError, match="is owned by elsewhere:1:1"),
        lease(store, run_key(), owner=this_process(), now=clock, patience=90),
    ):
        pass


def test_a_renewed_lease_holds_for_another_while(store):
    """After a renewal at 06:00:50 it ends at 06:01:50."""
    clock = Clock()
    with take(store, "elsewhere:1:1", clock) as held:
        clock.moment += timedelta(seconds=50)
        held.renew()
        clock.moment += timedelta(seconds=50)
        with pytest.raises(RunBusyError, match="until 2024-05-01 06:01:50 UTC"), take(store, this_process(), clock):
            pass


def test_the_database_says_what_time_it_is(store):
    """Fault: a machine whose clock was 150 s ahead took a living run. No clock of a client is asked.

    The end of a fresh lease lies its length after the database's own time, to the second.
    """
    elapsed = {
        "sqlite": "SELECT (julianday(lease_until) - julianday('now')) * 86400 FROM runs",
        "postgresql": "SELECT extract(epoch FROM lease_until - clock_timestamp()) FROM runs",
        "mysql": "SELECT timestampdiff(MICROSECOND, utc_timestamp(6), lease_until) / 1e6 FROM runs",
    }[store.dialect.name]
    with (
        lease(store, run_key(), owner=this_process(), seconds=7200),
        store.connect() as connection,
    ):
        assert 7100 < float(connection.execute(text(elapsed)).scalar_one()) < 7201


def test_a_run_whose_lease_ran_out_has_crashed_and_goes_on_running_where_its_process_does(store):
    """The next run of the pipeline finds it; a process that had stood still renews its lease, as nobody took it."""
    clock = Clock()
    registry, frozen = Registry(store), run_key(date(2024, 4, 1))
    with lease(store, frozen, owner="elsewhere:1:1", now=clock) as held:
        with take(store, this_process(), clock):
            assert present(registry.run(frozen.run_id)).status == "running"
        clock.moment += timedelta(seconds=61)
        with take(store, this_process(), clock):
            crashed = present(registry.run(frozen.run_id))
            assert (crashed.status, crashed.owner) == ("crashed", "elsewhere:1:1")
        held.renew()
        held.check()
        assert present(registry.run(frozen.run_id)).status == "running"
        registry.finish_run(frozen.run_id, "published", 0, "done", clock())
        held.renew()
        assert present(registry.run(frozen.run_id)).status == "published"


def test_a_database_that_is_away_stops_nobody_before_the_lease_runs_out(store, monkeypatch):
    """Until then nobody can have taken the run over; afterwards nobody knows."""
    with take(store, this_process(), Clock()) as held:
        monkeypatch.setattr("lstm.storage.registry.lease.transaction", away)
        held.check()
        held.heard -= 61
        with pytest.raises(StoreUnavailableError):
            held.check()
        monkeypatch.undo()


def test_a_lease_renews_itself_while_its_process_lives(store):
    """The thread asks every third of the lease's time; the test waits until it has."""
    clock = Clock()
    with take(store, this_process(), clock, seconds=0.03) as held:
        first = held.until
        clock.moment += timedelta(hours=1)
        while held.until == first:
            pass
        assert held.until == clock.moment + timedelta(seconds=0.03)


def test_a_process_with_the_pid_of_a_dead_one_is_another(store):
    """The pid of this very process, but another start time: its owner has ended long ago."""
    host, pid, start = this_process().rsplit(":", 2)
    with take(store, f"{host}:{pid}:{int(start) - 1}", Clock()), take(store, this_process(), Clock()):
        pass


@pytest.mark.slow
def test_a_run_whose_process_was_killed_goes_on_at_once(store, database_url):
    """SIGKILL while it owns the run; its time would not be over."""
    owner = multiprocessing.get_context("spawn").Process(target=hold_lease_and_die, args=(database_url,))
    owner.start()
    owner.join()
    assert owner.exitcode == -signal.SIGKILL
    left = present(Registry(store).run(run_key().run_id))
    assert (left.status, left.finished_at) == ("running", None)
    assert left.owner is not None
    with take(store, this_process(), lambda: NOW) as held:
        held.check()
