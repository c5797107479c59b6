"""CSV files as people have them: compressed, in other encodings, without a header, with lines that are no rows."""

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lstm.config import Source
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import SourceError
from lstm.storage.sources.read import read_source

PLAIN = "id,ds,y\nA,2024-01-01,1.5\nB,2024-01-01,-2\n"
EXPECTED = [("A", "2024-01-01", 1.5), ("B", "2024-01-01", -2.0)]


def read(folder: Path, *contents: str | bytes, **changes: Any) -> SourceRows:
    """The rows of in1.csv, in2.csv, … with these contents. changes: of the source; bad_rows: the policy."""
    for number, content in enumerate(contents, 1):
        (folder / f"in{number}.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    chosen = Source.model_validate({"path": "in*.csv", "series": ["id"], "time": "ds", "targets": ["y"]} | changes)
    return read_source(chosen, chosen.roles, folder=folder, url=None, binds={}, bad_rows=chosen.bad_rows)


def rows(found: SourceRows) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in found.table.to_pylist()]


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


@pytest.mark.parametrize(
    ("compress", "name"), [(gzip.compress, "gzip"), (bz2.compress, "bz2"), (lzma.compress, "xz"), (zstd, "zstd")]
)
def test_a_compressed_file_is_told_by_its_bytes_and_said(tmp_path: Path, compress: Any, name: str) -> None:
    """Law: whatever the name of the file says."""
    found = read(tmp_path, compress(PLAIN.encode()))
    assert rows(found) == EXPECTED
    assert found.notes == (f"in1.csv: compressed with {name}",)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_a_compressed_file_that_breaks_off_is_refused_by_name(tmp_path: Path, compress: Any) -> None:
    content = compress(PLAIN.encode() * 500)
    with pytest.raises(SourceError, match=r"in1\.csv"):
        read(tmp_path, content[: len(content) // 2])


def test_an_archive_or_workbook_is_refused_by_what_it_is(tmp_path: Path) -> None:
    """A file of Excel is no text in another encoding."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("in.csv", PLAIN)
    with pytest.raises(SourceError, match=r"in1\.csv is a zip archive or an Excel workbook; export the table"):
        read(tmp_path, archive.getvalue())


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path: Path, encoding: str) -> None:
    found = read(tmp_path, PLAIN.replace("A", "Köln").encode(encoding))
    assert rows(found)[0] == ("Köln", "2024-01-01", 1.5)
    assert any(f"the encoding is {encoding}" in note for note in found.notes) == (encoding != "utf-8-sig")


def test_a_file_without_a_header_has_the_columns_that_the_settings_name(tmp_path: Path) -> None:
    body = PLAIN.split("\n", 1)[1]
    assert rows(read(tmp_path, body, columns=["id", "ds", "y"])) == EXPECTED
    assert rows(read(tmp_path, body.replace(",", ";"), columns=["id", "ds", "y"])) == EXPECTED


def test_lines_of_a_title_and_comments_are_no_rows(tmp_path: Path) -> None:
    """A comment within a cell in quotes is part of the cell; lines are counted as an editor counts them."""
    content = 'Sales, all stores\n# made by hand\nid,ds,y\n# more\n"A\n# x",2024-01-01,1\nB,2024-01-01,oops\n'
    found = read(tmp_path, content.replace("oops", "2"), skip_lines=1, comment="#")
    assert rows(found) == [("A\n# x", "2024-01-01", 1.0), ("B", "2024-01-01", 2.0)]
    assert found.place(1) == "in1.csv, line 7"
    with pytest.raises(SourceError, match=r"'oops' in in1\.csv, line 7"):
        read(tmp_path, content, skip_lines=1, comment="#")


@pytest.mark.parametrize("mark", ["\r", "\r\n", "\n"])
def test_any_line_end_ends_a_line(tmp_path: Path, mark: str) -> None:
    found = read(tmp_path, PLAIN.replace("\n", mark))
    assert rows(found) == EXPECTED
    assert found.place(1) == "in1.csv, line 3"


def test_names_of_columns_may_have_blanks_around_them(tmp_path: Path) -> None:
    assert rows(read(tmp_path, PLAIN.replace("id,ds,y", " id , ds,y "))) == EXPECTED


@pytest.mark.parametrize("content", ["id,ds,y\n", "id,ds,y", "\n\nid,ds,y\r\n"])
def test_a_header_alone_is_no_table(tmp_path: Path, content: str) -> None:
    """Fault: an export that broke off after its first line, with or without a line end."""
    with pytest.raises(SourceError, match="has no rows, only a header"):
        read(tmp_path, content)


def test_rows_of_another_length_are_set_aside_with_their_lines(tmp_path: Path) -> None:
    """A torn row, one with a cell too many, and a line of blanks, which is none."""
    torn = "id,ds,y\nA,2024-01-01,1\nB,2024-01-01\n   \nC,2024-01-01,1,9\nD,2024-01-01,4\n"
    found = read(tmp_path, torn, bad_rows="set_aside")
    assert [row[0] for row in rows(found)] == ["A", "D"]
    assert [(one.rows, one.examples) for one in found.set_aside] == [(2, ("in1.csv, line 3", "in1.csv, line 5"))]
    assert found.blank == 1
    assert found.place(1) == "in1.csv, line 6"
    with pytest.raises(SourceError, match="line 3: 2 cells where there are 3 columns"):
        read(tmp_path, torn)


def test_a_place_is_told_across_files_with_what_was_left_out_before(tmp_path: Path) -> None:
    """in1: a bad row and a blank one before B; in2 in another order and dialect."""
    first = "id,ds,y\nA,2024-01-01,what\n,,\nB,2024-01-01,1\n"
    second = "y;ds;id\n2;2024-01-01;C\n;;\n3;2024-01-01;D\n"
    found = read(tmp_path, first, second, bad_rows="set_aside")
    assert [row[0] for row in rows(found)] == ["B", "C", "D"]
    assert [found.place(row) for row in range(3)] == ["in1.csv, line 4", "in2.csv, line 2", "in2.csv, line 4"]
    assert [(one.column, one.examples) for one in found.set_aside] == [("y", ("'what' in in1.csv, line 2",))]
    assert found.blank == 2


def test_thousands_marks_are_read_where_the_settings_name_them(tmp_path: Path) -> None:
    """Trap: 1.299, 1.299,99 and 999,5 are 1299, 1299.99 and 999.5."""
    content = "id;ds;y\nA;2024-01-01;1.299\nA;2024-01-02;1.299,99\nA;2024-01-03;999,5\n"
    found = read(tmp_path, content, decimal=",", thousands=".")
    assert [row[2] for row in rows(found)] == [1299.0, 1299.99, 999.5]
    spaced = content.replace("1.299", "1\u202f299")
    assert [row[2] for row in rows(read(tmp_path, spaced, decimal=",", thousands=" "))] == [1299.0, 1299.99, 999.5]


def test_a_quote_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"in1\.csv"):
        read(tmp_path, 'id,ds,y\nA,2024-01-01,1\n"B,2024-01-01,2\nC,2024-01-01,3\n')


def test_a_quote_within_a_cell_opens_nothing(tmp_path: Path) -> None:
    """5" is a length; the comment after it is one."""
    content = 'id,ds,y,n\nA,2024-01-01,1,5" pipe\n#A,2024-01-02,999,x\nB,2024-01-03,2,"5"" #\n#"\n'
    assert [row[0] for row in rows(read(tmp_path, content, comment="#"))] == ["A", "B"]


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "utf-8"])
def test_comments_are_left_out_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    content = "# é\n" + PLAIN.replace("A,", "Café,").replace("B,", "Cafè,")
    given = {} if encoding != "cp1252" else {"encoding": encoding}
    found = read(tmp_path, content.encode(encoding), comment="#", **given)
    assert [row[0] for row in rows(found)] == ["Café", "Cafè"]


