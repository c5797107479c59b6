"""What trials reach where the search was begun: their checkpoints, their losses, and whether it is enough."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from lstm.evaluation.tuning.pruning import hopeless
from lstm.evaluation.tuning.trial import TrialScore
from lstm.evaluation.wording import signed_percent
from lstm.model.training.checkpoint import EpochRow
from lstm.storage.runs.run_folder import RunStore, StoredCheckpoints
from lstm.storage.trials.study import TrialRow, Trials

FIRST = "member-0"  # the phase by whose losses a trial is compared with others
GAINED_LITTLE, BUDGET_OVER = "gained too little over its start", "the budget was over"
log = logging.getLogger(__name__)


@dataclass
class TrialHome:
    """Hears of trials, one call at a time. budget: seconds, over all processes that took part.

    folder: of checkpoints. most: trials. ended: why no more were tried.
    """

    trials: Trials
    store: RunStore
    folder: str
    most: int
    budget: float
    clock: Callable[[], float] = time.monotonic
    ended: str = ""
    reasons: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._began, self._before = self.clock(), self.trials.seconds

    @property
    def seconds(self) -> float:
        """How long was searched."""
        return self._before + self.clock() - self._began

    @property
    def over(self) -> bool:
        """Whether the budget is spent."""
        return self.seconds >= self.budget

    def read(self, number: int, phase: str) -> bytes | None:
        """The checkpoint of a trial's phase."""
        return StoredCheckpoints(self.store, f"{self.folder}/{number}").read(phase)

    def write(self, number: int, phase: str, content: bytes) -> None:
        """Keeps the checkpoint of a trial's phase."""
        StoredCheckpoints(self.store, f"{self.folder}/{number}").write(phase, content)

    def begin(self, number: int, phase: str, loss: float) -> None:
        """Keeps the loss of a trial before its first epoch."""
        if phase == FIRST:
            self.trials.report(number, 0, loss)

    def epoch(self, number: int, phase: str, row: EpochRow) -> bool:
        """Keeps an epoch's loss, and answers whether the trial is to stop. The file's own setting is never stopped."""
        if phase == FIRST:
            self.trials.report(number, row.epoch, row.validation_loss)
            self.trials.spend(self.seconds)
        if number == 0:
            return False
        rows = self.trials.rows()
        trial, others = rows[number], [other for other in rows if other.score is not None]
        alike = [other.losses for other in others if other.values.get("loss") == trial.values.get("loss")]
        if self.over:
            self.reasons[number] = BUDGET_OVER
        elif phase == FIRST and hopeless(trial.losses, alike, row.epoch):
            self.reasons[number] = GAINED_LITTLE
        return number in self.reasons

    def score(self, number: int, score: TrialScore) -> None:
        """Ends a trial with its score."""
        self.trials.score(number, score, self.reasons.get(number, ""))
        self.store.remove(f"{self.folder}/{number}")
        log.info("%s", _line(self.trials.rows(), number))

    def fail(self, number: int, why: str) -> None:
        """Ends a trial that came to nothing."""
        self.trials.fail(number, why)
        self.store.remove(f"{self.folder}/{number}")
        log.warning("trial %d came to nothing: %s", number, why)


def _line(rows: list[TrialRow], number: int) -> str:
    """`trial 7: WQL 0.0713, MASE 0.612, 1.3 % better than the file's setting (hidden 128, dropout 0.1)`."""
    score, first = rows[number].score, rows[0].score
    assert score is not None
    line = f"trial {number}: WQL {score.wql:.4g}, MASE {score.mase:.4g}"
    if number and first is not None:
        gain = signed_percent(1.0 - math.exp(score.objective - first.objective))
        line += f", {gain} against the file's setting"
    values = ", ".join(f"{name} {value}" for name, value in rows[number].values.items() if value is not None)
    return f"{line} ({values})"
