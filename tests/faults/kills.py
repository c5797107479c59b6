"""SIGKILL to flow processes, workers, and the server."""

import os
import signal

from faults.disturbed import CHECKPOINTS, READ_AGAIN, Disturbed
from faults.ground import NIGHT
from faults.holding import Point
from faults.left import left
from faults.processes import alive, kill, until
from faults.stage import Stage, Tried

TRAINING = Point("rename */checkpoints/*/member-0.safetensors", 3)
PUBLISHING = Point("batch of rows", 3)
CHECKPOINTS_OF_A_NIGHT = 7

STEPS = {
    "begin": Point("sql INSERT INTO runs*"),
    "ingest, before its panel is in place": Point("rename */panel.parquet"),
    "ingest, before its manifest is": Point("rename */manifests/ingest.json"),
    "window, before its windows are in place": Point("rename */windows.parquet"),
    "train, before the first checkpoint": Point("rename */member-0.safetensors"),
    "train, in its second epoch": Point("rename */member-0.safetensors", 2),
    "train, in the refit": Point("rename */member-0-refit.safetensors", 2),
    "train, before the weights are in place": Point("rename */model/weights.safetensors"),
    "train, before its manifest is": Point("rename */manifests/train.json"),
    "evaluate, before the model is registered": Point("sql INSERT INTO models*"),
    "evaluate, before its manifest is in place": Point("rename */manifests/evaluate.json"),
    "forecast, before its rows are in place": Point("rename */forecast.parquet"),
    "publish, before anything is written": Point("sql INSERT INTO promotions*"),
    "publish, in the middle of its rows": PUBLISHING,
    "publish, just before its commit": Point("sql INSERT INTO deliveries*", 2),
    "deliver, before the file is in place": Point("rename */out.csv"),
    "deliver, in the middle of the table's rows": Point("batch of rows", 3),
    "explain, before its rows are in place": Point("rename */explanations.parquet"),
    "explain, before its manifest is": Point("rename */manifests/explain.json"),
    "report, before it is in place": Point("rename */report.html"),
    "the end, before it is recorded": Point("sql UPDATE runs SET status*finished_at*"),
}


def flow_process_at_every_step(stage: Stage) -> list[Tried]:
    """One run, killed at step after step and retried each time."""
    night = stage.night(*STEPS.values())
    run, endings = stage.started(night), []
    for index, step in enumerate(STEPS):
        kill(stage.scene.reached(night.holds, index))
        then = stage.scene.ending(run, index + 1)
        night.look(f"killed in {step}")
        stage.scene.retry(run)
        endings.append((step, then))
    ended = stage.scene.ending(run, len(STEPS) + 1)
    problems = [*night.end(), *_trained_once(night)]
    rows = [
        Tried(f"flow process killed in {step}", then, "flow-run retry", [it for it in problems if step in it])
        for step, then in endings
    ]
    whole = [it for it in problems if not any(step in it for step in STEPS)]
    return [
        *rows,
        Tried("all of these, one after the other in one run", ended, f"flow-run retry, {len(STEPS)} times", whole),
    ]


def _trained_once(night: Disturbed) -> list[str]:
    written = night.holds.written(CHECKPOINTS)
    # A process that is killed just before its checkpoint is in place trains that epoch again, and no other.
    return [] if written == CHECKPOINTS_OF_A_NIGHT else [f"{written} checkpoints, not {CHECKPOINTS_OF_A_NIGHT}"]


def command_in_training(stage: Stage) -> list[Tried]:
    """`nightcast run`, killed and started again."""
    night = stage.night(TRAINING)
    killed = stage.scene.command(night.ground, "run", "--as-of", NIGHT, holds=night.holds)
    kill(stage.scene.reached(night.holds, 0))
    then = f"exit {killed.wait()}"
    night.look("after the kill")
    stage.run_again(night)
    problems = [*night.end(), *_trained_once(night)]
    return [Tried("`nightcast run` killed in training", then, "`nightcast run`", problems)]


