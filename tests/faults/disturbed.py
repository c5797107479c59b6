"""A night that a fault disturbs: what must be true right after it, and what at the end."""

from dataclasses import dataclass, field
from pathlib import Path

from faults.ground import Ground
from faults.holding import Holds
from faults.left import Left, left

PUBLISHED = ("current", "promotions", "publications")
READ_AGAIN = frozenset({"ingest"})
CHECKPOINTS = "*/checkpoints/*/*.safetensors"


@dataclass
class Disturbed:
    """A night on a ground of its own. before: what the night before left. twin: what an undisturbed night leaves.

    may_repeat: steps that may be done again; `ingest` where the disturbed run came to an end of its own, bad as it was,
    so that the next one reads the source again.
    """

    ground: Ground
    before: Left
    twin: Left
    holds: Holds
    may_repeat: frozenset[str] = frozenset()
    finished: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def look(self, when: str) -> None:
        """Right after a fault: a reader sees all of the last night or all of this one; what is finished is noted."""
        now = left(self.ground)
        seen = {side: [getattr(now, part) == getattr(whole, part) for part in PUBLISHED] for side, whole in self._sides}
        if not any(all(same) for same in seen.values()):
            self.problems.append(f"{when}: neither the last night's forecasts and champion nor this night's")
        self._compare_finished(when)
        self.finished = self._manifests()

    def end(self) -> list[str]:
        """At the end: everything is as after the undisturbed night, and nothing that was finished was done again."""
        different = left(self.ground).differences(self.twin)
        if different:
            self.problems.append(f"at the end these differ from the undisturbed night: {', '.join(different)}")
        self._compare_finished("at the end")
        if unfinished := [*self.ground.run_folder.rglob("*.part"), *self.ground.run_folder.glob("checkpoints")]:
            self.problems.append(f"left over: {', '.join(path.name for path in unfinished)}")
        return self.problems

    @property
    def _sides(self) -> tuple[tuple[str, Left], ...]:
        return ("before", self.before), ("after", self.twin)

    def _compare_finished(self, when: str) -> None:
        now = self._manifests()
        again = [name for name, written in self.finished.items() if now.get(name) != written]
        if again:
            self.problems.append(f"{when}: {', '.join(again)} was finished and was done again")

    def _manifests(self) -> dict[str, int]:
        folder: Path = self.ground.run_folder / "manifests"
        steps = [path for path in folder.glob("*.json") if path.stem not in self.may_repeat]
        return {path.stem: path.stat().st_mtime_ns for path in steps}
