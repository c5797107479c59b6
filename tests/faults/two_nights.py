"""Two runs at once."""

import os
import signal
from datetime import UTC, datetime
from uuid import UUID

from faults.disturbed import READ_AGAIN
from faults.ground import NIGHT, Ground
from faults.kills import TRAINING
from faults.left import left
from faults.processes import alive, until
from faults.stage import Stage, Tried

from lstm.config import load_pipeline
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.registry.registry import Registry
from lstm.storage.store.database import open_store, store_url

LEFT = "The state of this flow run is left to that one"


def same_night_by_hand(stage: Stage) -> list[Tried]:
    """`nightcast run` while the worker's run of the same night trains."""
    night = stage.night(TRAINING)
    first = stage.started(night)
    stage.scene.reached(night.holds, 0)
    second = stage.scene.command(night.ground, "run", "--as-of", NIGHT).wait()
    night.look("while both ran")
    night.holds.let_go(0)
    ended = stage.scene.ending(first)
    problems = night.end()
    if second != 1 or "is owned by" not in stage.scene.words(night.ground):
        problems.append(f"the second run ended with {second}: {stage.scene.words(night.ground)}")
    then = f"first {ended}, second refused: the run is owned by the first"
    return [Tried("the same night started twice, once by hand", then, "nobody", problems)]


def same_night_under_the_worker(stage: Stage) -> list[Tried]:
    """The pipeline's queue lets one run through at a time; the second waits, and finds everything done."""
    night = stage.night(TRAINING)
    first, second = stage.started(night), stage.started(night)
    stage.scene.reached(night.holds, 0)
    waiting = stage.now(second) if stage.now(first) == "Running" else stage.now(first)
    night.holds.let_go(0)
    ended = [stage.scene.ending(run) for run in (first, second)]
    night.may_repeat = READ_AGAIN
    problems = [*night.end(), *([] if set(ended) == {"Completed"} else [f"they ended {', '.join(ended)}"])]
    return [Tried("the same night started twice by schedules", f"one trains, one {waiting}", "nobody", problems)]


def neighbouring_nights(stage: Stage) -> list[Tried]:
    """An older night by hand while the worker's run trains; both challenge the same champion."""
    night = stage.night(TRAINING)
    first = stage.started(night)
    stage.scene.reached(night.holds, 0)
    older = stage.scene.command(night.ground, "run", "--as-of", "2024-04-28").wait()
    night.holds.let_go(0)
    newer = stage.scene.ending(first)
    return [Tried("two nights at once", f"newer {newer}, older exit {older}", "nobody", _wrong(night.ground))]


def frozen_and_taken_over(stage: Stage) -> list[Tried]:
    """A process that stands still (SIGSTOP) for longer than its lease loses the run, and finds that out on waking."""
    night = stage.night(TRAINING)
    first = stage.started(night)
    pid = stage.scene.reached(night.holds, 0)
    os.kill(pid, signal.SIGSTOP)
    until(lambda: _lease_is_over(night.ground), "the end of the lease")
    stage.run_again(night)
    os.kill(pid, signal.SIGCONT)
    night.holds.let_go(0)
    ended = stage.scene.ended(first)
    message = str(ended.state.message) if ended.state is not None else ""
    problems = [*night.end(), *([] if "was taken over" in message else [f"the first ended: {message}"])]
    then = "the other ended the run, and the first stopped before it published"
    return [Tried("flow process frozen for longer than its lease, the run started by hand", then, "nobody", problems)]


def frozen_and_begun_anew(stage: Stage) -> list[Tried]:
    """The same, called dead meanwhile by the zombie rule: its own flow run is begun anew, and stays Completed."""
    night = stage.night(TRAINING)
    run = stage.started(night)
    pid = stage.scene.reached(night.holds, 0)
    os.kill(pid, signal.SIGSTOP)
    until(lambda: _lease_is_over(night.ground), "the end of the lease")
    stage.scene.mark_crashed(run)
    stage.scene.retry(run)
    ended = stage.scene.ending(run, 2)
    os.kill(pid, signal.SIGCONT)
    night.holds.let_go(0)
    until(lambda: not alive(pid), "the end of the frozen process")
    states = [ended, stage.now(run)]
    problems = [
        *night.end(),
        *([] if states == ["Completed"] * 2 else [f"the flow run was {' and then '.join(states)}"]),
    ]
    then = "begun anew and Completed, which it stays when the first goes on"
    return [Tried("flow process frozen for longer than its lease, its flow run begun anew", then, "nobody", problems)]


def called_dead_while_it_lives(stage: Stage) -> list[Tried]:
    """The zombie rule is wrong of a process that lives: its flow run is begun anew, and the twin waits."""
    return [_called_dead(stage, waits=False), _called_dead(stage, waits=True)]


def _called_dead(stage: Stage, *, waits: bool) -> Tried:
    """waits: whether the first ends while its twin still waits, or once that has given up."""
    night = stage.night(TRAINING)
    run = stage.started(night)
    first = stage.scene.reached(night.holds, 0)
    stage.scene.mark_crashed(run)
    stage.scene.retry(run)
    until(lambda: stage.scene.run(run).run_count == 2, "the twin")
    if not waits:
        _until_said(stage, run, LEFT, 1)
    given_up = stage.now(run)
    night.holds.let_go(0)
    until(lambda: not alive(first), "the end of the first")
    if waits:
        _until_said(stage, run, "Finished in state", 2)
    ended = stage.scene.ending(run, 2)
    night.may_repeat = READ_AGAIN
    states = stage.scene.states(run)
    well = given_up == "Running" and ended == "Completed" and "Failed" not in states
    problems = [*night.end(), *([] if well else [f"the flow run was {' and '.join(states)}"])]
    when = "while its twin waits" if waits else "once its twin has given up"
    then = f"begun anew, and {ended} by the first, which ends {when}"
    return Tried("flow process called dead while it lives, its flow run begun anew", then, "nobody", problems)


def _until_said(stage: Stage, run: UUID, words: str, times: int) -> None:
    until(lambda: sum(words in line for line in stage.scene.log_lines(run)) >= times, f"{words!r} in the log of {run}")


def _lease_is_over(ground: Ground) -> bool:
    run = ground.record()
    return run is not None and run.lease_until is not None and run.lease_until < datetime.now(UTC)


def _wrong(ground: Ground) -> list[str]:
    """What is not whole, doubled, or not in order."""
    settings = load_pipeline(ground.pipeline)
    engine = open_store(store_url(settings.store, ground.folder))
    ledger, registry = Ledger(engine), Registry(engine)
    problems = []
    for run in registry.runs(settings.name):
        if (rows := len(ledger.run_rows(run.run_id))) != 42:
            problems.append(f"{run.run_id} has {rows} rows")
    if ledger.newest_run(settings.name) != ground.run_id:
        problems.append("the newer night is not current")
    if len(left(ground).file) != 42:
        problems.append("the file has not the newer night's rows")
    changes = list(reversed(registry.promotions(settings.name)))
    if [change.previous_version for change in changes] != [None, *(change.version for change in changes[:-1])]:
        problems.append(f"champions do not follow each other: {changes}")
    return problems


FAULTS = (
    same_night_by_hand,
    same_night_under_the_worker,
    neighbouring_nights,
    frozen_and_taken_over,
    frozen_and_begun_anew,
    called_dead_while_it_lives,
)
