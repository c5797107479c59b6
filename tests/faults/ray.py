"""Nights whose networks a Ray cluster of two nodes trains: workers, nodes, head and the run itself are killed."""

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from faults.disturbed import CHECKPOINTS, READ_AGAIN, Disturbed
from faults.ground import NIGHT, ground
from faults.holding import Point
from faults.left import left
from faults.processes import kill
from faults.ray_cluster import ADDRESS, Nodes, filled, two_nodes
from faults.stage import Grounds, Stage, Tried
from object_store import BUCKET, s3_server

RAY = f'\n[compute]\nengine = "ray"\naddress = "env:{ADDRESS}"\n'
# Long enough that the networks are handed out: see `lstm.model.fitting.members`.
LONGER = {"members = 1": "members = 2", "max_epochs = 3\nepoch_steps = 5": "max_epochs = 20\nepoch_steps = 50"}
IN_TRAINING = "train, "
POINTS = {
    "ingest": Point("rename */panel.parquet"),
    "window": Point("rename */windows.parquet"),
    "train, first checkpoint": Point("rename */member-?.safetensors"),
    "train, second checkpoint of the first network": Point("rename */member-0.safetensors", 2),
    "train, third checkpoint of the second network": Point("rename */member-1.safetensors", 3),
    "train, sixth checkpoint": Point("rename */member-?.safetensors", 6),
    "train, first refit": Point("rename */member-?-refit.safetensors"),
    "train, refit of the second network": Point("rename */member-1-refit.safetensors"),
    "the weights are put in place": Point("rename */model/weights.safetensors"),
    "publish": Point("batch of rows", 3),
}
TRAINING = POINTS["train, sixth checkpoint"]
IN_BUCKET = f'[store]\nurl = "sqlite:///nightcast.db"\nfolder = "s3://{BUCKET}"\n\n[model]'
MEGABYTES = 80  # the least that Ray takes for an object store


def ray_worker_killed(stage: Stage) -> Iterator[Tried]:
    """One that works, where there is one."""
    yield from _killed(stage, "worker", Nodes.kill_worker)


def ray_node_killed(stage: Stage) -> Iterator[Tried]:
    """The one without the run's own process; another joins."""
    yield from _killed(stage, "node", Nodes.kill_node)


def _killed(stage: Stage, what: str, kill_it: Callable[[Nodes], bool]) -> Iterator[Tried]:
    grounds, epochs = _undisturbed(stage)
    with two_nodes() as nodes:
        for where, point in POINTS.items():
            night = _night(stage, grounds, point)
            running = stage.scene.command(night.ground, "run", "--as-of", NIGHT, holds=night.holds)
            stage.scene.reached(night.holds, 0)
            worked = kill_it(nodes)
            night.holds.let_go(0)
            ended = running.wait()
            problems = [] if worked or not where.startswith(IN_TRAINING) else ["nothing worked there"]
            problems += [*_ended(night, ended), *_trained_once(night, epochs)]
            yield Tried(f"Ray: {what} killed at: {where}", f"exit {ended}", "nobody", problems)


def ray_undisturbed(stage: Stage) -> Iterator[Tried]:
    """To begin with: two nodes leave what this machine alone leaves."""
    grounds, _ = _undisturbed(stage)
    with two_nodes():
        night = _night(stage, grounds)
        ended = stage.scene.command(night.ground, "run", "--as-of", NIGHT, holds=night.holds).wait()
        yield Tried("Ray: none, two nodes", f"exit {ended}", "nobody", _ended(night, ended))


