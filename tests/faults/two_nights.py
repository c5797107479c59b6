"""Two runs at once."""

from faults.ground import Ground
from faults.kills import TRAINING
from faults.left import left
from faults.stage import Stage, Tried

from lstm.config import load_pipeline
from lstm.storage.database import open_store, store_url
from lstm.storage.ledger import Ledger
from lstm.storage.registry import Registry


def same_night_twice(stage: Stage) -> list[Tried]:
    """The second one starts while the first trains."""
    night = stage.night(TRAINING)
    first = stage.started(night)
    stage.scene.reached(night.holds, 0)
    second = stage.scene.start_run(stage.scene.deploy(night.ground))
    refused = stage.scene.ended(second)
    night.look("while both ran")
    night.holds.let_go(0)
    ended = stage.scene.ended(first).state.name
    problems = night.end()
    if refused.state is None or "is owned by" not in str(refused.state.message):
        problems.append(f"the second run ended {refused.state}")
    then = f"first {ended}, second {refused.state.name if refused.state else ''}"
    return [Tried("the same night started twice", then, "nobody", problems)]


def neighbouring_nights(stage: Stage) -> list[Tried]:
    """The night before and the night itself train at the same time, and both challenge the same champion."""
    night = stage.night(TRAINING)
    deployment = stage.scene.deploy(night.ground)
    first = stage.scene.start_run(deployment, night.holds)
    stage.scene.reached(night.holds, 0)
    second = stage.scene.start_run(deployment, as_of="2024-04-28")
    older = stage.scene.ended(second).state.name
    night.holds.let_go(0)
    newer = stage.scene.ended(first).state.name
    return [Tried("two nights at once", f"newer {newer}, older {older}", "nobody", _wrong(night.ground))]


def _wrong(ground: Ground) -> list[str]:
    """What is not whole, doubled, or not in order."""
    settings = load_pipeline(ground.pipeline)
    engine = open_store(store_url(settings.store, ground.folder))
    ledger, registry = Ledger(engine), Registry(engine)
    problems = []
    for run in registry.runs(settings.name):
        if (rows := len(ledger.run_rows(run.run_id))) != 42:
            problems.append(f"{run.run_id} has {rows} rows")
    current = {row["run_id"] for row in left(ground).ledger if row["run_id"] == ground.run_id} or {"nothing"}
    if ledger.newest_run(settings.name) != ground.run_id:
        problems.append(f"{current} is current")
    changes = list(reversed(registry.promotions(settings.name)))
    if [change.previous_version for change in changes] != [None, *(change.version for change in changes[:-1])]:
        problems.append(f"champions do not follow each other: {changes}")
    return problems


FAULTS = (same_night_twice, neighbouring_nights)
