"""Who was champion as of a day that is replayed, on every database."""

from datetime import UTC, date, datetime, timedelta

import pytest
from nights import NOW, promote_by, register
from present import present

from lstm.references import RunKey
from lstm.storage.registry.champion_as_of import champion_as_of
from lstm.storage.registry.lease import lease
from lstm.storage.registry.registry import Registry


def begun(engine, as_of: str) -> str:
    """A run that has begun, whatever it did."""
    key = RunKey(pipeline="small", kind="retrain", as_of=as_of)
    with lease(engine, key, owner="host:1:1", now=lambda: NOW):
        return key.run_id


def promoted(engine, version: int, as_of: str | None, on: datetime = NOW) -> None:
    """A promotion by a run of `as_of`, or by a person; the wall clock says `on`."""
    promote_by(engine, version, begun(engine, as_of) if as_of is not None else None, on)


def served(engine, as_of: str) -> int | None:
    champion = champion_as_of(Registry(engine), "small", as_of)
    return champion.version if champion is not None else None


@pytest.fixture
def three(store):
    """A store with three models of the pipeline."""
    assert [register(store, name) for name in ("first", "second", "third")] == [1, 2, 3]
    return store


def test_a_promotion_holds_from_the_as_of_of_its_run_and_not_from_when_it_ran(three):
    """Law: all three nights were run on one day of 2024, for days of 2013."""
    for version, day in ((1, 10), (2, 12), (3, 20)):
        promoted(three, version, f"2013-12-{day}T05:00:00Z", NOW + timedelta(minutes=day))
    assert served(three, "2013-12-10T04:59:59Z") is None
    assert [served(three, f"2013-12-{day}T05:00:00Z") for day in (10, 11, 12, 19, 20, 31)] == [1, 1, 2, 2, 3, 3]


def test_a_person_s_promotion_holds_from_its_wall_clock(three):
    """A person promoted v1 on 2024-05-01 06:00, after a run of that midnight had promoted v2."""
    promoted(three, 1, "2024-04-20T00:00:00Z")
    promoted(three, 2, "2024-05-01T00:00:00Z")
    promoted(three, 1, None, datetime(2024, 5, 1, 6, tzinfo=UTC))
    days = ("2024-04-30T00:00:00Z", "2024-05-01T00:00:00Z", "2024-05-01T05:59:59Z", "2024-05-01T06:00:00Z")
    assert [served(three, day) for day in days] == [1, 2, 2, 1]


def test_of_two_promotions_of_the_same_moment_the_later_counts(three):
    """A rollback of the same night is a run of its own with the same as_of."""
    promoted(three, 1, "2024-04-20T00:00:00Z")
    promoted(three, 2, "2024-05-01T00:00:00Z")
    promoted(three, 1, "2024-05-01T00:00:00Z")
    assert served(three, "2024-05-01T00:00:00Z") == 1


def test_integer_steps_are_compared_as_numbers(three):
    """Law: step 9 comes before step 10, though its text sorts after; a person's promotion has the step before it."""
    promoted(three, 1, "9")
    promoted(three, 2, "10")
    promoted(three, 3, None)
    assert [served(three, str(step)) for step in (8, 9, 10, 100)] == [None, 1, 3, 3]
    assert served(three, "2024-05-01T00:00:00Z") is None
    assert served(three, "2024-05-02T00:00:00Z") == 3


def test_another_pipeline_s_promotions_do_not_count(three):
    promoted(three, 1, "2024-04-20T00:00:00Z")
    assert champion_as_of(Registry(three), "other", "2024-05-01T00:00:00Z") is None


def test_the_answer_is_a_champion_with_its_contract_and_folder(three):
    promoted(three, 2, f"{date(2024, 4, 20)}T00:00:00Z")
    champion = present(champion_as_of(Registry(three), "small", "2024-04-21T00:00:00Z"))
    assert (champion.label, champion.uri, champion.promoted_at) == ("v2", "runs/second/model", NOW)
    assert champion.contract.horizon == 2
