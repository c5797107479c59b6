"""Laws of reading: the same rows give the same panel and the same quality numbers wherever they come from.

Law: any shuffle of the rows, any split into files, CSV, Parquet and each database.
"""

import csv
import gzip
import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drawn import Drawn, drawn
from lstm.data.ingest.assemble import assemble
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.data.rows.source_rows import SourceRows
from lstm.storage.sources.panel_source import read_panel

LAWS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
Quoting = Literal[0, 1, 2, 3]
SHUFFLES = st.randoms(use_true_random=False)
# A CSV has no types, so its ids are text.
WITH_TEXT_KEYS = drawn(keys=("text", "none"))


def numbers(found: tuple[Panel, QualityReport]) -> tuple[str, QualityReport]:
    """Fingerprint of the panel and what was found in it, without how the source was understood."""
    return found[0].fingerprint, found[1].model_copy(update={"notes": ()})


def expected(case: Drawn) -> tuple[str, QualityReport]:
    return numbers(assemble(SourceRows(case.table()), PanelSettings.of(case.settings), case.as_of))


def read(case: Drawn, folder: Path, **place: Any) -> tuple[str, QualityReport]:
    source = case.settings.source.model_dump(exclude_unset=True, exclude={"path"}) | place
    return numbers(read_panel(case.with_settings(source=source).settings, folder, case.as_of))


@pytest.fixture
def empty(tmp_path: Path) -> Callable[[], Path]:
    """Makes the folder of one example, empty each time."""

    def make() -> Path:
        folder = tmp_path / "example"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    return make


def as_csv(table: pa.Table, *, separator: str = ",", decimal: str = ".", quoting: Quoting = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=quoting)
    writer.writerow(table.column_names)
    writer.writerows([_cell(value, decimal) for value in row.values()] for row in table.to_pylist())
    return text.getvalue()


def _cell(value: Any, decimal: str) -> str:
    if isinstance(value, float):
        return repr(value).replace(".", decimal)
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)


def parts(data: st.DataObject, case: Drawn) -> Iterator[pa.Table]:
    """The rows in another order, cut into one to three tables with a row each at least."""
    rows = data.draw(st.permutations([*case.rows, *case.ahead]))
    cuts = data.draw(st.sets(st.integers(1, len(rows) - 1), max_size=2)) if len(rows) > 1 else set()
    borders = [0, *sorted(cuts), len(rows)]
    yield from (case.table(rows[start:end]) for start, end in pairwise(borders))


@given(st.data(), WITH_TEXT_KEYS)
@LAWS
def test_any_shuffle_and_split_into_csv_files_gives_the_same_panel(
    empty: Callable[[], Path], data: st.DataObject, case: Drawn
) -> None:
    """Also where some files are compressed."""
    folder = empty()
    for number, part in enumerate(parts(data, case)):
        compress = gzip.compress if data.draw(st.booleans()) else bytes
        (folder / f"{number}.csv").write_bytes(compress(as_csv(part).encode()))
    assert read(case, folder, path="*.csv") == expected(case)


