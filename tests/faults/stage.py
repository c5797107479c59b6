"""All that a fault needs: the ground after its first night, an undisturbed second night, server and worker."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from faults.disturbed import Disturbed
from faults.ground import Ground, ground
from faults.holding import Holds, Point
from faults.left import Left, left
from faults.scene import Scene, Server, scene, server


@dataclass(frozen=True)
class Tried:
    """A fault and how it ended. then: how the disturbed run ended. again: how it was brought to its end."""

    fault: str
    then: str
    again: str
    problems: list[str]

    @property
    def outcome(self) -> str:
        """A sentence."""
        return "; ".join(self.problems) or "as undisturbed"


Fault = Callable[["Stage"], list[Tried]]


@dataclass
class Stage:
    """Where faults are tried, one after the other."""

    folder: Path
    base: Ground
    before: Left
    twin: Left
    server: Server
    scene: Scene
    _nights: list[str] = field(default_factory=list)

    def night(self, points: Sequence[Point] = ()) -> Disturbed:
        """A second night to disturb, in a folder of its own."""
        place = self.folder / f"night-{len(self._nights)}"
        self._nights.append(place.name)
        holds = place.with_name(f"{place.name}-holds")
        holds.mkdir()
        return Disturbed(self.base.copy(place), self.before, self.twin, Holds(holds, tuple(points)))

    def started(self, night: Disturbed) -> UUID:
        """A flow run of the night, for the worker."""
        return self.scene.start_run(self.scene.deploy(night.ground), night.holds)

    def now(self, run: UUID) -> str:
        """Name of a flow run's state."""
        state = self.scene.run(run).state
        return state.name if state is not None and state.name is not None else "unknown"


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Server, worker, ground and twin; the processes are killed at the end."""
    base = ground(folder / "base")
    undisturbed = base.copy(folder / "twin")
    before = left(base)
    undisturbed.run()
    with server(folder / "server") as own, scene(own.api, folder / "scene") as made:
        yield Stage(folder, base, before, left(undisturbed), own, made)
