"""The examples that are shipped: their tables, their pipeline files, and the database that a script makes."""

import gzip
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from lstm.config import load_pipeline
from pages import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture
def maker() -> ModuleType:
    """examples/departures/make_database.py as a module."""
    spec = spec_from_file_location("make_database", EXAMPLES / "departures" / "make_database.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["nyc-weather", "departures"])
def test_the_pipeline_file_is_valid_and_named_after_its_folder(name: str) -> None:
    """A user copies it."""
    assert load_pipeline(EXAMPLES / name / "pipeline.toml").name == name


def test_the_weather_has_the_columns_that_are_used_and_no_others() -> None:
    """26,115 hours of three airports; 2,729 pressures are missing, as in nycflights13."""
    weather = pd.read_csv(EXAMPLES / "nyc-weather" / "weather.csv.gz")
    used = load_pipeline(EXAMPLES / "nyc-weather" / "pipeline.toml").source.roles.columns
    assert sorted(weather.columns) == sorted(used)
    assert len(weather) == 26_115
    assert weather["pressure"].isna().sum() == 2_729
    assert weather["time_hour"].max() == "2013-12-30T23:00:00Z"


@pytest.mark.parametrize("table", ["nyc-weather/weather.csv.gz", "departures/departures.csv.gz"])
def test_a_shipped_table_is_compressed_without_a_date(table: str) -> None:
    """Made again, it is the same file: bytes 4 to 7 of the gzip header, its time, are zero."""
    assert (EXAMPLES / table).read_bytes()[4:8] == bytes(4)


@pytest.mark.parametrize("name", ["nyc-weather", "departures"])
def test_the_readme_explains_every_column_and_the_origin(name: str) -> None:
    """Each column of the table is a row of the README."""
    text = (EXAMPLES / name / "README.md").read_text(encoding="utf-8")
    with gzip.open(next((EXAMPLES / name).glob("*.csv.gz")), "rt", encoding="utf-8") as table:
        columns = table.readline().strip().split(",")
    assert re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) == columns
    assert "CC0" in text


def test_the_database_holds_the_shipped_table(maker: ModuleType, tmp_path: Path) -> None:
    """11,864 days of 35 series, one of which has 6 rows; departures are never more than what was scheduled."""
    path = tmp_path / "departures.db"
    assert maker.make_database(path) == 11_864
    with closing(sqlite3.connect(path)) as database:
        series = dict(database.execute("select origin || '/' || carrier, count(*) from departures group by 1"))
        (impossible,) = database.execute("select count(*) from departures where departures > scheduled").fetchone()
    assert (len(series), series["EWR/OO"], sum(series.values()), impossible) == (35, 6, 11_864, 0)


def test_making_the_database_again_makes_the_same_and_leaves_nothing_beside_it(
    maker: ModuleType, tmp_path: Path
) -> None:
    """Idempotent, byte for byte."""
    path = tmp_path / "departures.db"
    maker.make_database(path)
    first = path.read_bytes()
    maker.make_database(path)
    assert path.read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == ["departures.db"]


def test_a_database_that_cannot_be_made_leaves_the_old_one(maker: ModuleType, tmp_path: Path) -> None:
    """A row without a number in the middle: the old database stays, nothing unfinished is left."""
    path, broken = tmp_path / "departures.db", tmp_path / "broken.csv.gz"
    maker.make_database(path)
    old = path.read_bytes()
    with gzip.open(broken, "wt", encoding="utf-8") as text:
        text.write("origin,carrier,date,scheduled,departures\nEWR,UA,2013-01-01,3,3\nEWR,UA,2013-01-02,three,3\n")
    with pytest.raises(ValueError, match="'three'"):
        maker.make_database(path, broken)
    assert path.read_bytes() == old
    assert sorted(file.name for file in tmp_path.iterdir()) == ["broken.csv.gz", "departures.db"]


def test_the_script_runs_from_anywhere(tmp_path: Path) -> None:
    """It writes beside itself, wherever it is called from."""
    for name in ("make_database.py", "departures.csv.gz"):
        (tmp_path / name).write_bytes((EXAMPLES / "departures" / name).read_bytes())
    answer = subprocess.run(
        [sys.executable, str(tmp_path / "make_database.py")], cwd="/", capture_output=True, text=True, check=True
    )
    assert answer.stdout == f"11,864 rows in {tmp_path / 'departures.db'}\n"
    assert (tmp_path / "departures.db").exists()
