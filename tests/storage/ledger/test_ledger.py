"""The ledger keeps every forecast under the user's own keys, and knows which are current."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from nights import NOW, forecast_rows, publish_night, run_key
from sqlalchemy import inspect

from lstm.errors import ConfigError, EvaluationError, StoreError
from lstm.model.serving.forecast_rows import Served
from lstm.model.serving.forecast_rows import forecast_rows as rows_of_the_model
from lstm.storage.ledger.ledger import Ledger
from lstm.storage.ledger.ledger_table import Layout
from lstm.storage.registry.registry import Registry
from lstm.storage.store.database import write_transaction
from panels import make_panel

RUN = run_key().run_id


def write(store, rows, run_id=RUN, table="forecasts", now=NOW):
    ledger = Ledger(store, table)
    ledger.prepare(rows.schema)
    with write_transaction(store, "small") as connection:
        return ledger.replace_run(connection, run_id, "small", rows, now)


def change(rows, name, values):
    index = rows.column_names.index(name)
    return rows.set_column(index, name, pa.array(values, rows.schema.field(name).type))


def test_rows_come_back_as_they_were_written(store):
    """Every column, type and null; `written_at` tells when."""
    rows = change(forecast_rows(ids=["B", "A"]), "reason", ["no history", None, "", 'a "quoted", reason\n'])
    assert write(store, rows) == 4
    back = Ledger(store).run_rows(RUN)
    ordered = rows.sort_by([("id", "ascending"), ("step", "ascending")])
    assert back.drop_columns(["written_at"]).equals(ordered)
    assert back["written_at"].to_pylist() == [NOW] * 4


def test_a_rerun_replaces_its_own_rows_and_no_others(store):
    """Fewer series the second time: those that are gone are gone; another run's rows stay."""
    write(store, forecast_rows(ids=["A", "B", "C"]))
    write(store, forecast_rows(ids=["A"], level=0.0), run_id="another")
    write(store, forecast_rows(ids=["A", "B"]), now=NOW + timedelta(hours=1))
    assert Ledger(store).run_rows(RUN)["id"].to_pylist() == ["A", "A", "B", "B"]
    assert Ledger(store).run_rows("another")["forecast"].to_pylist() == [1.0, 2.0]


def test_keys_that_differ_by_case_accent_or_a_blank_stay_apart(store):
    """MariaDB's default collation merges all of these."""
    ids = ["JFK", "JFK ", "Málaga", "Malaga", "jfk"]
    write(store, forecast_rows(ids=ids, horizon=1))
    assert set(Ledger(store).run_rows(RUN)["id"].to_pylist()) == set(ids)


def test_each_type_of_key_keeps_its_type(store):
    """Integers beyond 2**53, numbers, dates, truth values and instants, all in one key."""
    moment = datetime(2024, 11, 3, 5, 30, tzinfo=UTC)
    keys = {
        "store no": pa.array([2**53 + 1, 2**53 + 2]),
        "Size": pa.array([0.1, 0.1]),
        "opened": pa.array([date(2020, 2, 29)] * 2),
        "open": pa.array([True, False]),
        "since": pa.array([moment] * 2, pa.timestamp("us", tz="UTC")),
    }
    plain = forecast_rows(ids=["A", "B"], horizon=1).drop_columns(["id"])
    rows = pa.table(keys | {name: plain[name] for name in plain.column_names})
    write(store, rows)
    assert Ledger(store).run_rows(RUN).drop_columns(["written_at"]).equals(rows)
    assert Ledger(store).layout() == Layout.of_rows(rows.schema)


@pytest.mark.parametrize("grid", ["stamps", "integers"])
def test_times_have_the_type_of_the_grid(store, grid):
    """Instants and integer steps, beside the dates of the other tests; an integer cutoff 9 is older than 10."""
    first: Any
    step: Any
    if grid == "stamps":
        first, arrow, step = datetime(2024, 3, 31, 0, tzinfo=UTC), pa.timestamp("us", tz="UTC"), timedelta(hours=1)
    else:
        first, arrow, step = 9, pa.int64(), 1
    for cutoff in (first, first + step):
        rows = forecast_rows(ids=["A"])
        for name, values in (("cutoff", [cutoff] * 2), ("time", [cutoff + step, cutoff + 2 * step])):
            rows = rows.set_column(rows.column_names.index(name), name, pa.array(values, arrow))
        publish_night(store, rows, key=run_key().model_copy(update={"as_of": str(cutoff)}))
    ledger = Ledger(store)
    current = ledger.current("small")
    assert current["time"].to_pylist() == [first + step, first + 2 * step, first + 3 * step]
    assert current["cutoff"].to_pylist() == [first, first + step, first + step]
    assert ledger.newest_run("small") == run_key().model_copy(update={"as_of": str(first + step)}).run_id
    assert ledger.expected_series("small", first + step, first + step)["id"].to_pylist() == ["A"]


