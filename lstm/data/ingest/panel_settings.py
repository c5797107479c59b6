"""The part of a pipeline file that decides what panel a table becomes."""

from dataclasses import dataclass, field, fields
from typing import Self

from lstm.config import Calendar, Pipeline, Quality, Source


@dataclass(frozen=True)
class PanelSettings:
    """What ingest reads of a pipeline file, under the names that it has there; no other key changes a panel."""

    source: Source
    horizon: int
    frequency: str | None = None
    time_zone: str = "UTC"
    seasons: tuple[int, ...] | None = None
    calendar: Calendar = field(default_factory=Calendar)
    quality: Quality = field(default_factory=Quality)

    @classmethod
    def of(cls, pipeline: Pipeline) -> Self:
        """The settings of a pipeline file that are among these."""
        return cls(**{key.name: getattr(pipeline, key.name) for key in fields(cls)})
