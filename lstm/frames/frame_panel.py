"""From a frame to the panel that a night would make of it, as of the frame's end or an earlier moment."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

import numpy as np
import pyarrow as pa

from lstm.config import FutureTable, Pipeline, Roles
from lstm.config.ledger_columns import check_key_names
from lstm.config.pipeline import level_name
from lstm.data.frequency.as_of import parse_as_of
from lstm.data.frequency.grid import Frequency
from lstm.data.ingest.assemble import assemble
from lstm.data.ingest.identity import identify_rows, ordinals_of
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.ingest.run_clock import read_clock
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.data.rows.bad_rows import BadRows
from lstm.data.rows.missing_codes import code_notes
from lstm.data.rows.numbers import numbers
from lstm.data.rows.source_rows import Place, SourceRows, row_before
from lstm.errors import DataError, SourceError
from lstm.frames.arrow_frames import arrow_table, index_remark, time_type
from lstm.frames.frame_settings import frame_pipeline
from lstm.storage.sources.typed_columns import joined, refuse_missing, typed

# Later than every row, so that all of them are read where a frame's end is looked for.
END_OF_TIME = datetime(9000, 1, 1, tzinfo=UTC)
FEWEST_STRIDES = 3
MONTH = 28
IN_FRAME = 'in the frame: frame.rename(columns={{"{key}": "{key}_id"}})'


@dataclass(frozen=True)
class FrameEnd:
    """Where a frame ends: ordinals of its newest observation, and of its last row, which may plan ahead."""

    grid: Frequency
    newest: int
    last: int


@dataclass(frozen=True)
class FrameSource:
    """The rows of a frame, and of a plan where there is one, read by the settings of a pipeline.

    time_type: of the frame's own time column; of the stamps that it is written for where it is text.
    """

    pipeline: Pipeline
    time_type: pa.DataType
    rows: SourceRows
    plan: SourceRows | None
    as_of: datetime | int
    end: FrameEnd

    @classmethod
    def of(cls, pipeline: Pipeline, frame: Any, plan: Any, as_of: Any) -> "FrameSource":
        """Reads the frames. plan: of future covariates. as_of: None for the end of the frame's observations."""
        source = pipeline.source
        check_key_names(source.series, tuple(level_name(level) for level in pipeline.quantile_levels), IN_FRAME)
        rows, kind = _rows(frame, pipeline, source.roles, "the frame")
        end = _end(rows, PanelSettings.of(pipeline))
        moment = _after(end, pipeline) if as_of is None else _moment(as_of, pipeline)
        if plan is None:
            return cls(pipeline, kind, rows, None, moment, end)
        marks = {key: getattr(source, key) for key in ("decimal", "thousands", "time_format")}
        planned = _with_future_table(pipeline, FutureTable(path="the future frame", **marks))
        future, _ = _rows(plan, planned, planned.source.future_roles, "the future frame")
        return cls(planned, kind, rows, future, moment, end)

    @property
    def cutoff(self) -> int:
        """Ordinal of the newest step that may be read."""
        if self.end.grid.kind == "integer" and not isinstance(self.as_of, int):
            return self.end.newest
        return self.end.grid.newest_complete(self.as_of, self.pipeline.source.time_label, self.pipeline.time_zone)

    @property
    def has_plan(self) -> bool:
        """Whether there are rows after the cutoff, or a plan beside."""
        return self.plan is not None or self.end.last > self.cutoff

    def panel(self) -> tuple[Panel, QualityReport]:
        """The panel, for which every step of the horizon has to be planned. Raises DataError where a step is not."""
        names = self.pipeline.source.future_covariates
        if names and not self.has_plan and self.pipeline.source.future_gaps == "error":
            raise DataError(
                f"{', '.join(names)} must be known for all {self.pipeline.horizon} steps after "
                f"{self.end.grid.text(self.cutoff)}, and the frame has no row after that; give a frame with them "
                f"by future=, or add rows without {' and '.join(self.pipeline.source.targets)} to this one",
                column=names[0],
            )
        return assemble(self.rows, PanelSettings.of(self.pipeline), self.as_of, self.plan)

    def panel_without_plan(self) -> tuple[Panel, QualityReport]:
        """The same where what lies ahead only matters to the gates: what is not planned is carried forward."""
        pipeline = self.pipeline
        if not self.has_plan and pipeline.source.future_covariates:
            # Absent rows ahead say nothing then, also where absent rows mean zero.
            pipeline = _with_future_table(pipeline, FutureTable(path="the future frame"))
        source = pipeline.source.model_copy(update={"future_gaps": "carry"})
        return assemble(
            self.rows, PanelSettings.of(pipeline.model_copy(update={"source": source})), self.as_of, self.plan
        )