@pytest.mark.parametrize("key", ["order", "Group", "select", "my key", 'say "hi"', "100%", "naïve", "a:b", "(x)"])
def test_reserved_words_and_odd_names_are_quoted(store, key):
    """Whatever the user's column is called, the table and its view are made with it."""
    write(store, forecast_rows(key=key))
    publish_night(store, forecast_rows(key=key))
    assert Ledger(store).run_rows(RUN)[key].to_pylist() == ["A", "A", "B", "B"]
    assert Ledger(store).current("small")[key].to_pylist() == ["A", "A", "B", "B"]


@pytest.mark.parametrize("key", ["run_id", "Target", "METHOD", "q10", "Written_At"])
def test_a_key_that_collides_with_our_own_columns_is_refused(store, key):
    """Also where only case tells them apart, and before any table is made."""
    rows = forecast_rows(key="id").rename_columns({"id": key})
    with pytest.raises(ConfigError, match=rf"column '{key}'.* rename it in source.query"):
        Ledger(store).prepare(rows.schema)
    assert not inspect(store).has_table("forecasts")


def test_keys_that_only_case_tells_apart_are_refused(store):
    """Trap: they would be one column on SQLite and MariaDB."""
    rows = forecast_rows()
    twice = rows.add_column(1, "ID", rows["id"])
    with pytest.raises(ConfigError, match=r"'id' and 'ID', one column to a database that ignores case"):
        Ledger(store).prepare(twice.schema)


def test_a_key_of_a_type_that_is_not_kept_is_refused(store):
    """A decimal would come back as a float."""
    rows = forecast_rows(ids=["A"])
    decimals = rows.set_column(0, "id", rows["step"].cast(pa.decimal128(12, 2)))
    with pytest.raises(ConfigError, match=r"column 'id' has the type decimal128\(12, 2\)"):
        Ledger(store).prepare(decimals.schema)


def test_pipelines_share_a_table_only_with_equal_keys_types_and_levels(store):
    """The refusal says what differs and where to go; a table of its own then works beside it."""
    publish_night(store, forecast_rows())
    renamed = forecast_rows(key="name")
    with pytest.raises(
        StoreError, match=r"series keys are id \(text\), this pipeline's are name \(text\).*forecasts_table"
    ):
        Ledger(store).prepare(renamed.schema)
    numbers = forecast_rows(ids=[7])
    with pytest.raises(StoreError, match=r"id \(text\), this pipeline's are id \(integer\)"):
        Ledger(store).prepare(numbers.schema)
    with pytest.raises(StoreError, match=r"levels are q10, q50, q90, this pipeline's are q50, q90"):
        Ledger(store).prepare(forecast_rows().drop_columns(["q10"]).schema)
    write(store, numbers, table="numbered")
    assert Ledger(store, "numbered").run_rows(RUN)["id"].to_pylist() == [7, 7]


def test_a_table_of_that_name_that_is_no_ledger_is_left_alone(store):
    """It may be the user's."""
    with store.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE forecasts (x INTEGER)")
    with pytest.raises(StoreError, match="it is no table of forecasts; give the pipeline a table of its own"):
        Ledger(store).prepare(forecast_rows().schema)
    assert not inspect(store).has_table("forecasts_current")


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        (
            "forecast",
            [101.0, None, 101.0, 102.0],
            r"forecast is None for id 'A', target 'y', cutoff 2024-04-30, time 2024-05-02",
        ),
        ("forecast", [101.0, 102.0, float("inf"), 102.0], r"forecast is inf for id 'B'"),
        ("q10", [100.0, float("nan"), 100.0, 101.0], r"q10 is nan for id 'A'"),
        ("q90", [102.0, 103.0, 102.0, 101.5], r"quantiles cross for id 'B'.*2024-05-02: q50 102.0 is above q90 101.5"),
        ("id", ["A", "A", None, "B"], r"1 forecast rows have no id"),
        (
            "id",
            ["A", "B", "A", "B"],
            r"2 forecast rows have one key \(id '[AB]', target 'y', cutoff 2024-04-30, time 2024-05-0[12]\)",
        ),
    ],
)
def test_rows_that_break_a_rule_are_refused_before_any_sql(column, values, message, tmp_path):
    """The message names the row; what was there stays."""
    from lstm.storage.store.database import open_store

    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    publish_night(store, forecast_rows())
    before = Ledger(store).run_rows(RUN)
    with pytest.raises(EvaluationError, match=message):
        write(store, change(forecast_rows(), column, values))
    assert Ledger(store).run_rows(RUN) == before


