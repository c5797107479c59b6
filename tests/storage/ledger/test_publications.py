"""Which publications came before a run's own."""

from datetime import date

from nights import forecast_rows, publish_night, run_key
from sqlalchemy import Engine

from lstm.references import RunKind
from lstm.storage.ledger.publications import nights_before


def nights(engine: Engine, day: int, kind: RunKind = "retrain") -> list[str]:
    found = nights_before(engine, "small", run_key(date(2024, 4, day), kind).run_id)
    return [night.cutoff for night in found]


def publish(engine: Engine, day: int, kind: RunKind = "retrain") -> None:
    cutoff = date(2024, 4, day)
    publish_night(engine, forecast_rows(cutoff), key=run_key(cutoff, kind))


def test_the_nights_before_are_those_that_were_out_when_this_one_was(store: Engine) -> None:
    """Newest first; an older night that was replayed later had not been read by anyone yet."""
    for day in (10, 11, 12, 9):
        publish(store, day)
    assert nights(store, 12) == ["2024-04-11", "2024-04-10"]
    assert nights(store, 9) == ["2024-04-12", "2024-04-11", "2024-04-10"]
    assert nights(store, 10) == []


def test_a_backfill_was_nobody_s_last_night_but_a_backfill_s(store: Engine) -> None:
    """Replayed days compare with one another, and with what was published."""
    publish(store, 10)
    publish(store, 11, "backfill")
    publish(store, 12)
    publish(store, 12, "backfill")
    assert nights(store, 12) == ["2024-04-10"]
    assert nights(store, 12, "backfill") == ["2024-04-12", "2024-04-11", "2024-04-10"]


def test_a_run_that_has_not_published_has_no_last_night(store: Engine) -> None:
    """There is no moment to look back from."""
    publish(store, 10)
    assert nights(store, 12) == []
