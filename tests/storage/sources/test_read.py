"""Sources of several files and of every kind, read as one table."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lstm.config import Source
from lstm.data.ingest.assemble import assemble
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import ConfigError, DataError, SourceError
from lstm.storage.sources.read import read_source

PASSWORD = "p@ss/w:rd%41-not-real"


def source(**changes: Any) -> Source:
    return Source.model_validate({"path": "in.csv", "series": ["id"], "time": "ds", "targets": ["y"]} | changes)


def read_rows(folder: Path, settings: Source | None = None) -> SourceRows:
    chosen = settings or source()
    return read_source(chosen, chosen.roles, folder=folder, url=None, binds={})


def read(folder: Path, settings: Source | None = None) -> pa.Table:
    return read_rows(folder, settings).table


def write(folder: Path, content: str | bytes, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in table.to_pylist()]


PLAIN = "id,ds,y\nA,2024-01-01,1.5\nB,2024-01-01,-2\n"
EXPECTED = [("A", "2024-01-01", 1.5), ("B", "2024-01-01", -2.0)]


# Files


def test_the_columns_come_in_the_order_of_the_roles_and_no_others(tmp_path: Path) -> None:
    write(tmp_path, "junk,y,ds,id,plan\n?,1.5,2024-01-01,A,7\n")
    table = read(tmp_path, source(future_covariates=["plan"]))
    assert table.column_names == ["id", "ds", "y", "plan"]
    assert rows(table) == [("A", "2024-01-01", 1.5, 7.0)]


@pytest.mark.parametrize("name", ["in.csv", "in.csv.gz", "in.txt", "in.parquet"])
def test_gzip_is_told_by_its_bytes_and_not_by_its_name(tmp_path: Path, name: str) -> None:
    """Law: what is compressed without saying so, and what says so without being it."""
    for content in (PLAIN.encode(), gzip.compress(PLAIN.encode())):
        write(tmp_path, content, name)
        assert rows(read(tmp_path, source(path=name))) == EXPECTED


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_header(tmp_path: Path, separator: str) -> None:
    write(tmp_path, PLAIN.replace(",", separator))
    found = read_rows(tmp_path)
    assert rows(found.table) == EXPECTED
    assert any("the separator is" in note for note in found.notes) == (separator != ",")
    assert rows(read(tmp_path, source(separator=separator))) == EXPECTED


@pytest.mark.parametrize(
    ("encoding", "codec"),
    [("utf-8", "utf-8-sig"), ("utf-8", "utf-8"), ("UTF8", "utf-8-sig"), ("cp1252", "cp1252"), ("latin-1", "latin-1"),
     ("utf-16", "utf-16")],
)  # fmt: skip
def test_ids_keep_their_letters_in_any_encoding(tmp_path: Path, encoding: str, codec: str) -> None:
    """Law: the header has an umlaut too, and a byte order mark is no letter of it."""
    write(tmp_path, "idö,ds,y\nKöln,2024-01-01,1\nMálaga,2024-01-01,2\n".encode(codec))
    table = read(tmp_path, source(encoding=encoding, series=["idö"]))
    assert table["idö"].to_pylist() == ["Köln", "Málaga"]


@pytest.mark.parametrize("lines", [1, 400_000])
def test_bytes_that_are_no_text_are_refused_with_their_offset(tmp_path: Path, lines: int) -> None:
    """Fault: the ö of cp1252 is no UTF-8; far into the file it is found too."""
    head = b"id,ds,y\n" + b"A,2024-01-01,1\n" * lines
    write(tmp_path, head + b"K\xf6ln,2024-01-01,1\n")
    with pytest.raises(
        SourceError, match=rf"in\.csv is not utf-8 text: byte 0xF6 at offset {len(head) + 1}; set source.enc"
    ):
        read(tmp_path)


def test_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    write(tmp_path, PLAIN)
    with pytest.raises(ConfigError, match=r"source.encoding = 'klingon' is not known"):
        read(tmp_path, source(encoding="klingon"))


def test_decimal_commas_are_numbers_only_where_the_file_says_so(tmp_path: Path) -> None:
    """Law: never a thousand times too big."""
    write(tmp_path, "id;ds;y\nA;2024-01-01;100,689\nA;2024-01-02;-1,5e3\nA;2024-01-03;7\n")
    assert read(tmp_path, source(decimal=","))["y"].to_pylist() == [100.689, -1500.0, 7.0]
    with pytest.raises(
        SourceError, match=r"'100,689' in in.csv, line 2, '-1,5e3' in in.csv, line 3; set source.decimal = \",\""
    ):
        read(tmp_path)


def test_a_point_is_no_decimal_mark_beside_a_comma(tmp_path: Path) -> None:
    """Trap: 1.299 with decimal commas means 1299, and is never read as 1.299."""
    write(tmp_path, "id;ds;y\nA;2024-01-01;1.299\nA;2024-01-02;999,50\n")
    with pytest.raises(SourceError, match=r"'y' is not a number: '1.299' in in.csv, line 2; set source.thousands"):
        read(tmp_path, source(decimal=","))


@pytest.mark.parametrize(
    "name", ["007", "NA", "None", "nan", "null", "1e5", "12345678901234567890", "TRUE", "-", " x "]
)
def test_an_id_is_text_and_nothing_else(tmp_path: Path, name: str) -> None:
    """Trap: it looks like a number, a missing value or a boolean, and is a name."""
    write(tmp_path, f"id,ds,y\n{name},2024-01-01,1\n")
    assert read(tmp_path)["id"].to_pylist() == [name]


def test_cells_may_hold_separators_quotes_and_line_ends(tmp_path: Path) -> None:
    """Law: as RFC 4180 has it."""
    write(tmp_path, 'id,ds,y\n"Doe, Jane",2024-01-01,1\n"line1\nline2",2024-01-01,2\n"say ""hi""",2024-01-01,3\n')
    assert read(tmp_path)["id"].to_pylist() == ["Doe, Jane", "line1\nline2", 'say "hi"']


