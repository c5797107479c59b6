"""The panel as a table with a row a step, for Parquet, and back; equal content has an equal fingerprint.

Series boundaries are not stored: every series ends at the same step, so a row of that step ends a series.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from lstm.config import Calendar
from lstm.data.frequency.aliases import Frequency
from lstm.data.panel.blocks import series_blocks
from lstm.data.panel.panel import Panel

CHANNELS = ("targets", "past", "future", "static")
ROLES = ("keys", "time", *CHANNELS)


def panel_tables(panel: Panel) -> Iterator[pa.Table]:
    """T rows, some series at a time: key columns, `time` (grid type), targets and covariates; null where missing.

    Text keys are dictionary-encoded. A column whose name is taken gets underscores; the schema's metadata under
    `nightcast` has the real names by role.
    """
    names = {
        "keys": panel.keys.column_names,
        "time": ["time"],
        "targets": panel.target_names,
        "past": panel.past_names,
        "future": panel.future_names,
        "static": panel.static_names,
    }
    metadata = {
        "frequency": asdict(panel.frequency),
        "cutoff": panel.cutoff,
        "horizon": panel.horizon,
        "names": names,
        "categories": panel.categories,
        "calendar": panel.calendar.model_dump(mode="json"),
        "time_zone": panel.time_zone,
        "types": {role: str(getattr(panel, role).dtype) for role in CHANNELS},
    }
    columns = list(_distinct(name for role in ROLES for name in names[role]))
    keys = [column.combine_chunks() for column in panel.keys.columns]
    for first, after in series_blocks(panel.indptr):
        arrays = _block_arrays(panel, keys, first, after)
        yield pa.Table.from_arrays(arrays, names=columns, metadata={"nightcast": json.dumps(metadata)})


def _block_arrays(panel: Panel, keys: list[pa.Array], first: int, after: int) -> list[pa.Array]:
    rows = slice(panel.indptr[first], panel.indptr[after])
    series = np.repeat(np.arange(first, after, dtype=np.int32), np.diff(panel.indptr[first : after + 1]))
    places = pa.array(series - first)
    return [
        # Of these series only: a file holds a dictionary for each block, and a reader reads all of them.
        *(_encoded(key.slice(first, after - first)).take(places) for key in keys),
        panel.frequency.times(panel.block_ordinals(first, after)),
        *(_column(values) for block in (panel.targets, panel.past, panel.future) for values in block[rows].T),
        *(_column(values[series]) for values in panel.static.T),
    ]


def _encoded(key: pa.Array) -> pa.Array:
    return key.dictionary_encode() if pa.types.is_string(key.type) else key


def _column(values: np.ndarray) -> pa.Array:
    return pa.array(np.ascontiguousarray(values), from_pandas=True)


def _distinct(names: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        free = name
        while free in seen:
            free += "_"
        seen.add(free)
        yield free


def panel_from_tables(tables: Iterable[pa.Table]) -> Panel:
    """Inverse of `panel_tables`, also after a round trip through Parquet. tables: its rows in order, in any parts."""
    parts: list[_Part] = []
    for table in tables:
        parts.append(_Part.of(table, begins=not parts or parts[-1].ends))
    return _joined(parts, json.loads(table.schema.metadata[b"nightcast"]))


@dataclass(frozen=True)
class _Part:
    """Some rows of a stored panel: their values by role, and which series begin among them.

    begun: places of their first rows. keys: of these series. start: their first ordinals. ends: whether the last row is
    the last one of its series.
    """

    begun: np.ndarray
    keys: pa.Table
    start: np.ndarray
    values: dict[str, np.ndarray]
    ends: bool

    @classmethod
    def of(cls, table: pa.Table, *, begins: bool) -> "_Part":
        """begins: whether the first row is that of a series."""
        metadata = json.loads(table.schema.metadata[b"nightcast"])
        names, types = metadata["names"], metadata["types"]
        ends = np.cumsum([len(names[role]) for role in ROLES])
        block = {role: table.columns[end - len(names[role]) : end] for role, end in zip(ROLES, ends, strict=True)}
        # All series end at the same step, cutoff + horizon, so each row of that step is the last one of a series.
        ordinals = Frequency(**metadata["frequency"]).ordinals(block["time"][0].combine_chunks())[0]
        last = ordinals == metadata["cutoff"] + metadata["horizon"]
        begun = np.flatnonzero(np.append(begins, last[:-1])[: len(last)])
        first = pa.array(begun)
        values = {role: _block(block[role], len(table), types[role]) for role in ("targets", "past", "future")}
        values["static"] = _block([column.take(first) for column in block["static"]], len(first), types["static"])
        keys = pa.table([_decoded(column.take(first)) for column in block["keys"]], names=names["keys"])
        return cls(begun, keys, ordinals[begun], values, bool(last[-1:].all()))


def _joined(parts: list[_Part], metadata: dict[str, Any]) -> Panel:
    names = metadata["names"]
    rows = np.cumsum([0, *(len(part.values["targets"]) for part in parts)])
    values = {role: np.concatenate([part.values[role] for part in parts]) for role in CHANNELS}
    begun = [part.begun + before for part, before in zip(parts, rows[:-1], strict=True)]
    return Panel(
        frequency=Frequency(**metadata["frequency"]),
        cutoff=metadata["cutoff"],
        horizon=metadata["horizon"],
        keys=pa.concat_tables([part.keys for part in parts]).combine_chunks(),
        indptr=np.concatenate([*begun, rows[-1:]]).astype(np.int64),
        start=np.concatenate([part.start for part in parts]),
        targets=values["targets"],
        past=values["past"],
        future=values["future"],
        static=values["static"],
        target_names=tuple(names["targets"]),
        past_names=tuple(names["past"]),
        future_names=tuple(names["future"]),
        static_names=tuple(names["static"]),
        categories=tuple(tuple(texts) for texts in metadata.get("categories", ())),
        calendar=Calendar.model_validate(metadata["calendar"]),
        time_zone=metadata["time_zone"],
    )


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _block(columns: list[pa.ChunkedArray], rows: int, kind: str) -> np.ndarray:
    values = np.empty((rows, len(columns)), kind)
    for index, column in enumerate(columns):
        values[:, index] = column.to_numpy()
    return values