def test_a_failed_series_has_rows_without_numbers_and_is_not_expected_for_it(store):
    """Otherwise a series that vanished would be expected for ever."""
    good, failed = forecast_rows(ids=["A"]), forecast_rows(ids=["gone"], method="failed")
    publish_night(store, pa.concat_tables([good, failed]))
    current = Ledger(store).current("small")
    assert current["forecast"].to_pylist() == [101.0, 102.0, None, None]
    expected = Ledger(store).expected_series("small", date(2024, 4, 1), date(2024, 4, 30))
    assert expected.to_pylist() == [{"id": "A"}]


def test_expected_series_are_those_with_a_cutoff_in_the_span(store):
    """Both ends count; backfills do not."""
    ledger = Ledger(store)
    assert len(ledger.expected_series("small", date(2024, 4, 1), date(2024, 4, 30))) == 0
    for day, name in ((1, "A"), (15, "B"), (30, "C")):
        cutoff = date(2024, 4, day)
        publish_night(store, forecast_rows(cutoff, ids=[name]))
        backfill = run_key(cutoff).model_copy(update={"kind": "backfill"})
        publish_night(store, forecast_rows(cutoff, ids=["backfilled"]), key=backfill)
    expected = ledger.expected_series("small", date(2024, 4, 15), date(2024, 4, 30))
    assert expected["id"].to_pylist() == ["B", "C"]


def test_a_pipeline_without_series_keys_has_a_ledger_too(store):
    """The table is one series."""
    rows = forecast_rows(ids=["A"]).drop_columns(["id"])
    publish_night(store, rows)
    assert Ledger(store).current("small")["forecast"].to_pylist() == [101.0, 102.0]
    assert len(Ledger(store).expected_series("small", date(2024, 4, 1), date(2024, 4, 30))) == 0


def test_a_store_without_forecasts_answers_empty(store):
    """Before the first night there is no table."""
    ledger = Ledger(store)
    assert (len(ledger.run_rows(RUN)), len(ledger.current("small")), ledger.newest_run("small")) == (0, 0, None)


def test_many_text_keys_fit_into_a_primary_key_of_mariadb_and_longer_text_is_refused_there(store):
    """Nine text columns leave 52 characters each; nothing is cut."""
    plain = forecast_rows(ids=["A"])
    keys = {f"key{number}": pa.array(["x" * 52] * 2) for number in range(9)}
    rest = {name: plain[name] for name in plain.column_names[1:]}
    write(store, pa.table(keys | rest))
    assert Ledger(store).run_rows(RUN)["key8"].to_pylist() == ["x" * 52] * 2
    long = pa.table(keys | {"key3": pa.array(["ü" * 60] * 2)} | rest)
    if store.dialect.name == "mysql":
        with pytest.raises(
            StoreError, match=r"key3 'ü+' has 60 characters, and MariaDB keeps \d+ in a key with 10 text columns"
        ):
            write(store, long)
    else:
        assert write(store, long) == 2


def test_thousands_of_rows_are_written_in_one_go(store):
    """Law: 1,000 series of 28 steps, more values than a statement may have parameters."""
    rows = forecast_rows(ids=[f"S{number:04d}" for number in range(1000)], horizon=28)
    assert write(store, rows) == 28_000
    back = Ledger(store).run_rows(RUN)
    assert back.drop_columns(["written_at"]).equals(rows)


def test_the_rows_of_these_tests_are_those_of_the_model():
    """The columns that the ledger asks for are those that forecasting writes, in order."""
    panel = make_panel({"A": [1.0, 2.0], "B": [3.0, 4.0]}, horizon=2, cutoff=1)
    served = Served.by(np.zeros((2, 2, 3, 1)), "champion", None, 1)
    written = rows_of_the_model(panel, served, (0.1, 0.5, 0.9))
    assert written.schema.equals(forecast_rows(cutoff=date(1970, 1, 2)).schema)


def test_writing_a_whole_night_leaves_the_registry_readable(store):
    """A reader is not held up by the transaction, and sees the state before it."""
    publish_night(store, forecast_rows())
    ledger = Ledger(store)
    with write_transaction(store, "small") as connection:
        ledger.replace_run(connection, RUN, "small", forecast_rows(level=0.0), NOW)
        assert ledger.run_rows(RUN)["forecast"].to_pylist() == [101.0, 102.0, 101.0, 102.0]
        assert Registry(store).champion("small") is None
    assert ledger.run_rows(RUN)["forecast"].to_pylist() == [1.0, 2.0, 1.0, 2.0]