@pytest.mark.parametrize(
    "token", ["", "NA", "N/A", "n/a", "n.a.", "NaN", "nan", "null", "NULL", "None", "-", "—", " ", "#N/A"]
)
def test_a_word_for_missing_is_missing(tmp_path: Path, token: str) -> None:
    """Law: never 0 or -1."""
    write(tmp_path, f"id,ds,y\nA,2024-01-01,{token}\nA,2024-01-02, 2 \n")
    assert read(tmp_path)["y"].to_pylist() == [None, 2.0]


def test_words_of_yes_and_no_are_one_and_zero(tmp_path: Path) -> None:
    """Law: in any case of letters, beside 1 and 0."""
    words = ["True", "False", "TRUE", "false", "yes", "No", "1", "0"]
    write(tmp_path, "id,ds,y\n" + "".join(f"A,2024-01-0{day},{word}\n" for day, word in enumerate(words, 1)))
    assert read(tmp_path)["y"].to_pylist() == [1, 0, 1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("token", ["err", "1_000", "0x1A", "1 000", "12,5x", "١٢", "--1", "1.2.3", "€5"])
def test_text_in_a_number_column_is_refused_with_its_line(tmp_path: Path, token: str) -> None:
    """A quoted line end before it counts, as an editor counts."""
    write(tmp_path, f'id,ds,y\n"A\nA",2024-01-01,1\nB,2024-01-01,"{token}"\n')
    with pytest.raises(SourceError, match=r"column 'y' is not a number: .* in in\.csv, line 4; ") as refusal:
        read(tmp_path)
    assert repr(token) in str(refusal.value)


def test_rows_without_any_value_are_left_out_and_counted(tmp_path: Path) -> None:
    """Trap: a spreadsheet exports a hundred lines of separators after the table."""
    write(tmp_path, PLAIN + ",,\n" * 100 + "\n" * 5)
    found = read_rows(tmp_path)
    assert rows(found.table) == EXPECTED
    assert "in.csv: 100 rows without any value were left out" in found.notes


def test_a_row_with_a_value_but_no_id_stays_to_be_refused(tmp_path: Path) -> None:
    """Law: nothing is dropped in silence."""
    write(tmp_path, PLAIN + ",2024-01-02,3\n,,4\n")
    assert rows(read(tmp_path))[2:] == [("", "2024-01-02", 3.0), ("", "", 4.0)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", r"in\.csv is empty \(0 bytes\); the export has failed"),
        ("id,ds,y\n", r"in\.csv has no rows, only a header"),
        ("\n\n", r"in\.csv has no header line"),
        ("id,ds,y,y\nA,2024-01-01,1,2\n", r"in\.csv has 2 columns named 'y'"),
        ("id,ds,Y\nA,2024-01-01,1\n", r"in\.csv has no column 'y'; it has 'id', 'ds', 'Y' \(read with separator ','"),
        ("id,ds,y\nA,2024-01-01,1\nB,2024-01-01\n", r"in\.csv, line 3: 2 cells where there are 3 columns"),
        ("id,ds,y\nA,2024-01-01,1,9\n", r"in\.csv, line 2: 4 cells where there are 3 columns"),
        (gzip.compress(PLAIN.encode(), mtime=0)[:-12], r"in\.csv cannot be read"),
        (b"PAR1 no parquet", r"in\.csv cannot be read"),
    ],
)
def test_a_file_that_cannot_be_understood_is_refused_by_name(tmp_path: Path, content: str | bytes, why: str) -> None:
    """Fault: it is empty, torn, cut short, or has other columns than the pipeline file names."""
    write(tmp_path, content)
    with pytest.raises(SourceError, match=why):
        read(tmp_path)


