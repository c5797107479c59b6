"""Which forecasts of a time are current: those of the newest cutoff, and of equal ones the latest publication's."""

from datetime import date, timedelta

from nights import NOW, forecast_rows, publish_night, run_key

from lstm.storage.ledger.ledger import Ledger


def test_a_backfill_is_kept_and_never_current(store):
    """Even of a newer cutoff than anything else."""
    publish_night(store, forecast_rows(date(2024, 4, 1), ids=["A"]))
    backfill = run_key(date(2024, 4, 2)).model_copy(update={"kind": "backfill"})
    publish_night(store, forecast_rows(date(2024, 4, 2), ids=["A"], level=0.0), key=backfill)
    ledger = Ledger(store)
    assert len(ledger.run_rows(backfill.run_id)) == 2
    assert ledger.current("small")["forecast"].to_pylist() == [101.0, 102.0]
    assert ledger.newest_run("small") == run_key(date(2024, 4, 1)).run_id
    assert len(ledger.current_of_run("small", backfill.run_id)) == 0


def test_an_older_run_that_finishes_later_never_hides_a_newer_one(store):
    """Cutoff 30 April is published first, then 29 April: 1 May stays with the newer, 30 April has the older's only."""
    newer, older = date(2024, 4, 30), date(2024, 4, 29)
    publish_night(store, forecast_rows(newer, ids=["A"], level=500.0))
    publish_night(store, forecast_rows(older, ids=["A"], level=400.0), now=NOW + timedelta(hours=5))
    ledger = Ledger(store)
    current = {row["time"]: row["forecast"] for row in ledger.current("small").to_pylist()}
    assert current == {date(2024, 4, 30): 401.0, date(2024, 5, 1): 501.0, date(2024, 5, 2): 502.0}
    assert ledger.newest_run("small") == run_key(newer).run_id
    of_older = ledger.current_of_run("small", run_key(older).run_id)
    assert of_older["time"].to_pylist() == [date(2024, 4, 30)]
    assert len(ledger.current_of_run("small", run_key(newer).run_id)) == 2