def _with_future_table(pipeline: Pipeline, table: FutureTable) -> Pipeline:
    return pipeline.model_copy(update={"source": pipeline.source.model_copy(update={"future": table})})


def _rows(frame: Any, pipeline: Pipeline, roles: Roles, name: str) -> tuple[SourceRows, pa.DataType]:
    """(the columns of the roles, typed as every source's are; the type that the time column had)."""
    table, policy = arrow_table(frame, name, roles.read), pipeline.source.bad_rows
    absent = [column for column in roles.read if column not in table.column_names]
    remark = _near_names(absent, table.column_names) + index_remark(frame, pipeline.source.time, absent)
    refuse_missing(roles, table.column_names, name, remark)
    bad = BadRows(len(table), lambda row: Place.at(f"row {row + 1} of {name}", row + 1), error=SourceError)
    columns = joined([typed(table.select(list(roles.read)), roles, pipeline.source, name, bad, policy)])
    gone = np.flatnonzero(bad.mask)
    rows = SourceRows(
        columns.filter(pa.array(~bad.mask)) if len(gone) else columns,
        lambda row: bad.place(row_before(row, gone)),
        set_aside=tuple(bad.set_aside),
        notes=code_notes(bad.codes, name),
    )
    return rows, time_type(table[roles.time])


def _near_names(absent: list[str], names: list[str]) -> str:
    """What may have been meant by columns that a frame has not."""
    near = [name for column in absent for name in get_close_matches(column, names, 1)]
    return f"; did you mean {', '.join(map(repr, dict.fromkeys(near)))}?" if near else ""


def _end(rows: SourceRows, settings: PanelSettings) -> FrameEnd:
    source = settings.source
    identity = identify_rows(rows, source.roles, settings, END_OF_TIME, time_format=source.time_format)
    if not identity.included.any():
        raise DataError(identity.why_nothing(END_OF_TIME))
    grid = read_clock(rows.table, settings, END_OF_TIME, identity).grid
    ordinals = ordinals_of(grid, identity.times.values, source)[0]
    place = np.append(ordinals, 0)[identity.times.code]
    observed = np.any([np.isfinite(numbers(rows.table[name])) for name in source.targets], axis=0) & identity.included
    if not observed.any():
        raise DataError(f"no row of the frame has a value of {', '.join(source.targets)}", column=source.targets[0])
    newest = int(place[observed].max())
    return FrameEnd(grid, newest, int(place[identity.included].max()))


def _after(end: FrameEnd, pipeline: Pipeline) -> datetime | int:
    """The first moment at which the newest observation counts."""
    for step in end.grid.times(np.array([end.newest, end.newest + 1])).to_pylist():
        for later in (0, 1):
            moment = _instant(step, later, pipeline)
            if end.grid.newest_complete(moment, pipeline.source.time_label, pipeline.time_zone) >= end.newest:
                return moment
    raise AssertionError("a step has ended when the one after it has")


def _instant(step: int | date | datetime, later: int, pipeline: Pipeline) -> datetime | int:
    if isinstance(step, int):
        return step
    if isinstance(step, datetime):
        return step.astimezone(UTC)
    return parse_as_of(str(step + timedelta(days=later)), pipeline=pipeline, now=END_OF_TIME)


def _moment(as_of: Any, pipeline: Pipeline) -> datetime | int:
    return as_of if isinstance(as_of, int) else parse_as_of(str(as_of), pipeline=pipeline, now=END_OF_TIME)


def panel_of_frame(frame: Any, **arguments: Any) -> Panel:
    """The panel of a frame, to the end of its observations. arguments: those of `lstm.fit`."""
    return FrameSource.of(frame_pipeline(arguments), frame, None, None).panel()[0]


def refuse_other_frequency(panel: Panel) -> None:
    """Raises DataError where the observations of a panel lie several of its steps apart, in every series."""
    rows = np.flatnonzero(panel.observed.any(axis=1))
    same = panel.row_series[rows[1:]] == panel.row_series[rows[:-1]]
    strides = np.diff(panel.ordinals[rows])[same]
    if len(strides) < FEWEST_STRIDES:
        return
    # Months, quarters and years have no number of days in common, but never less than a month between them.
    apart, least = int(np.gcd.reduce(strides)), int(strides.min())
    if apart > 1 or least >= MONTH:
        apart = max(apart, least)
        raise DataError(
            f"the rows of the frame lie {apart} steps of {panel.frequency.alias!r} apart, and a model of that "
            "frequency needs a row a step; give a frame of that frequency, or fit a model of the frame's own",
            value=apart,
        )