@given(
    WITH_TEXT_KEYS,
    st.sampled_from([";", "\t", "|"]),
    st.sampled_from([("utf-8-sig", None), ("utf-16", "utf-16"), ("cp1252", "cp1252")]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
@LAWS
def test_a_csv_of_another_dialect_gives_the_same_panel(
    empty: Callable[[], Path], case: Drawn, separator: str, encoding: tuple[str, str | None], quoting: Quoting
) -> None:
    """The decimal comma is given, the separator and a byte-order mark are found, other encodings are given."""
    folder = empty()
    content = as_csv(case.table(), separator=separator, decimal=",", quoting=quoting)
    (folder / "in.csv").write_bytes(content.encode(encoding[0]))
    assert read(case, folder, path="in.csv", decimal=",", encoding=encoding[1]) == expected(case)


@given(st.data(), drawn())
@LAWS
def test_any_shuffle_and_split_into_parquet_files_gives_the_same_panel(
    empty: Callable[[], Path], data: st.DataObject, case: Drawn
) -> None:
    """Also where text is dictionary-encoded and the stamps are of nanoseconds."""
    folder = empty()
    nanoseconds, dictionary = data.draw(st.booleans()), data.draw(st.booleans())
    for number, part in enumerate(parts(data, case)):
        if nanoseconds and pa.types.is_timestamp(part["ds"].type):
            part = part.set_column(part.column_names.index("ds"), "ds", part["ds"].cast(pa.timestamp("ns", tz="UTC")))
        if dictionary and "id" in part.column_names and pa.types.is_string(part["id"].type):
            part = part.set_column(part.column_names.index("id"), "id", part["id"].dictionary_encode())
        pq.write_table(part, folder / f"{number}.parquet")
    assert read(case, folder, path="*.parquet") == expected(case)


def fill(engine: sa.Engine, case: Drawn, rows: list[dict[str, Any]]) -> None:
    """Writes the rows to the table `readings`, instants as naive UTC stamps."""
    columns = [sa.Column(field.name, _sql_type(field.type)) for field in case.schema()]
    table = sa.Table("readings", sa.MetaData(), *columns)
    table.drop(engine, checkfirst=True)
    table.create(engine)
    naive = [row | {"ds": _naive(row["ds"])} for row in rows]
    with engine.begin() as connection:
        connection.execute(table.insert(), naive)


def _sql_type(kind: pa.DataType) -> sa.types.TypeEngine[Any]:
    if pa.types.is_string(kind):
        return sa.String(20)
    if pa.types.is_integer(kind):
        return sa.BigInteger()
    if pa.types.is_floating(kind):
        return sa.Double()
    return sa.Date() if pa.types.is_date(kind) else sa.DateTime()


def _naive(moment: Any) -> Any:
    return moment.astimezone(UTC).replace(tzinfo=None) if isinstance(moment, datetime) else moment


@given(st.data(), drawn())
@LAWS
def test_a_database_gives_the_same_panel_as_the_rows_themselves(
    database_url: str, data: st.DataObject, case: Drawn
) -> None:
    """SQLite, PostgreSQL and MariaDB, each with a table and with a query."""
    rows = data.draw(st.permutations([*case.rows, *case.ahead]))
    engine = sa.create_engine(database_url)
    fill(engine, case, rows)
    engine.dispose()
    place = data.draw(st.sampled_from([{"table": "readings"}, {"query": "select * from readings"}]))
    assert read(case, Path("/nowhere"), url=database_url, **place) == expected(replace(case, written=False))


@given(st.data(), WITH_TEXT_KEYS, st.sampled_from(["horizon", "everything"]))
@LAWS
def test_future_covariates_in_a_table_of_their_own_give_the_same_panel(
    empty: Callable[[], Path], data: st.DataObject, case: Drawn, covers: str
) -> None:
    """Of the horizon only, or of all times; a table of the horizon may repeat the past, where the source wins."""
    folder = empty()
    case = replace(case.with_source(future_covariates=["plan"], duplicates="error", gaps="missing"), written=False)
    both = [*case.rows, *case.ahead]
    again = data.draw(st.lists(st.sampled_from(case.rows), unique_by=id)) if covers == "horizon" else case.rows
    observed = case.table(case.rows)
    pq.write_table(observed if covers == "horizon" else observed.drop_columns("plan"), folder / "in.parquet")
    ahead = case.table([*case.ahead, *again])
    pq.write_table(ahead.select([*case.settings.source.series, "ds", "plan"]), folder / "plan.parquet")
    future = {"path": "plan.parquet", "covers": covers}
    found = read(case, folder, path="in.parquet", future=future)[0]
    assert found == numbers(assemble(SourceRows(case.table(both)), PanelSettings.of(case.settings), case.as_of))[0]
