"""Runs of the small pipeline, and what they leave in its store."""

from pathlib import Path

import pyarrow as pa

from lstm.config import load_pipeline
from lstm.references import Outcome
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry
from lstm.storage.store.database import open_store, store_url


def run(pipeline: Path, as_of: str = "2024-04-30", kind: str = "retrain") -> Outcome:
    """Runs a flow, whose state must agree with its outcome."""
    from flows.forecast import forecast
    from flows.retrain import retrain
    from flows.runs.ending import outcome_of

    state = {"retrain": retrain, "forecast": forecast}[kind](pipeline=str(pipeline), as_of=as_of, return_state=True)
    outcome = outcome_of(state)
    assert state.name == {0: "Completed", 3: "Degraded", 1: "Failed", 2: "Failed"}[outcome.exit_code]
    return outcome


def edited(pipeline: Path, old: str, new: str) -> None:
    """Replaces a text of the pipeline file that must be there."""
    text = pipeline.read_text(encoding="utf-8")
    assert old in text
    pipeline.write_text(text.replace(old, new), encoding="utf-8")


class Stored:
    """What the store of a pipeline holds."""

    def __init__(self, pipeline: Path) -> None:
        self.settings = load_pipeline(pipeline)
        engine = open_store(store_url(self.settings.store, pipeline.parent))
        self.registry = Registry(engine)
        self.ledger = Ledger(engine, self.settings.store.forecasts_table)

    def champion(self) -> int | None:
        champion = self.registry.champion(self.settings.name)
        return champion.version if champion is not None else None

    def current(self) -> pa.Table:
        return self.ledger.current(self.settings.name)

    def verdict(self, outcome: Outcome):
        return self.registry.verdict(outcome.run_id)

    def methods(self, outcome: Outcome) -> set[str]:
        return set(self.ledger.run_rows(outcome.run_id)["method"].to_pylist())


def gates(verdict) -> dict[str, bool | None]:
    """Whether each gate passed, by name."""
    return {gate.name: gate.passed for gate in verdict.gates}
