"""Forecast rows under the names that a sink has for them, and which of its columns plays which part."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from lstm.config import Sink
from lstm.config.ledger_columns import level_columns
from lstm.errors import SinkError

WRITTEN_AT = "written_at"


@dataclass(frozen=True)
class SinkRows:
    """rows: with the sink's names, in the order of their key. names: the sink's by ours.

    series: the sink's names of the series key. configured: columns that the pipeline file names. decimals: to which
    its numbers are rounded, None where they are not.
    """

    rows: pa.Table
    names: Mapping[str, str]
    series: tuple[str, ...]
    configured: frozenset[str]
    decimals: int | None = None

    @classmethod
    def of(cls, sink: Sink, rows: pa.Table, series: tuple[str, ...], names: Mapping[str, str], now: datetime) -> Self:
        """Rows with `written_at`, by series, target and time. names: the sink's by ours (`Sink.names`)."""
        key = [name for name in (*series, "target", "time") if name in names]
        ordered = rows.sort_by([(name, "ascending") for name in key])
        if WRITTEN_AT not in ordered.column_names:
            stamp = pa.scalar(now.astimezone(UTC), pa.timestamp("us", tz="UTC"))
            ordered = ordered.append_column(WRITTEN_AT, pa.repeat(stamp, len(rows)))
        columns = [name for name in ordered.column_names if name in names]
        renamed = ordered.select(columns).rename_columns([names[name] for name in columns])
        return cls(
            renamed,
            dict(names),
            tuple(names[name] for name in series),
            frozenset(name for name in sink.columns.values() if name),
            sink.round,
        )

    @property
    def time(self) -> str:
        """The column of the time that is forecast."""
        return self.names["time"]

    @property
    def forecast(self) -> str:
        """The column of the forecast itself."""
        return self.names["forecast"]

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns of the forecast and its quantiles."""
        return (self.forecast, *(self.names[name] for name in level_columns(self.names)))

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that together name a row."""
        target = (self.names["target"],) if "target" in self.names else ()
        return (*self.series, *target, self.time)

    def named(self, spelled: Mapping[str, str]) -> Self:
        """The same with columns renamed; those that `spelled` lacks are left out."""
        columns = [name for name in self.rows.column_names if name in spelled]
        rows = self.rows.select(columns).rename_columns([spelled[name] for name in columns])
        names = {name: spelled[column] for name, column in self.names.items() if column in spelled}
        return replace(
            self, rows=rows, names=names, series=tuple(spelled[name] for name in self.series), configured=frozenset()
        )

    def refuse_several_targets(self, place: str) -> None:
        """Raises SinkError when rows of several targets would be one row in a sink without a column for it."""
        targets = pc.unique(self.rows[self.names["target"]]).to_pylist() if "target" in self.names else []
        if len(targets) > 1:
            raise SinkError(
                f"{place} has no column {self.names['target']}, and there are forecasts of {', '.join(targets)}; add "
                "the column to the table and its key, or name yours with sinks.columns.target"
            )


def rounded_to(numbers: pa.ChunkedArray, decimals: int) -> pa.ChunkedArray:
    """Numbers rounded to decimals, halves away from zero as databases do; what rounds to zero has no sign."""
    return pc.add(pc.round(numbers, ndigits=decimals, round_mode="half_towards_infinity"), 0.0)