def test_a_column_that_is_not_needed_may_occur_twice(tmp_path: Path) -> None:
    write(tmp_path, "id,x,ds,x,y\nA,1,2024-01-01,2,3\n")
    assert rows(read(tmp_path)) == [("A", "2024-01-01", 3.0)]


def test_a_pattern_reads_all_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    """A day without rows among them is no fault."""
    (tmp_path / "data").mkdir()
    write(tmp_path, "id;ds;y\nB;2024-01-02;2\n", "data/2.csv")
    write(tmp_path, "y,ds,id\n1,2024-01-01,A\n", "data/1.csv")
    write(tmp_path, "id,ds,y\n", "data/3.csv")
    assert rows(read(tmp_path, source(path="data/*.csv"))) == [("A", "2024-01-01", 1.0), ("B", "2024-01-02", 2.0)]


def test_a_path_is_taken_by_the_letter_before_it_is_a_pattern(tmp_path: Path) -> None:
    write(tmp_path, PLAIN, "sales [1].csv")
    assert rows(read(tmp_path, source(path="sales [1].csv"))) == EXPECTED
    assert rows(read(Path("/"), source(path=str(tmp_path / "sales [1].csv")))) == EXPECTED


def test_a_path_that_names_nothing_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SourceError, match=r"no file matches path = 'no/\*.csv' in .*relative paths start at the pipeline"
    ):
        read(tmp_path, source(path="no/*.csv"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(SourceError, match=r"is a folder; give a pattern such as path = 'folder/\*.csv'"):
        read(tmp_path, source(path="folder"))


# Parquet


def test_parquet_columns_are_read_in_any_type_that_means_the_same(tmp_path: Path) -> None:
    """Dictionaries, decimals, booleans, large text, 32-bit integers, nanoseconds."""
    table = pa.table(
        {
            "id": pa.array(["007", "NA"]).dictionary_encode(),
            "n": pa.array([1, 2], pa.int32()),
            "ds": pa.array([datetime(2024, 1, 1), datetime(2024, 1, 2)], pa.timestamp("ns")),
            "y": pa.array([Decimal("1.50"), None], pa.decimal128(10, 2)),
            "flag": [True, False],
            "text": pa.array(["2.5", " n/a "], pa.large_string()),
            "kind": pa.array(["a", None]),
        }
    )
    pq.write_table(table, tmp_path / "in.data")
    settings = source(path="in.data", series=["id", "n"], past_covariates=["flag", "text"], static_covariates=["kind"])
    found = read(tmp_path, settings)
    assert rows(found)[0] == ("007", 1, datetime(2024, 1, 1), 1.5, 1.0, 2.5, "a")
    assert rows(found)[1] == ("NA", 2, datetime(2024, 1, 2), None, 0.0, None, None)
    assert found["n"].type == pa.int64()


def test_stamps_of_old_and_new_pandas_join(tmp_path: Path) -> None:
    """Law: nanoseconds and microseconds are one axis."""
    for day, unit in ((1, "ns"), (2, "us")):
        times = pa.array([datetime(2024, 1, day)], pa.timestamp(unit))
        pq.write_table(pa.table({"id": ["A"], "ds": times, "y": [1.0]}), tmp_path / f"{day}.parquet")
    assert read(tmp_path, source(path="*.parquet"))["ds"].to_pylist() == [datetime(2024, 1, 1), datetime(2024, 1, 2)]


def test_files_whose_types_contradict_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["A"], "ds": ["2024-01-01"], "y": [1.0]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"id": [1], "ds": ["2024-01-01"], "y": [1.0]}), tmp_path / "2.parquet")
    with pytest.raises(SourceError, match=r"column 'id' is string in one file of the source and int64 in another"):
        read(tmp_path, source(path="*.parquet"))