def worker_alone(stage: Stage) -> list[Tried]:
    """The flow process lives on and ends its run itself."""
    night = stage.night(TRAINING)
    run = stage.started(night)
    stage.scene.reached(night.holds, 0)
    stage.scene.kill_worker()
    night.holds.let_go(0)
    then = stage.scene.ending(run)
    stage.scene.start_worker()
    return [Tried("worker killed in training", then, "nobody: the flow process ended the run", night.end())]


def worker_and_flow(stage: Stage) -> list[Tried]:
    """Nobody is left to tell the server; `nightcast run` goes on all the same."""
    night = stage.night(TRAINING)
    run = stage.started(night)
    pid = stage.scene.reached(night.holds, 0)
    stage.scene.kill_worker()
    kill(pid)
    night.look("after the kill")
    then = stage.now(run)
    stage.scene.start_worker()
    stage.run_again(night)
    stage.scene.mark_crashed(run)
    problems = [*night.end(), *_trained_once(night)]
    return [Tried("worker and flow process killed in training", then, "`nightcast run`", problems)]


def worker_and_flow_then_zombie_rule(stage: Stage) -> list[Tried]:
    """What the zombie rule says of such a run, then a retry."""
    night = stage.night(PUBLISHING)
    run = stage.started(night)
    pid = stage.scene.reached(night.holds, 0)
    stage.scene.kill_worker()
    kill(pid)
    night.look("after the kill")
    then = stage.now(run)
    stage.scene.start_worker()
    stage.scene.mark_crashed(run)
    stage.scene.retry(run)
    ended = stage.scene.ending(run, 2)
    problems = [*night.end(), *([] if ended == "Completed" else [f"the retry ended {ended}"])]
    return [Tried("worker and flow process killed in publishing", then, "marked Crashed, flow-run retry", problems)]


def worker_stopped(stage: Stage) -> list[Tried]:
    """SIGTERM, as systemd or a container engine stops it."""
    night = stage.night(TRAINING)
    run = stage.started(night)
    pid = stage.scene.reached(night.holds, 0)
    assert stage.scene.worker is not None
    os.kill(stage.scene.worker.pid, signal.SIGTERM)
    until(lambda: not alive(pid), "the end of the flow process")
    stage.scene.worker.wait(60)
    night.look("after the stop")
    then = stage.now(run)
    stage.scene.start_worker()
    again = stage.bring_to_its_end(run, night)
    return [Tried("worker stopped (SIGTERM) in training", then, again, [*night.end(), *_trained_once(night)])]


def server_for_a_moment(stage: Stage) -> list[Tried]:
    """Killed in training, and started again while the run is busy."""
    night = stage.night(TRAINING)
    run = stage.started(night)
    stage.scene.reached(night.holds, 0)
    stage.server.kill()
    stage.server.start()
    night.holds.let_go(0)
    then = stage.scene.ending(run)
    again = "nobody" if then == "Completed" else stage.bring_to_its_end(run, night)
    return [Tried("server killed in training, back at once", then, again, [*night.end(), *_trained_once(night)])]


def server_for_the_rest(stage: Stage) -> list[Tried]:
    """Killed in training, and away until the flow process has ended: every call of the server is tried for a while."""
    night = stage.night(TRAINING)
    run = stage.started(night)
    pid = stage.scene.reached(night.holds, 0)
    stage.server.kill()
    night.holds.let_go(0)
    try:
        until(lambda: not alive(pid), "the end of the flow process", 1200)
        night.may_repeat = READ_AGAIN
        night.look("after the end")
        done = "its work done" if left(night.ground).publications == night.twin.publications else "nothing published"
    finally:
        stage.server.start()
    then = f"{stage.now(run)}, {done}"
    again = stage.bring_to_its_end(run, night)
    return [Tried("server killed in training, back after the run", then, again, [*night.end(), *_trained_once(night)])]


FAULTS = (
    flow_process_at_every_step,
    command_in_training,
    worker_alone,
    worker_and_flow,
    worker_and_flow_then_zombie_rule,
    worker_stopped,
    server_for_a_moment,
    server_for_the_rest,
)
