"""Every way in which Nightcast refuses, under one root.

An error says what is wrong, where, and what to do. `exit_code` is what the command line answers with:
2 for a mistake in the pipeline file or on the command line, 1 when nothing was published for another reason.
"""

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path


class ForecastError(Exception):
    """Root of all errors that Nightcast raises on purpose; its message is complete for a person.

    transient: the same may succeed a little later, so a task tries again. series, column, line, value: what the message
    speaks of, for a program; None where it speaks of none. line: of a file, or the row of a frame, both counted from 1.
    """

    exit_code = 1
    transient = False

    def __init__(
        self,
        message: str = "",
        *,
        series: str | None = None,
        column: str | None = None,
        line: int | None = None,
        value: object = None,
    ) -> None:
        super().__init__(message)
        self.series, self.column, self.line, self.value = series, column, line, value


class ConfigError(ForecastError):
    """The pipeline file or the command line cannot be acted upon; retrying the same will not help."""

    exit_code = 2


class SourceError(ForecastError):
    """A file, table or query cannot be read."""


class EncodingError(SourceError):
    """A file has bytes that its encoding does not have. encoding: Python's name of it."""

    encoding = ""

    @classmethod
    def of(cls, path: "Path", encoding: str, byte: int, offset: int) -> Self:
        """The error of the first such byte, at an offset from the beginning of the text."""
        plain = encoding.removesuffix("-sig")
        error = cls(
            f"{path} is not {plain} text: byte 0x{byte:02X} at offset {offset}; set source.encoding, for instance "
            '"cp1252"'
        )
        error.encoding = plain
        return error


class SourceUnavailableError(SourceError):
    """The database of a source cannot be reached, or the connection was lost."""

    transient = True


class DataError(ForecastError):
    """The observations break a rule of the pipeline file; nothing is published."""


class TrainingError(ForecastError):
    """Training ended without a usable model."""


class DivergedError(TrainingError):
    """A loss or a weight became infinite or NaN."""


class DeadlineError(TrainingError):
    """The deadline passed before the first epoch was complete."""


class WorkerLostError(ForecastError):
    """A process or machine that did a part of the work was lost, again and again."""

    transient = True


class EvaluationError(ForecastError):
    """A forecast cannot be scored: missing, of another shape, or out of order."""


class ModelError(ForecastError):
    """A model folder is missing, damaged, of another format, or made for another contract."""


class StoreError(ForecastError):
    """The store database has another version, another ledger layout, or a row that contradicts the request."""


class StoreUnavailableError(StoreError):
    """The store database cannot be reached, is locked, or the connection was lost."""

    transient = True


class ChampionChangedError(StoreError):
    """The champion that was judged is no longer champion; the run evaluates again."""


class RunBusyError(StoreError):
    """Another living process owns this run. caller: for whom that one carries it out, see `lstm.steps.job.Job`."""

    caller = ""


class TakenOverError(RunBusyError):
    """This process stood still for longer than its lease, and another has taken its run over."""


class SinkError(ForecastError):
    """A delivery cannot be made as the pipeline file asks."""


class TooManyFailedError(ForecastError):
    """More series failed than `quality.max_failed_share` allows; nothing is published."""


class SinkUnavailableError(SinkError):
    """The database of a sink cannot be reached, is locked, or the connection was lost."""

    transient = True


class DeploymentError(ForecastError):
    """The Prefect server cannot be reached, refuses, or holds something of that name that is not ours."""
