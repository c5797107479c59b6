"""All that a fault needs: the ground after its first night, an undisturbed second night, server and worker."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from faults.disturbed import Disturbed
from faults.ground import NIGHT, Ground, ground
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


Fault = Callable[["Stage"], Iterable[Tried]]


@dataclass(frozen=True)
class Grounds:
    """A pipeline after its first night, what that left, and what an undisturbed second night leaves."""

    base: Ground
    before: Left
    twin: Left

    @classmethod
    def of(cls, base: Ground, folder: Path) -> "Grounds":
        """Runs the undisturbed night, in this folder."""
        before, undisturbed = left(base), base.copy(folder)
        undisturbed.run()
        return cls(base, before, left(undisturbed))


@dataclass(eq=False)
class Stage:
    """Where faults are tried, one after the other."""

    folder: Path
    grounds: Grounds
    server: Server
    scene: Scene
    _nights: list[str] = field(default_factory=list)

    def night(self, *points: Point, grounds: Grounds | None = None, inside: Path | None = None) -> Disturbed:
        """A second night to disturb, in a folder of its own. inside: where that is, when not beside the others."""
        which = grounds or self.grounds
        name = f"night-{len(self._nights)}"
        self._nights.append(name)
        holds = self.folder / f"{name}-holds"
        holds.mkdir()
        place = which.base.copy((inside or self.folder) / name)
        return Disturbed(place, which.before, which.twin, Holds(holds, points))

    def started(self, night: Disturbed) -> UUID:
        """A flow run of the night, for the worker."""
        return self.scene.start_run(self.scene.deploy(night.ground), night.holds)

    def bring_to_its_end(self, run: UUID, night: Disturbed) -> str:
        """Retries the flow run where Prefect lets us, else starts the command; answers which."""
        before = self.scene.run(run)
        if before.state is not None and before.state.is_final():
            self.scene.retry(run)
            ended = self.scene.ended(run, before.run_count + 1).state
            if ended is None or ended.name != "Completed":
                night.problems.append(f"the retry ended {ended}")
            return "flow-run retry"
        self.run_again(night)
        self.scene.mark_crashed(run)
        return "`nightcast run`"

    def run_again(self, night: Disturbed) -> None:
        """`nightcast run` of the night, to its end."""
        again = self.scene.command(night.ground, "run", "--as-of", NIGHT, holds=night.holds).wait()
        if again:
            night.problems.append(f"`nightcast run` ended with {again}")

    def now(self, run: UUID) -> str:
        """Name of a flow run's state."""
        state = self.scene.run(run).state
        return state.name if state is not None and state.name is not None else "unknown"


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Server, worker, ground and twin; the processes are killed at the end."""
    grounds = Grounds.of(ground(folder / "base"), folder / "twin")
    with server(folder / "server") as prefect, scene(prefect.api, folder / "scene") as play:
        play.start_worker()
        yield Stage(folder, grounds, prefect, play)