@pytest.mark.parametrize(
    ("name", "values", "why"),
    [
        ("id", [1.0], "series column 'id' is double, which does not hold ids exactly"),
        ("y", [date(2024, 1, 1)], r"column 'y' is date32.*not a number"),
        ("y", ["many"], r"column 'y' is not a number: 'many' in in.parquet, row 1"),
    ],
)
def test_a_type_that_does_not_fit_its_role_is_refused(tmp_path: Path, name: str, values: list[Any], why: str) -> None:
    columns: dict[str, list[Any]] = {"id": ["A"], "ds": ["2024-01-01"], "y": [1.0], name: values}
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    with pytest.raises(SourceError, match=why):
        read(tmp_path, source(path="in.parquet"))


def test_a_missing_parquet_column_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    """Fault: the file has another column than the pipeline file names."""
    pq.write_table(pa.table({"id": ["A"], "ds": ["2024-01-01"], "temperature": [1.0]}), tmp_path / "in.parquet")
    with pytest.raises(SourceError, match=r"in\.parquet has no column 'y'; it has 'id', 'ds', 'temperature'"):
        read(tmp_path, source(path="in.parquet"))


# Laws

IDS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r\n\ufeff"), min_size=1, max_size=6).filter(
    str.strip
)
CELL = st.sampled_from(["1", "2.5", "-3e2", "", "NA", "x", "inf"])


