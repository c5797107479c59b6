"""`nightcast init`: the file that it writes loads and runs, and what it refuses."""

import sqlite3
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from flows.cli.app import app
from lstm.config import load_pipeline
from lstm.errors import ConfigError, DataError, ForecastError, SourceError

DAYS = [date(2024, 1, 1) + timedelta(day) for day in range(120)]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command is typed in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def init(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["init", *arguments], env={"COLUMNS": "200"})


def check(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["check", *arguments], env={"COLUMNS": "200"})


def refusal(*arguments: str) -> ForecastError:
    """What the command refuses with; no file is left."""
    ended = init(*arguments)
    assert isinstance(ended.exception, ForecastError), ended.output
    assert not Path("pipeline.toml").exists()
    return ended.exception


def shops() -> str:
    """Two shops, a row a day from 2024-01-01 to 2024-04-29; the count goes through the weekdays."""
    rows = [f"{day},{shop},{day.weekday() + 1 + bonus}" for shop, bonus in (("007", 0), ("NA", 3)) for day in DAYS]
    return "\n".join(["day,shop,units", *rows, ""])


def test_help_shows_how_the_command_is_typed():
    """Law: every command has help with an example."""
    shown = " ".join(init("--help").output.split())
    assert "Example: nightcast init sales.csv --target units" in shown


def test_the_written_file_is_checked_by_the_command_that_it_names(here):
    """Law: what init writes can be used without a change, and every guess says why."""
    (here / "Sales Of_Shops.csv").write_text(shops())
    ended = init("Sales Of_Shops.csv")
    assert ended.exit_code == 0, ended.output
    assert "nightcast check pipeline.toml --as-of 2024-04-30" in ended.output
    assert "nightcast run   pipeline.toml --as-of 2024-04-30" in ended.output
    pipeline = load_pipeline(here / "pipeline.toml")
    assert (pipeline.name, pipeline.horizon, pipeline.frequency) == ("sales-of-shops", 14, "D")
    assert (pipeline.source.series, pipeline.source.time, pipeline.source.targets) == (("shop",), "day", ("units",))
    checked = check("pipeline.toml", "--as-of", "2024-04-30")
    assert checked.exit_code == 0, checked.exception
    assert "The data can be used." in checked.output


def test_every_line_says_why(here):
    """A setting of [source] without a reason behind or above it is a silent guess; paths were given."""
    (here / "shops.csv").write_text(shops())
    init("shops.csv")
    lines = (here / "pipeline.toml").read_text().splitlines()
    assert all(len(line) <= 120 for line in lines)
    for above, line in zip(["", *lines], lines, strict=False):
        if " = " in line and not line.startswith(("#", "path")):
            assert " # " in line or above.startswith("# "), line


def test_what_the_command_line_says_is_written(here):
    """Options go before guesses."""
    (here / "shops.csv").write_text(shops())
    ended = init("shops.csv", "--horizon", "3", "--series", "shop", "--target", "units", "--output", "own.toml")
    assert ended.exit_code == 0, ended.output
    assert load_pipeline(here / "own.toml").horizon == 3
    assert "nightcast check own.toml" in ended.output


def test_several_files_are_one_table(here):
    """A pattern is written as it is; the series of the last file is seen as well as the first one's."""
    rows = shops().splitlines()
    (here / "part-1.csv").write_text("\n".join(rows[:121]))
    (here / "part-2.csv").write_text("\n".join([rows[0], *rows[121:]]))
    assert init("part-*.csv").exit_code == 0
    source = load_pipeline(here / "pipeline.toml").source
    assert (source.path, source.series) == ("part-*.csv", ("shop",))


def test_a_file_elsewhere_is_named_so_that_the_pipeline_file_finds_it(here):
    """Paths in a pipeline file begin at its own folder, those of the command line where it is typed."""
    (here / "shops.csv").write_text(shops())
    (here / "night").mkdir()
    assert init("shops.csv", "--output", "night/p.toml").exit_code == 0
    assert check("night/p.toml", "--as-of", "2024-04-30").exit_code == 0


