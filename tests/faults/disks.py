"""A disk that fills while a night writes to it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faults.disturbed import READ_AGAIN
from faults.holding import Point
from faults.stage import Stage, Tried

SIZE = "16m"
BLOCK = b"\0" * 4096

POINTS = {
    "ingest": Point("rename */quality.json"),
    "training": Point("rename */member-0.safetensors", 2),
    "forecasting": Point("sql INSERT INTO models*"),
    "publishing": Point("batch of rows", 3),
    "delivering": Point("sql INSERT INTO deliveries*", 2),
}


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of a few megabytes in memory, at a folder."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "nightcast", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Takes all that is free; answers the file that did."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(BLOCK) == len(BLOCK):
                pass
        except OSError:
            return filler
    return filler


def disk_full(stage: Stage) -> Iterator[Tried]:
    """At each point, until the run has ended."""
    if os.geteuid() != 0:
        yield Tried("disk full", "", "", ["not tried: only root can mount a small one"])
        return
    with small_disk(stage.folder / "disk"):
        for where, point in POINTS.items():
            yield _full(stage, where, point)


def _full(stage: Stage, where: str, point: Point) -> Tried:
    night = stage.night(point, inside=stage.folder / "disk")
    run = stage.started(night)
    stage.scene.reached(night.holds, 0)
    filler = fill(stage.folder / "disk")
    night.holds.let_go(0)
    then = stage.scene.ending(run)
    filler.unlink()
    # Where training failed the champion has forecast, which the trained model does anew.
    night.may_repeat = READ_AGAIN | {"forecast"}
    night.look("after the end")
    return Tried(f"disk full while {where}", then, stage.bring_to_its_end(run, night), night.end())


FAULTS = (disk_full,)
