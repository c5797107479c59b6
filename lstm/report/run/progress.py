"""A training while it goes on: how far it is, how long it may take yet, and its epochs, in words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lstm.config import Training
from lstm.evaluation.wording import duration
from lstm.model.training.checkpoint import EpochRow
from lstm.report.markup import markdown

REFIT = "-refit"
SHOWN_EPOCHS = 20
COLUMNS = ("network", "epoch", "training loss", "validation loss", "learning rate", "seconds")


@dataclass(frozen=True)
class TrainingProgress:
    """rows: (phase, epoch) of this process so far, at least one, in order. members: networks of the model."""

    training: Training
    members: int
    rows: Sequence[tuple[str, EpochRow]]

    @property
    def percent(self) -> float:
        """Share of the work that is done at least; a network that stops early makes up for the rest of its epochs."""
        phases = self.members * (2 if self.training.refit else 1)
        phase, row = self.rows[-1]
        finished = _place(phase) + (self.members if phase.endswith(REFIT) else 0)
        return min(100.0 * (finished + min(row.epoch / self._expected(phase), 1.0)) / phases, 99.0)

    @property
    def most_seconds_left(self) -> float:
        """Seconds that the training takes at most, at the pace so far: a network may stop early."""
        phase, row = self.rows[-1]
        refit, later = phase.endswith(REFIT), self.members - 1 - _place(phase)
        epochs = max(self._expected(phase) - row.epoch, 0)
        epochs += later * (self._usual() if refit else self.training.max_epochs)
        epochs += self.members * self._usual() if self.training.refit and not refit else 0
        return max(min(epochs * self._pace(), self.training.deadline - row.seconds), 0.0)

    def sentence(self) -> str:
        """The newest epoch in one line."""
        phase, row = self.rows[-1]
        best = min((row for name, row in self.rows if name == phase), key=lambda row: row.validation_loss)
        parts = [
            f"{_named(phase)} of {self.members}, epoch {row.epoch} of at most {self._expected(phase)}",
            f"training loss {row.train_loss:.4f}",
            f"validation loss {row.validation_loss:.4f} (best {best.validation_loss:.4f} in epoch {best.epoch})",
            f"learning rate {row.learning_rate:.2g}",
            f"{duration(row.seconds)} so far, at most {duration(self.most_seconds_left)} left",
        ]
        return ", ".join(parts[:2] + parts[3:] if phase.endswith(REFIT) else parts)

    def summary(self) -> str:
        """The newest epoch in words, then the newest of all as a table; markdown."""
        return f"{markdown.plain(self.sentence())}.\n\n{self.table()}"

    def table(self) -> str:
        """The newest epochs, the newest first; markdown."""
        shown = [_line(phase, row) for phase, row in reversed(self.rows[-SHOWN_EPOCHS:])]
        more = len(self.rows) - len(shown)
        note = f"{more:,} earlier epochs are in the report.\n" if more > 0 else ""
        return markdown.table(COLUMNS, shown) + note

    def _expected(self, phase: str) -> int:
        """The largest number of epochs that a phase may take."""
        if not phase.endswith(REFIT):
            return self.training.max_epochs
        return max(self._usual(), self.rows[-1][1].epoch)

    def _usual(self) -> int:
        """Epochs of a refit: about as many as were best before."""
        best = self._best()
        return max(round(sum(best) / len(best)), 1) if best else self.training.max_epochs

    def _best(self) -> list[int]:
        """Best epoch of every network so far, in order."""
        best: dict[str, EpochRow] = {}
        for phase, row in self.rows:
            if not phase.endswith(REFIT) and row.validation_loss < _loss(best.get(phase)):
                best[phase] = row
        return [row.epoch for row in best.values()]

    def _pace(self) -> float:
        """Mean seconds an epoch so far."""
        first, last = self.rows[0][1], self.rows[-1][1]
        if len(self.rows) > 1:
            return (last.seconds - first.seconds) / (len(self.rows) - 1)
        return last.seconds / max(last.epoch, 1)


def _loss(row: EpochRow | None) -> float:
    return row.validation_loss if row is not None else math.inf


def _place(phase: str) -> int:
    return int(phase.removesuffix(REFIT).rpartition("-")[2])


def _named(phase: str) -> str:
    """`network 2`, or `refit of network 2`."""
    return f"{'refit of ' if phase.endswith(REFIT) else ''}network {_place(phase) + 1}"


def _line(phase: str, row: EpochRow) -> tuple[str, ...]:
    validation = "–" if phase.endswith(REFIT) else f"{row.validation_loss:.4f}"
    losses = (f"{row.train_loss:.4f}", validation, f"{row.learning_rate:.2g}")
    return _named(phase), str(row.epoch), *losses, f"{row.seconds:.0f}"