def test_a_european_export_is_read_as_it_is_meant(here):
    """Semicolons, cp1252, comma decimals and days first: written down, so that the run guesses nothing."""
    rows = [f"{day:%d.%m.%Y};Köln;1.2{day.day:02d},5" for day in DAYS]
    (here / "umsatz.csv").write_bytes("\n".join(["Datum;Ort;Umsatz", *rows]).encode("cp1252"))
    ended = init("umsatz.csv")
    assert ended.exit_code == 0, ended.output
    source = load_pipeline(here / "pipeline.toml").source
    assert (source.separator, source.encoding, source.decimal, source.thousands) == (";", "cp1252", ",", ".")
    assert source.time_format == "%d.%m.%Y"


def test_a_parquet_file_is_read(here):
    """Types are taken as they are."""
    columns = {"day": DAYS, "y": [day.weekday() / 2 for day in DAYS]}
    pq.write_table(pa.table(columns), here / "one.parquet")
    assert init("one.parquet").exit_code == 0
    assert load_pipeline(here / "pipeline.toml").source.series == ()


def test_a_table_of_a_database_is_read(here):
    """SQLite; the path stays relative to the pipeline file."""
    with sqlite3.connect(here / "shop.db") as connection:
        connection.execute('create table "order" (day text, "group" text, qty integer)')
        rows = [(str(day), group, day.weekday()) for day in DAYS for group in ("a", "b")]
        connection.executemany('insert into "order" values (?, ?, ?)', rows)
    ended = init("sqlite:///shop.db", "--table", "order")
    assert ended.exit_code == 0, ended.output
    source = load_pipeline(here / "pipeline.toml").source
    assert (source.url, source.table, source.series) == ("sqlite:///shop.db", "order", ("group",))
    assert check("pipeline.toml", "--as-of", "2024-04-30").exit_code == 0


def test_a_url_in_a_variable_is_written_by_its_name(here, monkeypatch):
    """The file names the variable, never what it holds."""
    with sqlite3.connect(here / "secretly.db") as connection:
        connection.execute("create table t (day text, y real)")
        connection.executemany("insert into t values (?, ?)", [(str(day), day.weekday() / 2) for day in DAYS])
    monkeypatch.setenv("WAREHOUSE", f"sqlite:///{here / 'secretly.db'}")
    assert init("env:WAREHOUSE", "--table", "t").exit_code == 0
    assert 'url = "env:WAREHOUSE"' in (here / "pipeline.toml").read_text()
    assert "secretly" not in (here / "pipeline.toml").read_text()


def test_a_file_that_is_there_is_never_overwritten(here):
    """Its text stays as it was."""
    (here / "shops.csv").write_text(shops())
    (here / "pipeline.toml").write_text("mine")
    ended = init("shops.csv")
    assert isinstance(ended.exception, ConfigError)
    assert "pipeline.toml is there already and is never overwritten" in str(ended.exception)
    assert (here / "pipeline.toml").read_text() == "mine"


def test_a_password_is_refused_and_not_repeated():
    """The advice is a variable."""
    error = refusal("postgresql://me:hunter2@nowhere/db", "--table", "t")
    assert isinstance(error, ConfigError)
    assert "env:NAME" in str(error)
    assert "hunter2" not in str(error)


def test_a_database_needs_a_table(here):
    """Those that it has are listed."""
    with sqlite3.connect(here / "shop.db") as connection:
        connection.execute("create table sales (day text, y real)")
    assert "needs --table; it has sales" in str(refusal("sqlite:///shop.db"))


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        (b"", SourceError, "table.csv is empty (0 bytes)"),
        (b"day,y\n", SourceError, "table.csv has no rows"),
        (b"SQLite format 3\0" + bytes(100), SourceError, "SQLite database"),
        (b"name,y\na,1\nb,2\n", DataError, "no column holds times"),
        (b"day,name\n2024-01-01,a\n2024-01-02,b\n", DataError, "no column holds numbers"),
    ],
    ids=["empty", "header", "sqlite", "times", "numbers"],
)
def test_a_file_that_cannot_be_forecast_is_refused(here, text, kind, message):
    """What, where and, below, no file."""
    (here / "table.csv").write_bytes(text)
    error = refusal("table.csv")
    assert isinstance(error, kind)
    assert message in str(error)


