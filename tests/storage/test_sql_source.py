"""Sources: files of every dialect and databases of every kind, read as one table."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import create_engine, text

from lstm.config import Source
from lstm.data.source_rows import SourceRows
from lstm.errors import ConfigError, ForecastError, SourceError, SourceUnavailableError
from lstm.storage.panel_source import read_panel
from lstm.storage.sources import read_source

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


# Databases


def fill(url: str, *statements: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def from_database(url: str, **changes: Any) -> pa.Table:
    binds = changes.pop("binds", {})
    settings = source(path=None, url="env:ANY", **changes)
    return read_source(settings, settings.roles, folder=Path("/nowhere"), url=url, binds=binds).table


SALES = (
    "CREATE TABLE sales (id VARCHAR(20), ds DATE, y NUMERIC(12, 3), junk INTEGER)",
    "INSERT INTO sales VALUES ('007', '2024-01-01', 1.5, 1), ('NA', '2024-01-02', NULL, 2), ('a', '2024-01-03', 4, 3)",
)


def test_a_table_is_read_with_the_columns_that_are_needed(database_url: str) -> None:
    """SQLite has no dates, so theirs are text; the others answer dates."""
    fill(database_url, *SALES)
    table = from_database(database_url, table="sales")
    assert table.column_names == ["id", "ds", "y"]
    assert [(name, str(day), y) for name, day, y in rows(table)] == [
        ("007", "2024-01-01", 1.5), ("NA", "2024-01-02", None), ("a", "2024-01-03", 4.0),
    ]  # fmt: skip
    assert table["ds"].type == (EXPECTED_TEXT if database_url.startswith("sqlite") else pa.date32())


EXPECTED_TEXT = pa.dictionary(pa.int32(), pa.string())


def test_a_query_sees_the_moment_and_the_end_of_the_horizon(database_url: str) -> None:
    fill(database_url, *SALES)
    binds = {"as_of": datetime(2024, 1, 2, tzinfo=UTC), "horizon_end": date(2024, 1, 2)}
    query = "SELECT * FROM sales WHERE ds <= :horizon_end"
    assert from_database(database_url, query=query, binds=binds)["id"].to_pylist() == ["007", "NA"]
    query = "SELECT id, ds, y FROM sales WHERE ds > :as_of"
    assert from_database(database_url, query=query, binds=binds)["id"].to_pylist()[-1] == "a"


def test_names_are_quoted(database_url: str) -> None:
    """Issue 3, case 85: reserved words, capitals and spaces."""
    quote = "`" if database_url.startswith("mysql") else '"'
    names = {name: f"{quote}{name}{quote}" for name in ("table", "group", "order", "Select It")}
    fill(
        database_url,
        f"CREATE TABLE {names['table']} ({names['group']} VARCHAR(9), {names['order']} DATE, "
        f"{names['Select It']} FLOAT)",
        f"INSERT INTO {names['table']} VALUES ('A', '2024-01-01', 2.5)",
    )
    found = from_database(database_url, table="table", series=["group"], time="order", targets=["Select It"])
    assert found["Select It"].to_pylist() == [2.5]


def test_types_of_keys_survive_and_a_table_longer_than_a_batch_is_whole(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lstm.storage.sql_source.BATCH", 7)
    values = ", ".join(f"({number % 3}, '2024-01-01', {number})" for number in range(50))
    fill(database_url, "CREATE TABLE t (id INTEGER, ds DATE, y BIGINT)", f"INSERT INTO t VALUES {values}")
    table = from_database(database_url, table="t")
    assert table["id"].type == pa.int64()
    assert sorted(table["y"].to_pylist()) == list(range(50))


def test_a_missing_table_or_column_is_refused_with_what_is_there(database_url: str) -> None:
    fill(database_url, *SALES, "CREATE VIEW recent AS SELECT * FROM sales")
    with pytest.raises(SourceError, match="there is no table nothing; there are recent, sales"):
        from_database(database_url, table="nothing")
    with pytest.raises(SourceError, match=r"there is no schema nowhere, which source.table = 'nowhere.sales' names"):
        from_database(database_url, table="nowhere.sales")
    with pytest.raises(SourceError, match="table sales has no column 'z'; it has 'id', 'ds', 'y', 'junk'"):
        from_database(database_url, table="sales", targets=["z"])
    with pytest.raises(SourceError, match="the query of the source has no column 'y'; it has 'id', 'ds'"):
        from_database(database_url, query="SELECT id, ds FROM sales")
    with pytest.raises(SourceError, match="the query of the source has 2 columns named 'y'"):
        from_database(database_url, query="SELECT id, ds, y, junk AS y FROM sales")
    assert len(from_database(database_url, table="recent")) == 3


def test_a_query_that_the_database_refuses_is_told_in_its_words(database_url: str) -> None:
    fill(database_url, SALES[0])
    with pytest.raises(SourceError, match=r"the source .* refused: .*nonsense") as refusal:
        from_database(database_url, query="SELECT nonsense FROM sales")
    assert not refusal.value.transient


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT * FROM sales WHERE ds <= :horizon_end", "binds :horizon_end, which needs `frequency`"),
        ("SELECT * FROM sales WHERE ds <= :today", "binds :today; only :as_of and :horizon_end have a value"),
    ],
)
def test_a_name_without_a_value_is_refused(tmp_path: Path, query: str, why: str) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    fill(url, *SALES)
    with pytest.raises(SourceError, match=why):
        from_database(url, query=query, binds={"as_of": datetime(2024, 1, 1, tzinfo=UTC)})


def test_an_empty_table_is_refused(database_url: str) -> None:
    fill(database_url, SALES[0])
    with pytest.raises(SourceError, match="table sales gave no rows"):
        from_database(database_url, table="sales")


def test_a_sqlite_database_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"the SQLite database .*gone\.db does not exist"):
        from_database(f"sqlite:///{tmp_path}/gone.db", table="sales")
    assert not (tmp_path / "gone.db").exists()


def test_text_in_a_number_column_of_sqlite_is_refused_by_its_keys(tmp_path: Path) -> None:
    """Issue 3, case 51: SQLite keeps any text in a REAL column; n/a is missing, 12,5 is never 125."""
    url = f"sqlite:///{tmp_path}/x.db"
    fill(
        url,
        "CREATE TABLE sales (id TEXT, ds TEXT, y REAL)",
        "INSERT INTO sales VALUES ('B', '2024-01-10', 1.5), ('B', '2024-01-11', 'n/a'), ('B', '2024-01-12', '12,5')",
    )
    with pytest.raises(
        SourceError, match=r"table sales: column 'y' is not a number in 1 rows: '12,5' \(B/2024-01-12\)"
    ):
        from_database(url, table="sales")


def test_numbers_that_sqlite_keeps_as_text_are_numbers(tmp_path: Path) -> None:
    """Issue 3, case 52; and ids of mixed kinds become text, 007 beside 7."""
    url = f"sqlite:///{tmp_path}/x.db"
    fill(
        url,
        "CREATE TABLE sales (id, ds TEXT, y)",
        "INSERT INTO sales VALUES ('007', '2024-01-01', '100.512'), (7, '2024-01-01', 9), ('b', '2024-01-01', NULL)",
    )
    table = from_database(url, table="sales")
    assert table["id"].to_pylist() == ["007", "7", "b"]
    assert table["y"].to_pylist() == [100.512, 9.0, None]


def test_ids_become_text_where_only_a_later_batch_has_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lstm.storage.sql_source.BATCH", 1)
    url = f"sqlite:///{tmp_path}/x.db"
    fill(url, "CREATE TABLE t (id, ds TEXT, y)", "INSERT INTO t VALUES (7, '2024-01-01', 1), ('x', '2024-01-01', 2)")
    assert from_database(url, table="t")["id"].to_pylist() == ["7", "x"]


@pytest.mark.parametrize(
    "encoded", ["p%40ss%2Fw%3Ard%2541-not-real", PASSWORD], ids=["encoded as it should be", "with bare @ and /"]
)
def test_no_password_is_in_any_error(encoded: str) -> None:
    """Issue 3, case 100: nothing listens on port 1."""
    url = f"postgresql+psycopg://user:{encoded}@127.0.0.1:1/sales"
    with pytest.raises(ForecastError) as refusal:
        from_database(url, table="sales")
    told: BaseException | None = refusal.value
    while told is not None:
        assert "ss/w:rd" not in str(told)
        assert "p%40ss" not in str(told)
        told = told.__cause__ or told.__context__


def test_a_database_that_does_not_answer_is_named_by_host_port_and_database() -> None:
    with pytest.raises(SourceUnavailableError, match=r"127\.0\.0\.1:1/sales cannot be reached") as refusal:
        from_database("postgresql+psycopg://user:secret@127.0.0.1:1/sales", table="sales")
    assert refusal.value.transient


def test_a_url_that_is_none_is_the_mistake_of_the_user() -> None:
    with pytest.raises(ConfigError, match="a database URL cannot be read"):
        from_database("not a url", table="sales")


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_types_and_schemas_are_read(database_url: str) -> None:
    """Stamps with a zone are instants, arrays of ids are uuid text, numeric is float."""
    fill(
        database_url,
        "CREATE SCHEMA stock",
        'CREATE TABLE stock."Sales" (id uuid, ds timestamptz, y numeric, flag boolean, kind text)',
        """INSERT INTO stock."Sales" VALUES
           ('00000000-0000-0000-0000-00000000000a', '2024-01-01 01:00+01', 1.25, true, 'x')""",
    )
    settings = {"table": "stock.Sales", "past_covariates": ["flag"], "static_covariates": ["kind"]}
    found = from_database(database_url, **settings)
    stamp = datetime(2024, 1, 1, tzinfo=UTC)
    assert rows(found) == [("00000000-0000-0000-0000-00000000000a", stamp, 1.25, 1.0, "x")]


def test_every_kind_of_source_gives_the_same_panel(database_url: str, tmp_path: Path) -> None:
    """Issue 3: CSV against Parquet against each database."""
    from lstm.config import Pipeline

    days = [date(2024, 1, day) for day in range(1, 11)]
    values = [(name, day, 10.0 * index + day.day) for index, name in enumerate(("Köln", "NA", "007")) for day in days]
    table = pa.table(
        {"id": [row[0] for row in values], "ds": [row[1] for row in values], "y": [row[2] for row in values]}
    )
    pq.write_table(table, tmp_path / "in.parquet")
    write(tmp_path, "id,ds,y\n" + "".join(f"{name},{day},{value}\n" for name, day, value in reversed(values)))
    cells = ", ".join(f"('{name}', '{day}', {value})" for name, day, value in values)
    fill(database_url, "CREATE TABLE t (id VARCHAR(20), ds DATE, y FLOAT)", f"INSERT INTO t VALUES {cells}")
    places = [{"path": "in.csv"}, {"path": "in.parquet"}, {"url": database_url, "table": "t"}]
    roles = {"series": ["id"], "time": "ds", "targets": ["y"]}
    prints = set()
    for place in places:
        pipeline = Pipeline.model_validate({"name": "p", "horizon": 2, "source": roles | place})
        prints.add(read_panel(pipeline, tmp_path, datetime(2024, 1, 11, tzinfo=UTC))[0].fingerprint)
    assert len(prints) == 1


def test_a_statement_without_rows_is_refused_and_keeps_nothing(tmp_path: Path) -> None:
    """A delete in the place of a query: refused, and the table is as it was."""
    url = f"sqlite:///{tmp_path / 'd.db'}"
    with create_engine(url).begin() as connection:
        connection.execute(text("create table t (day text, y real)"))
        connection.execute(text("insert into t values ('2024-01-01', 1.0)"))
    wanted = Source(url=url, query="delete from t", time="day", targets=("y",))
    with pytest.raises(SourceError, match="answers no rows: it is no select"):
        read_source(wanted, wanted.roles, folder=tmp_path, url=url, binds={})
    with create_engine(url).connect() as connection:
        assert connection.execute(text("select count(*) from t")).scalar() == 1
