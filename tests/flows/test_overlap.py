"""Two kinds of run of one pipeline at the same time, where a queue's limit was raised or somebody runs one by hand."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flows.runs.ending import outcome_of
from lstm.config import load_pipeline
from lstm.references import Outcome
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.store.database import open_store, store_url


def ended(flow, pipeline: Path, as_of: str) -> Outcome:
    state = flow(pipeline=str(pipeline), as_of=as_of, return_state=True)
    return outcome_of(state)


def test_a_forecast_beside_a_retrain_harms_neither(small):
    """Law: both publish all their rows; a champion that changes in between costs another verdict, nothing else."""
    from flows.forecast import forecast
    from flows.retrain import retrain

    assert ended(retrain, small, "2024-04-20").exit_code == 0
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(ended, flow, small, "2024-04-30") for flow in (retrain, forecast)]
        outcomes = [one.result(timeout=300) for one in running]
    assert [one.exit_code for one in outcomes] == [0, 0], [one.sentence for one in outcomes]
    settings = load_pipeline(small)
    ledger = Ledger(open_store(store_url(settings.store, small.parent)))
    for outcome in outcomes:
        rows = ledger.run_rows(outcome.run_id).to_pylist()
        assert len(rows) == 6 * 7
        assert all(row["forecast"] is not None for row in rows)
    assert ledger.newest_run("small") in [one.run_id for one in outcomes]
