"""JSON lines: an object is a row, whatever kinds its values have; a line that is none is named."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from lstm.config import Source
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import SourceError
from lstm.storage.sources.json_lines import first_rows, is_json
from lstm.storage.sources.read import read_source

LINES = ['{"id":"A","ds":"2024-01-01","y":1,"junk":[1]}', '{"ds":"2024-01-02","y":2.5,"id":"A"}']
ROWS = [("A", "2024-01-01", 1.0), ("A", "2024-01-02", 2.5)]


def read_rows(folder: Path, *lines: str, **changes: Any) -> SourceRows:
    (folder / "in.jsonl").write_text("\n".join(lines), "utf-8")
    columns = {"path": "in.jsonl", "series": ["id"], "time": "ds", "targets": ["y"]}
    settings = Source.model_validate(columns | changes)
    return read_source(settings, settings.roles, folder=folder, url=None, binds={}, bad_rows=settings.bad_rows)


def rows(read_in: SourceRows) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in read_in.table.to_pylist()]


def test_objects_are_rows_with_the_columns_of_the_roles(tmp_path: Path) -> None:
    """Dates and ids keep their text; other names of an object say nothing, in whatever order."""
    assert rows(read_rows(tmp_path, *LINES)) == ROWS


def test_blank_lines_and_compression_change_nothing(tmp_path: Path) -> None:
    read_in = read_rows(tmp_path, LINES[0], "", LINES[1], "")
    assert rows(read_in) == ROWS
    assert read_in.place(1) == "in.jsonl, line 3"
    (tmp_path / "in.jsonl").write_bytes(gzip.compress("\n".join(LINES).encode()))
    settings = Source.model_validate({"path": "in.jsonl", "series": ["id"], "time": "ds", "targets": ["y"]})
    assert rows(read_source(settings, settings.roles, folder=tmp_path, url=None, binds={})) == ROWS


@pytest.mark.parametrize(
    ("value", "number"), [("null", None), ('"n/a"', None), ('"7"', 7.0), ("true", 1.0), ("-200", None), ('"."', None)]
)
def test_a_value_is_the_number_that_it_says(tmp_path: Path, value: str, number: float | None) -> None:
    """Also among others of another kind, and where it stands for a missing one."""
    lines = [*LINES, f'{{"id":"A","ds":"2024-01-03","y":{value}}}', '{"id":"A","ds":"2024-01-04"}']
    read_in = read_rows(tmp_path, *lines, missing=["-200"])
    assert rows(read_in)[2:] == [("A", "2024-01-03", number), ("A", "2024-01-04", None)]


def test_integer_ids_and_steps_stay_integers(tmp_path: Path) -> None:
    assert rows(read_rows(tmp_path, '{"id":7,"ds":1,"y":2}', '{"id":8,"ds":2,"y":3}')) == [(7, 1, 2.0), (8, 2, 3.0)]


def test_a_line_that_is_no_object_is_named_or_set_aside(tmp_path: Path) -> None:
    torn = [LINES[0], '{"id":"A","ds"', LINES[1], "7"]
    with pytest.raises(SourceError, match=r"in\.jsonl, line 2 is no JSON object, nor are 1 more"):
        read_rows(tmp_path, *torn)
    read_in = read_rows(tmp_path, *torn, bad_rows="set_aside")
    assert rows(read_in) == ROWS
    assert read_in.set_aside[0].examples == ("in.jsonl, line 2", "in.jsonl, line 4")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"id":"A","ds":"2024-01-01","y":{"mean":1}}'], "line 1: column 'y' holds several values a row"),
        (['{"id":"A","ds":"2024-01-01"}'], "has no column 'y'"),
        (['[{"id":"A","ds":"2024-01-01","y":1}]'], "is one JSON array; write its objects as lines"),
        (['{"id":"A","ds":"2024-01-01","y":1}', '{"id":"A","ds":"2024-01-02","y":"x"}'], "'x' in in.jsonl, line 2"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_rows(tmp_path, *lines)
    assert message in str(refused.value)


def test_the_first_rows_are_looked_at(tmp_path: Path) -> None:
    """A column that holds lists is left out; a CSV is no JSON."""
    (tmp_path / "in.jsonl").write_text("\n".join(LINES))
    table, whole = first_rows(tmp_path / "in.jsonl", 1)
    assert (table.to_pylist(), whole) == ([{"id": "A", "ds": "2024-01-01", "y": 1}], False)
    assert first_rows(tmp_path / "in.jsonl", 2)[1]
    (tmp_path / "in.csv").write_text("{id},ds\nA,2024-01-01\n"[1:])
    assert not is_json(tmp_path / "in.csv")
