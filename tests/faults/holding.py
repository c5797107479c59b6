"""A process that stops at chosen effects, until somebody kills it or lets it go on: so a fault hits where it shall.

The environment variable NIGHTCAST_HOLDS names a folder and points. At a point the process writes `reached-N` with its
pid there and waits for `go-N`. A point that was reached once is passed by from then on, by a successor too.
"""

import json
import os
import time
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

VARIABLE = "NIGHTCAST_HOLDS"
PATIENCE = 300


@dataclass(frozen=True)
class Point:
    """Just before the `count`-th effect of a process that matches the pattern; see `effects` for their words."""

    pattern: str
    count: int = 1


@dataclass(frozen=True)
class Holds:
    """Points of a run, in the order in which they are reached, and the folder of their files."""

    folder: Path
    points: tuple[Point, ...]

    def environment(self) -> dict[str, str]:
        """What a process needs to be held."""
        points = [[point.pattern, point.count] for point in self.points]
        return {VARIABLE: json.dumps({"folder": str(self.folder), "points": points})}

    def pid(self, index: int) -> int | None:
        """Who waits, or waited, at a point."""
        reached = self.folder / f"reached-{index}"
        return int(reached.read_text()) if reached.exists() else None

    def written(self, pattern: str) -> int:
        """How often all attempts together have put a file that matches in its place."""
        log = self.folder / "files"
        lines = log.read_text().splitlines() if log.exists() else []
        return sum(fnmatchcase(line, pattern) for line in lines)

    def let_go(self, index: int) -> None:
        """Lets the process go on from a point."""
        (self.folder / f"go-{index}").touch()

    @classmethod
    def of_environment(cls) -> "Holds | None":
        """The holds that this process was given."""
        text = os.environ.get(VARIABLE)
        if not text:
            return None
        points = json.loads(text)
        return cls(Path(points["folder"]), tuple(Point(pattern, count) for pattern, count in points["points"]))


@dataclass
class Holding:
    """Watches the effects of this process for the next point."""

    holds: Holds
    _counts: dict[int, int] = field(default_factory=dict)

    def __call__(self, effect: str) -> None:
        """Waits here when this effect is the next point."""
        for index, point in enumerate(self.holds.points):
            if self.holds.pid(index) is None:
                if fnmatchcase(effect, point.pattern):
                    self._counts[index] = self._counts.get(index, 0) + 1
                    if self._counts[index] == point.count:
                        self._wait(index)
                break
        if effect.startswith("rename "):
            with (self.holds.folder / "files").open("a") as log:
                log.write(effect.removeprefix("rename ") + "\n")

    def _wait(self, index: int) -> None:
        part = self.holds.folder / f"part-{index}"
        part.write_text(str(os.getpid()))
        os.link(part, self.holds.folder / f"reached-{index}")  # whole at once, and no rename, which would be an effect
        until = time.monotonic() + PATIENCE
        while not (self.holds.folder / f"go-{index}").exists():
            if time.monotonic() > until:
                os._exit(99)
            time.sleep(0.01)
