"""Which run it is, and how it ended."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from lstm.references.reference import Reference
from lstm.visible import visible

DRY = "dry-"
RunKind = Literal[
    "retrain", "forecast", "rollback", "backfill", "monitor", "tune", "dry-retrain", "dry-forecast", "dry-monitor"
]  # fmt: skip


class RunKey(Reference):
    """The identity of a run: pipeline, kind and `as_of`; everything else about it follows.

    as_of: ISO 8601 instant in UTC (`2013-12-30T05:00:00Z`), or the decimal digits of an integer step.
    """

    pipeline: str
    kind: RunKind
    as_of: str

    @property
    def run_id(self) -> str:
        """Readable, sorts by time within a pipeline and kind, safe as a folder name and a primary key."""
        return f"{self.pipeline}.{self.kind}.{self.as_of.replace(':', '').replace('-', '')}"

    @property
    def dry(self) -> bool:
        """Whether the run leaves everything as it is: it publishes, promotes and delivers nothing."""
        return self.kind.startswith(DRY)


class Outcome(Reference):
    """How a run ended, as the command line, the Prefect state and its log tell it; nothing in it acts on a terminal."""

    run_id: str
    exit_code: Literal[0, 1, 2, 3]
    sentence: Annotated[str, AfterValidator(visible)]
    summary: dict[str, Any] = Field(default_factory=dict)
