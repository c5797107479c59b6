"""Parquet files: any type that means the same, in parts, and damaged ones."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm.config import Pipeline, Source
from lstm.data.ingest.assemble import assemble
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import SourceError
from lstm.storage.sources.parquet import read_parquet
from lstm.storage.sources.read import read_source

PLAIN: dict[str, list[Any]] = {"id": ["A", "B"], "ds": [date(2024, 1, 1)] * 2, "y": [1.5, -2.0]}


def source(**changes: Any) -> Source:
    return Source.model_validate({"path": "in.parquet", "series": ["id"], "time": "ds", "targets": ["y"]} | changes)


def read(folder: Path, *tables: pa.Table, **changes: Any) -> SourceRows:
    """The rows of one file for each table."""
    for number, table in enumerate(tables):
        pq.write_table(table, folder / f"{number}.parquet")
    chosen = source(path="*.parquet", **changes)
    return read_source(chosen, chosen.roles, folder=folder, url=None, binds={}, bad_rows=chosen.bad_rows)


def column(folder: Path, name: str, values: pa.Array) -> list[Any]:
    table = pa.table({other: PLAIN[other][:1] * len(values) for other in PLAIN} | {name: values})
    return list(read(folder, table).table[name].to_pylist())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
        (pa.array(["a", "b"]).cast(pa.large_string()), ["a", "b"]),
        (pa.array(["a", "b"]).cast(pa.string_view()), ["a", "b"]),
        (pa.array([b"a", b"b"]), ["a", "b"]),
        (pa.array([1, 2], pa.int8()), [1, 2]),
        (pa.array([1, 2]).dictionary_encode(), [1, 2]),
        (
            pa.ExtensionArray.from_storage(pa.uuid(), pa.array([UUID(int=5).bytes] * 2, pa.binary(16))),
            ["00000000-0000-0000-0000-000000000005"] * 2,
        ),
    ],
)
def test_ids_keep_their_text_in_every_type(tmp_path: Path, values: pa.Array, expected: list[Any]) -> None:
    """Old writers declare text as bytes; a UUID is its text, as in a database."""
    assert column(tmp_path, "id", values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1.5, None], pa.float16()), [1.5, None]),
        (pa.array([1.5, None], pa.float32()), [1.5, None]),
        (pa.array([2, None], pa.uint64()), [2.0, None]),
        (pa.array([2, None]).cast(pa.decimal128(21, 2)), [2.0, None]),
        (pa.array([True, None]), [1.0, None]),
        (pa.array([None, None]), [None, None]),
        (pa.array([1.5, 1.5]).dictionary_encode(), [1.5, 1.5]),
        (pa.array(["1.5", " n/a "]), [1.5, None]),
        (pa.array([b"1.5", b""]), [1.5, None]),
    ],
)
def test_numbers_of_every_type_are_floats(tmp_path: Path, values: pa.Array, expected: list[Any]) -> None:
    assert column(tmp_path, "y", values) == expected


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "+05:30"])
def test_stamps_of_every_unit_and_zone_are_microseconds(tmp_path: Path, unit: str, zone: str | None) -> None:
    stamps = pa.array([1_704_067_200]).cast(pa.timestamp("s", zone)).cast(pa.timestamp(unit, zone))
    assert column(tmp_path, "ds", stamps) == [datetime(2024, 1, 1, tzinfo=None if zone is None else UTC)]


@pytest.mark.parametrize(
    ("one", "another", "expected"),
    [
        (pa.array([1], pa.int32()), pa.array([2], pa.int64()), [1, 2]),
        (pa.array(["A"]), pa.array(["B"]).dictionary_encode(), ["A", "B"]),
        (pa.array(["A"]), pa.array(["B"]).cast(pa.large_string()), ["A", "B"]),
    ],
)
def test_files_of_compatible_types_join(tmp_path: Path, one: pa.Array, another: pa.Array, expected: list[Any]) -> None:
    first, second = (pa.table({"id": ids, "ds": [date(2024, 1, 1)], "y": [1.0]}) for ids in (one, another))
    assert read(tmp_path, first, second).table["id"].to_pylist() == expected


def test_files_of_nanoseconds_microseconds_and_single_floats_join(tmp_path: Path) -> None:
    """Law: a second and a number are the same in every width."""
    stamps = pa.array([datetime(2024, 1, 1)], pa.timestamp("us"))
    tables = [
        pa.table({"id": ["A"], "ds": stamps.cast(pa.timestamp("ns")), "y": pa.array([1.0], pa.float32())}),
        pa.table({"id": ["A"], "ds": stamps, "y": [2]}),
    ]
    table = read(tmp_path, *tables).table
    assert table["ds"].to_pylist() == [datetime(2024, 1, 1)] * 2
    assert table["y"].to_pylist() == [1.0, 2.0]


def test_serial_days_of_excel_are_times_in_a_column_of_floats(tmp_path: Path) -> None:
    """pandas writes them as doubles; serial 45292 is 1 January 2024."""
    table = pa.table({"id": ["A", "A"], "ds": [45292.0, 45293.0], "y": [1.0, 2.0]})
    found = read(tmp_path, table, time_format="excel")
    given = source(time_format="excel").model_dump(exclude_unset=True)
    pipeline = Pipeline.model_validate({"name": "p", "horizon": 1, "frequency": "D", "source": given})
    panel, _ = assemble(found, PanelSettings.of(pipeline), datetime(2024, 1, 3, tzinfo=UTC))
    assert panel.frequency.texts(panel.start) == ["2024-01-01"]


@pytest.mark.parametrize("batch", [1, 2, 1000])
def test_many_row_groups_are_read_in_parts_and_bad_rows_keep_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr("lstm.storage.sources.parquet.BATCH", batch)
    table = pa.table({"id": list("ABCDE"), "ds": [date(2024, 1, 1)] * 5, "y": ["1", "x", "3", "y", "5"]})
    pq.write_table(table, tmp_path / "in.parquet", row_group_size=2)
    found = read_parquet(tmp_path / "in.parquet", source(), source().roles, "set_aside")
    assert found.table.to_pydict() == {"id": ["A", "C", "E"], "ds": [date(2024, 1, 1)] * 3, "y": [1.0, 3.0, 5.0]}
    assert [found.place(row) for row in range(3)] == ["in.parquet, row 1", "in.parquet, row 3", "in.parquet, row 5"]
    assert [(one.rows, one.examples) for one in found.set_aside] == [
        (2, ("'x' in in.parquet, row 2", "'y' in in.parquet, row 4"))
    ]


def test_a_bad_row_is_refused_with_its_place_in_the_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"column 'y' is not a number: 'many' in 0\.parquet, row 2; mend"):
        read(tmp_path, pa.table(PLAIN | {"y": ["1", "many"]}))


def test_a_column_with_a_dot_in_its_name_is_a_column(tmp_path: Path) -> None:
    table = pa.table({"id": ["A"], "ds": [date(2024, 1, 1)], "a.b": [1.0]})
    assert read(tmp_path, table, targets=["a.b"]).table["a.b"].to_pylist() == [1.0]


def test_a_nested_column_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"0\.parquet: column 'y' is struct<a: int64>, which holds several values"):
        read(tmp_path, pa.table(PLAIN | {"y": [{"a": 1}, {"a": 2}]}))


def test_a_missing_column_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    """Fault: a covariate that the pipeline file names is not in the file."""
    with pytest.raises(SourceError, match=r"0\.parquet has no column 'temperature'; it has 'id', 'ds', 'y'"):
        read(tmp_path, pa.table(PLAIN), past_covariates=["temperature"])


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table(PLAIN), tmp_path / "in.parquet")
    whole = (tmp_path / "in.parquet").read_bytes()
    (tmp_path / "in.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"in\.parquet cannot be read as Parquet, it is damaged or cut short"):
        read_parquet(tmp_path / "in.parquet", source(), source().roles, "error")


def test_a_text_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    """Arrow takes a file's word for it."""
    latin = pa.StringArray.from_buffers(1, *pa.array([b"K\xf6ln"]).buffers()[1:])
    with pytest.raises(SourceError, match=r"0\.parquet cannot be read as Parquet.*UTF8"):
        read(tmp_path, pa.table({"id": latin, "ds": [date(2024, 1, 1)], "y": [1.0]}))


@given(st.lists(st.tuples(st.integers(4, 4000), st.binary(min_size=1, max_size=3)), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_file_is_read_or_refused(tmp_path: Path, mutations: list[tuple[int, bytes]]) -> None:
    """Law: damage is never a traceback."""
    path = tmp_path / "in.parquet"
    pq.write_table(pa.table({name: values * 9 for name, values in PLAIN.items()}), path, row_group_size=5)
    content = bytearray(path.read_bytes())
    for place, piece in mutations:
        start = 4 + place % (len(content) - 4)
        content[start : start + len(piece)] = piece
    path.write_bytes(content)
    try:
        read_parquet(path, source(), source().roles, "set_aside")
    except SourceError as error:
        assert "in.parquet" in str(error)  # noqa: PT017 - either will do
