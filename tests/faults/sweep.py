"""Kills a night before every effect that it has, one after the other, and runs it again. Without Prefect, in forks.

`python -m faults.sweep FOLDER [--every N] [--kind forecast]` leaves `swept.json` in the folder, an entry a kill.
"""

import argparse
import json
import os
import pickle
import re
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from faults.disturbed import READ_AGAIN, Disturbed
from faults.effects import COMMIT, tell_effects
from faults.ground import Ground, ground
from faults.holding import Holds
from faults.left import left

from lstm.references import RunKind

# Reading, and opening a connection, change nothing.
WRITTEN = re.compile(r"batch of rows|sql (INSERT|UPDATE|DELETE|CREATE|WITH|REPLACE)")
MATTERS = re.compile(rf"rename|remove (?!.*\.part$)|{WRITTEN.pattern}")


@dataclass
class Counting:
    """Counts the effects that matter, and kills this process before one of them. at: None to kill nobody.

    only: the one kind that matters here.
    """

    at: int | None
    only: str | None = None
    effects: list[str] = field(default_factory=list)

    def __call__(self, effect: str) -> None:
        """Told by `tell_effects`."""
        if effect == self.only if self.only is not None else self._matters(effect):
            self.effects.append(effect)
            if len(self.effects) == self.at:
                os.kill(os.getpid(), signal.SIGKILL)

    def _matters(self, effect: str) -> bool:
        written = bool(self.effects) and WRITTEN.match(self.effects[-1]) is not None
        return MATTERS.match(effect) is not None or (effect == COMMIT and written)


def forked(act: Callable[..., None], *arguments: object) -> int:
    """Acts in a fork; answers its exit code, negative for a signal.

    This process itself must not start threads.
    """
    pid = os.fork()
    if pid == 0:
        try:
            act(*arguments)
        except BaseException:  # noqa: BLE001 - told, and by the exit code
            traceback.print_exc()
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def prepare(folder: Path, kind: RunKind = "retrain") -> None:
    """The ground, its twin after an undisturbed night, and the effects of that."""
    base = replace(ground(folder / "base"), kind=kind)
    twin, counting = base.copy(folder / "twin"), Counting(None)
    before = left(base)
    tell_effects(counting)
    twin.run()
    effects = list(counting.effects)
    (folder / "known.pickle").write_bytes(pickle.dumps((before, left(twin), effects)))


def die(place: Ground, at: int) -> None:
    """A night that ends at its `at`-th effect."""
    tell_effects(Counting(at))
    place.run()


def revive(place: Ground, folder: Path, *, damaged: bool = False) -> None:
    """Looks at what the dead night left, runs it again, and keeps what is wrong then. damaged: work is repeated."""
    before, twin, _ = pickle.loads((folder / "known.pickle").read_bytes())
    night = Disturbed(place, before, twin, Holds(folder, ()))
    record = place.record()
    if record is not None and record.finished_at is not None:  # killed after its end was recorded
        night.may_repeat = READ_AGAIN
    if not damaged:
        night.look("after the fault")
    outcome = place.run()
    if outcome.exit_code:
        night.problems.append(outcome.sentence)
    (place.folder / "problems.json").write_text(json.dumps(night.end()))


def sweep(folder: Path, every: int, kind: RunKind) -> list[dict[str, object]]:
    """Kills before every `every`-th effect."""
    folder.mkdir(parents=True, exist_ok=True)
    if forked(prepare, folder, kind):
        raise RuntimeError("the undisturbed night failed")
    _, _, effects = pickle.loads((folder / "known.pickle").read_bytes())
    swept: list[dict[str, object]] = []
    for at in range(1, len(effects) + 1, every):
        place = Ground(folder / "base", kind).copy(folder / f"killed-{at}")
        died = forked(die, place, at)
        revived = forked(revive, place, folder)
        file = place.folder / "problems.json"
        problems = json.loads(file.read_text()) if file.exists() else [f"the second run ended with {revived}"]
        if died != -signal.SIGKILL:
            problems.append(f"the first run ended with {died}, not by the kill")
        swept.append({"at": at, "of": len(effects), "effect": effects[at - 1], "problems": problems})
        print(f"{at}/{len(effects)} {effects[at - 1][:100]}: {problems or 'right'}", flush=True)
    return swept


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--kind", choices=("retrain", "forecast"), default="retrain")
    asked = parser.parse_args()
    (asked.folder / "swept.json").write_text(json.dumps(sweep(asked.folder, asked.every, asked.kind), indent=2))