def ray_store_full(stage: Stage) -> Iterator[Tried]:
    """By what another holds there: twice of what it has, on the disk, and where it may not use that, all there is."""
    grounds, _ = _undisturbed(stage)
    for spills, objects in ((True, 2 * MEGABYTES // 8), (False, 10_000)):
        settings = {"automatic_object_spilling_enabled": spills}
        with two_nodes(object_store_memory=MEGABYTES * 2**20, _system_config=settings):
            night = _night(stage, grounds)
            with filled(objects):
                ended = stage.scene.command(night.ground, "run", "--as-of", NIGHT, holds=night.holds).wait()
            night.may_repeat = READ_AGAIN | {"forecast"}  # the champion forecasts where training fails, with exit 3
            again = "nobody" if ended == 0 else "`nightcast run`, once there is room"
            if ended:
                stage.run_again(night)
            room = "with room on its disk" if spills else "without its disk"
            yield Tried(f"Ray: object store full, {room}", f"exit {ended}", again, night.end())


def ray_run_killed(stage: Stage) -> Iterator[Tried]:
    """The process of the run, in training."""
    grounds, epochs = _undisturbed(stage)
    with two_nodes():
        night = _night(stage, grounds, TRAINING)
        running = stage.scene.command(night.ground, "run", "--as-of", NIGHT, holds=night.holds)
        kill(stage.scene.reached(night.holds, 0))
        then = f"exit {running.wait()}"
        night.look("after the kill")
        stage.run_again(night)
        problems = [*night.end(), *_trained_once(night, epochs)]
        yield Tried("Ray: process of the run killed in training", then, "`nightcast run`", problems)


def ray_head_killed(stage: Stage) -> Iterator[Tried]:
    """The process that knows the cluster: Ray ends whoever cannot reach it for a minute, with no word."""
    grounds, epochs = _undisturbed(stage)
    with two_nodes() as nodes:
        _tell_address(stage)
        night = _night(stage, grounds, TRAINING)
        run = stage.started(night)
        stage.scene.reached(night.holds, 0)
        nodes.kill_head()
        night.holds.let_go(0)
        then = stage.scene.ending(run)
        night.look("after the end")
        nodes.end()
        nodes.begin()
        _tell_address(stage)
        again = stage.bring_to_its_end(run, night)
        problems = [*night.end(), *_trained_once(night, epochs)]
        yield Tried("Ray: head killed in training, another begun", then, again, problems)


def ray_object_store(stage: Stage) -> Iterator[Tried]:
    """Runs and checkpoints in a bucket, those of the twin in a folder."""
    grounds, _ = _undisturbed(stage)
    with s3_server() as access, pytest.MonkeyPatch.context() as patch, two_nodes():
        for name, value in access.items():
            patch.setenv(name, value)
        base = ground(stage.folder / "ray-s3", LONGER | {"[model]": IN_BUCKET})
        night = _night(stage, Grounds(base, left(base), grounds.twin))
        ended = stage.scene.command(night.ground, "run", "--as-of", NIGHT, holds=night.holds).wait()
        different = set(left(night.ground).differences(grounds.twin)) - {"files"}
        problems = [f"different: {', '.join(sorted(different))}"] if different else []
        yield Tried("Ray: none, two nodes, run folders in S3", f"exit {ended}", "nobody", problems)


@cache
def _undisturbed(stage: Stage) -> tuple[Grounds, int]:
    """The pipeline with two networks and its twin, which are trained without Ray; how many checkpoints that takes."""
    grounds = Grounds.of(ground(stage.folder / "ray-base", LONGER), stage.folder / "ray-twin")
    alone = stage.night(grounds=grounds)
    stage.run_again(alone)
    return grounds, alone.holds.written(CHECKPOINTS)


def _tell_address(stage: Stage) -> None:
    """Begins the worker anew, which hands its environment to the runs."""
    stage.scene.kill_worker()
    stage.scene.start_worker()


def _night(stage: Stage, grounds: Grounds, *points: Point) -> Disturbed:
    night = stage.night(*points, grounds=grounds)
    with night.ground.pipeline.open("a", encoding="utf-8") as file:
        file.write(RAY)
    return night


def _ended(night: Disturbed, exit_code: int) -> list[str]:
    return [*night.end(), *([] if exit_code == 0 else [f"exit {exit_code}"])]


def _trained_once(night: Disturbed, epochs: int) -> list[str]:
    """A worker that is lost while its checkpoint is on the way trains that epoch again, and no other."""
    written = night.holds.written(CHECKPOINTS)
    return [] if epochs <= written <= epochs + 1 else [f"{written} checkpoints, not {epochs}"]


FAULTS = (
    ray_undisturbed,
    ray_worker_killed,
    ray_node_killed,
    ray_store_full,
    ray_run_killed,
    ray_head_killed,
    ray_object_store,
)