def test_a_missing_file_is_refused():
    """The name as it was typed."""
    assert "there is no file nowhere.csv" in str(refusal("nowhere.csv"))


def test_ambiguous_days_leave_a_file_that_waits_for_a_choice(here):
    """Exit code 3, both readings as comments; a run refuses until one of them is chosen."""
    days = [f"0{month}/0{day}/2024" for month in range(1, 10) for day in range(1, 10)]
    (here / "days.csv").write_text("\n".join(["day,y", *(f"{day},{n}" for n, day in enumerate(days))]))
    ended = init("days.csv")
    assert ended.exit_code == 3
    text = (here / "pipeline.toml").read_text()
    assert "NOT READY" in text
    waiting = check("pipeline.toml", "--as-of", "2024-09-10")
    assert isinstance(waiting.exception, DataError)
    assert "ambiguous" in str(waiting.exception)
    assert '# time_format = "%d/%m/%Y"' in text
    assert '# time_format = "%m/%d/%Y"' in text


def test_ambiguous_numbers_leave_a_file_that_waits_for_a_choice(here):
    """`4,510` under semicolons: a run refuses until a mark is chosen, so no value is ever 1000 times off."""
    rows = [f"{day};4,{510 + day.day}" for day in DAYS]
    (here / "numbers.csv").write_text("\n".join(["day;y", *rows]))
    assert init("numbers.csv").exit_code == 3
    with_point = check("pipeline.toml", "--as-of", "2024-04-30")
    assert isinstance(with_point.exception, ForecastError)
    assert "source.decimal" in str(with_point.exception)


def test_text_from_the_table_cannot_break_out_of_the_file(here):
    """Quotes, line breaks and signs of TOML in names of columns."""
    names = ['day "x"', "a\nb", "y'''\\"]
    with sqlite3.connect(here / "odd.db") as connection:
        quoted = ['"' + name.replace('"', '""') + '"' for name in names]
        connection.execute(f"create table odd ({quoted[0]} text, {quoted[1]} text, {quoted[2]} real)")
        rows = [(str(day), group, day.weekday() / 2) for day in DAYS for group in ("p", "q")]
        connection.executemany("insert into odd values (?, ?, ?)", rows)
    ended = init("sqlite:///odd.db", "--table", "odd")
    assert ended.exit_code == 0, ended.output
    source = load_pipeline(here / "pipeline.toml").source
    assert (source.time, source.series, source.targets) == (names[0], (names[1],), (names[2],))


def test_what_init_says_of_the_table_check_says(here):
    """Law: the file is confirmed by reading the whole table, and the counts are those of the command that it names."""
    rows = shops().splitlines()
    (here / "shops.csv").write_text("\n".join([*rows[:40], *rows[55:]]))
    said = init("shops.csv")
    checked = check("pipeline.toml", "--as-of", "2024-04-30")
    assert "missing steps of units: 15 of 240, in 007 (15 from 2024-02-09, the longest run 15" in checked.output
    assert checked.output.removesuffix("Store and sinks can be used.\n") in said.output


def test_a_second_time_that_is_called_known_and_is_not_is_said(here):
    """`known` is the hour of each row: 23 of 24 rows of a day would be earlier versions of it."""
    hours = [f"{day},{day} {hour:02d}:00,{hour}" for day in DAYS[:20] for hour in range(24)]
    (here / "hours.csv").write_text("\n".join(["day,known,y", *hours]))
    said = init("hours.csv")
    assert "earlier versions: 460 of 480 rows, the most of the table" in said.output


def test_a_table_of_which_no_row_can_be_used_is_not_ready(here):
    """One row, of a day that no calendar has."""
    (here / "t.csv").write_text("date,y\n2024-02-30,1\n")
    ended = init("t.csv")
    assert ended.exit_code == 3
    assert "no row is left: all 1 were set aside" in (here / "pipeline.toml").read_text()