def test_bytes_that_are_no_text_are_refused_behind_comments_too(tmp_path: Path) -> None:
    """Far behind the first megabyte, which is looked at for the header."""
    content = b"# x\n" + PLAIN.encode() + b"A,2024-01-02,1\n" * 80_000 + b"Caf\xe9,2024-01-01,1\n"
    with pytest.raises(SourceError, match="byte 0xE9 at offset"):
        read(tmp_path, content, comment="#")


def test_a_quote_that_swallows_the_rest_is_refused_under_any_policy(tmp_path: Path) -> None:
    """Otherwise the rest of the file would be one torn row, set aside."""
    content = "id,ds,y\nA,2024-01-01,1\n" + 'B,2024-01-01,"2\n' + "C,2024-01-01,3\n" * 20_000
    with pytest.raises(SourceError, match=r"in1\.csv, after line 2: a quote is opened and never closed"):
        read(tmp_path, content, bad_rows="set_aside")


def test_a_row_of_nuls_is_torn_and_not_blank(tmp_path: Path) -> None:
    """The tail of a file on a full disk."""
    content = "id,ds,y\nA,2024-01-01,1\n\0\0\0\0\n"
    with pytest.raises(SourceError, match=r"in1\.csv, line 3: 1 cells where there are 3 columns"):
        read(tmp_path, content)
    assert [one.rows for one in read(tmp_path, content, bad_rows="set_aside").set_aside] == [1]


def test_lines_are_skipped_before_comments_are_looked_for(tmp_path: Path) -> None:
    body = PLAIN.split("\n", 1)[1]
    names = ["id", "ds", "y"]
    assert rows(read(tmp_path, "title\n# c\n" + body, skip_lines=2, comment="#", columns=names)) == EXPECTED
    assert rows(read(tmp_path, "title\n# c\n" + body, skip_lines=1, comment="#", columns=names)) == EXPECTED


def test_a_cell_may_be_long(tmp_path: Path) -> None:
    content = f'id,ds,y,n\nA,2024-01-01,1,"{"x" * 200_000}"\nB,2024-01-01,oops,x\n'
    with pytest.raises(SourceError, match=r"'oops' in in1\.csv, line 3"):
        read(tmp_path, content)


def test_torn_rows_are_counted_once_though_numbers_are_read_twice(tmp_path: Path) -> None:
    """In whichever order Arrow finds the two."""
    content = "id,ds,y\nA,2024-01-01\nB,2024-01-01,oops\nC,2024-01-01,1\n"
    found = read(tmp_path, content, bad_rows="set_aside")
    assert [(one.column, one.rows) for one in found.set_aside] == [("", 1), ("y", 1)]
    assert rows(found) == [("C", "2024-01-01", 1.0)]


def test_quotes_around_the_names_alone_are_no_quotes_of_rows(tmp_path: Path) -> None:
    """As Arrow and R write a file."""
    assert rows(read(tmp_path, PLAIN.replace("id,ds,y", '"id","ds","y"'))) == EXPECTED
    assert rows(read(tmp_path, PLAIN.replace("id,ds,y", '"id","ds","y"').replace("A,", '"A,\n1",')))[0][0] == "A,\n1"
