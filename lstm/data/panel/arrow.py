"""The panel as a table with a row a step, for Parquet, and back; equal content has an equal fingerprint.

Series boundaries are not stored: every series ends at the same step, so a row of that step ends a series.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict

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
    keys = [_encoded(column.combine_chunks()) for column in panel.keys.columns]
    for first, after in series_blocks(panel.indptr):
        arrays = _block_arrays(panel, keys, first, after)
        yield pa.Table.from_arrays(arrays, names=columns, metadata={"nightcast": json.dumps(metadata)})


def _block_arrays(panel: Panel, keys: list[pa.Array], first: int, after: int) -> list[pa.Array]:
    rows = slice(panel.indptr[first], panel.indptr[after])
    series = np.repeat(np.arange(first, after, dtype=np.int32), np.diff(panel.indptr[first : after + 1]))
    return [
        *(key.take(pa.array(series)) for key in keys),
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


def panel_from_table(table: pa.Table) -> Panel:
    """Inverse of `panel_tables`, also after a round trip through Parquet."""
    metadata = json.loads(table.schema.metadata[b"nightcast"])
    names = metadata["names"]
    ends = np.cumsum([len(names[role]) for role in ROLES])
    block = {role: table.columns[end - len(names[role]) : end] for role, end in zip(ROLES, ends, strict=True)}
    frequency = Frequency(**metadata["frequency"])
    # All series end at the same step, cutoff + horizon, so each row of that step is the last one of a series.
    ordinals = frequency.ordinals(block["time"][0].combine_chunks())[0]
    last = np.flatnonzero(ordinals == metadata["cutoff"] + metadata["horizon"])
    indptr = np.concatenate([[0], last + 1]).astype(np.int64)
    types = metadata["types"]
    first = pa.array(indptr[:-1])
    return Panel(
        frequency=frequency,
        cutoff=metadata["cutoff"],
        horizon=metadata["horizon"],
        keys=pa.table([_decoded(column.take(first)) for column in block["keys"]], names=names["keys"]),
        indptr=indptr,
        start=ordinals[indptr[:-1]],
        targets=_block(block["targets"], len(table), types["targets"]),
        past=_block(block["past"], len(table), types["past"]),
        future=_block(block["future"], len(table), types["future"]),
        static=_block([column.take(first) for column in block["static"]], len(first), types["static"]),
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