@given(st.lists(st.tuples(IDS, st.integers(1, 28), CELL), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_ids_of_any_letters_come_back_from_a_csv(tmp_path: Path, drawn: list[tuple[str, int, str]]) -> None:
    import csv

    with (tmp_path / "in.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [("id", "ds", "y"), *((name, f"2024-01-{day:02}", cell) for name, day, cell in drawn)]
        )
    try:
        found = read(tmp_path)
    except SourceError as error:
        assert "is not a number" in str(error)  # noqa: PT017 - only then
        assert any(cell == "x" for _, _, cell in drawn)
        return
    assert found["id"].to_pylist() == [name for name, _, _ in drawn]


@given(
    st.lists(st.tuples(st.integers(0, len(PLAIN) * 3), st.binary(min_size=1, max_size=2)), max_size=6), st.booleans()
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mutated_file_is_read_or_refused_clearly(
    tmp_path: Path, mutations: list[tuple[int, bytes]], zipped: bool
) -> None:
    """Law: no traceback, either a panel or a clear error."""
    from lstm.config import Pipeline

    content = bytearray((PLAIN + PLAIN.split("\n", 1)[1].replace("01-01", "01-02")).encode())
    for place, piece in mutations:
        content[place % len(content) : place % len(content) + 1] = piece
    write(tmp_path, gzip.compress(bytes(content)) if zipped else bytes(content))
    pipeline = Pipeline.model_validate({"name": "p", "horizon": 1, "source": source().model_dump()})
    try:
        assemble(read_rows(tmp_path), PanelSettings.of(pipeline), datetime(2024, 1, 3, tzinfo=UTC))
    except (SourceError, DataError) as error:
        assert len(str(error)) > 20  # noqa: PT017 - any refusal will do, if it says something


# Codes for missing values


@pytest.mark.parametrize("word", [".", "..", "?", ":", "\\N", "n.d.", "#N/A N/A", "-"])
def test_a_usual_word_for_missing_leaves_its_row(tmp_path: Path, word: str) -> None:
    """FRED, the World Bank, UCI, Eurostat, MySQL: the cell is missing, the target beside it is not."""
    write(tmp_path, f"id,ds,y,wind\nA,2024-01-01,1.5,{word}\nA,2024-01-02,{word},4\n")
    read_in = read_rows(tmp_path, source(past_covariates=["wind"]))
    assert rows(read_in.table) == [("A", "2024-01-01", 1.5, None), ("A", "2024-01-02", None, 4.0)]
    assert not read_in.set_aside


CODES = {"A": (-200.0, 1.0), "B": (2.0, None), "C": (-200.0, -200.0)}


@pytest.mark.parametrize("kind", ["csv", "parquet", "sqlite"])
def test_a_named_code_is_a_missing_cell_and_is_counted(tmp_path: Path, kind: str) -> None:
    """Of y two cells are -200 and of wind one, in whatever a table is kept."""
    settings = source(past_covariates=["wind"], missing=["-200"])
    table = pa.table({"id": list(CODES), "ds": ["2024-01-01"] * 3} | {
        name: [values[index] for values in CODES.values()] for index, name in enumerate(("y", "wind"))
    })  # fmt: skip
    url = None
    if kind == "csv":
        pacsv.write_csv(table, tmp_path / "in.csv")
    elif kind == "parquet":
        pq.write_table(table, tmp_path / "in.csv")
    else:
        url = f"sqlite:///{tmp_path / 'in.db'}"
        settings = Source.model_validate(settings.model_dump() | {"path": None, "url": url, "table": "t"})
        table.to_pandas().to_sql("t", url, index=False)
    read_in = read_source(settings, settings.roles, folder=tmp_path, url=url, binds={})
    assert rows(read_in.table) == [
        ("A", "2024-01-01", None, 1.0), ("B", "2024-01-01", 2.0, None), ("C", "2024-01-01", None, None)
    ]  # fmt: skip
    where = "table t" if kind == "sqlite" else "in.csv"
    assert read_in.notes == (
        f"{where}: cells of 'y' that are missing by source.missing: '-200' (2)",
        f"{where}: cells of 'wind' that are missing by source.missing: '-200' (1)",
    )


def test_a_named_word_is_a_missing_cell_and_other_words_are_still_refused(tmp_path: Path) -> None:
    """`k.W.` is named; `x` is not."""
    write(tmp_path, "id,ds,y\nA,2024-01-01,k.W.\nA,2024-01-02,3\n")
    read_in = read_rows(tmp_path, source(missing=["k.W."]))
    assert read_in.table["y"].to_pylist() == [None, 3.0]
    assert read_in.notes == ("in.csv: cells of 'y' that are missing by source.missing: 'k.W.' (1)",)
    write(tmp_path, "id,ds,y\nA,2024-01-01,k.W.\nA,2024-01-02,x\n")
    with pytest.raises(SourceError, match=r"'x' in in\.csv, line 3"):
        read(tmp_path, source(missing=["k.W."]))


# Times in several columns


@pytest.mark.parametrize("policy", ["error", "set_aside"])
def test_a_date_and_a_clock_are_one_time(tmp_path: Path, policy: Literal["error", "set_aside"]) -> None:
    """As UCI's air quality has them; they are joined before anything is read of them."""
    write(tmp_path, "id;Date;Time;y\nA;10/03/2004;18.00.00;1\nA;10/03/2004;19.00.00;2\n;;;\n")
    settings = source(time="Date", time_parts=["Time"], time_format="%d/%m/%Y %H.%M.%S", bad_rows=policy)
    read_in = read_rows(tmp_path, settings)
    assert read_in.table.column_names == ["id", "Date", "y"]
    assert read_in.table["Date"].to_pylist() == ["10/03/2004 18.00.00", "10/03/2004 19.00.00"]
    panel, _ = assemble(read_in, PanelSettings(settings, 1), datetime(2004, 3, 10, 20, tzinfo=UTC))
    assert panel.frequency.texts(panel.ordinals[:2]) == ["2004-03-10T18:00Z", "2004-03-10T19:00Z"]


def test_a_row_without_its_clock_has_no_time(tmp_path: Path) -> None:
    """Midnight would be a guess."""
    write(tmp_path, "id,ds,hour,y\nA,2024-01-01,0,1\nA,2024-01-01,,2\n")
    settings = source(time_parts=["hour"], time_format="%Y-%m-%d %H")
    with pytest.raises(DataError, match=r"'ds' is empty: series 'A', in\.csv, line 3"):
        assemble(read_rows(tmp_path, settings), PanelSettings(settings, 1, "h"), datetime(2024, 1, 2, tzinfo=UTC))


def test_a_missing_column_of_a_time_is_named(tmp_path: Path) -> None:
    write(tmp_path, "id,ds,y\nA,2024-01-01,1\n")
    with pytest.raises(SourceError, match="no column 'hour'"):
        read(tmp_path, source(time_parts=["hour"]))
