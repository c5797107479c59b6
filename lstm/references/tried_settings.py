"""What a tuning has tried, and what came of the best of it."""

from typing import Any

from pydantic import Field

from lstm.references.gate_outcomes import GateOutcome, MethodScores
from lstm.references.reference import Reference

NOT_ENDED = "not ended"  # the failure of a trial that was under way when the search ended, and goes on with it


class TriedSetting(Reference):
    """A trial. values: of the keys that are tuned; None leaves a key out. Without wql and mase it came to nothing.

    objective: what trials are compared by, smaller is better. ridge_wql: of the regression that it began from. stopped,
    failure: why it ended early, or came to nothing.
    """

    number: int
    values: dict[str, Any]
    objective: float | None = None
    wql: float | None = None
    mase: float | None = None
    coverage: float | None = None
    ridge_wql: float | None = None
    epochs: int = 0
    best_epoch: int = 0
    stopped: str = ""
    failure: str = ""


class Search(Reference):
    """The trials of a tuning. through: the newest time that they have read. windows: on which each was scored.

    ended: why no more were tried, in words. importance: of each key, a share of all.
    """

    trials: tuple[TriedSetting, ...]
    through: str
    windows: int
    seconds: float
    ended: str
    importance: dict[str, float] = Field(default_factory=dict)

    @property
    def current(self) -> TriedSetting:
        """The setting of the pipeline file as it is."""
        return self.trials[0]

    @property
    def scored(self) -> list[TriedSetting]:
        """The trials that have a score, the best first; of equals the earlier one."""
        scored = [trial for trial in self.trials if trial.objective is not None]
        return sorted(scored, key=lambda trial: trial.objective or 0.0)


class TuningVerdict(Reference):
    """What is to be done with the best setting. changes: value by key, by table, None takes a key out.

    proposed: whether it was better than the file's setting beyond chance, and passed the gates. The contestants of
    scores are `challenger` (the tuned setting), `champion` (the file's), and the baselines. called: how sentences call
    the file's setting.
    """

    proposed: bool
    sentence: str
    called: str
    changes: dict[str, dict[str, Any]] = Field(default_factory=dict)
    gates: tuple[GateOutcome, ...] = ()
    scores: tuple[MethodScores, ...] = ()
    origins: int = 0
