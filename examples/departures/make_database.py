"""Makes departures.db, a SQLite database with one table, from departures.csv.gz. Running it again makes it again."""

import csv
import gzip
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
TABLE = """
create table departures (
    origin text not null,
    carrier text not null,
    date date not null,
    scheduled integer not null,
    departures integer not null,
    primary key (origin, carrier, date)
)
"""


def rows(csv_file: Path) -> Iterator[tuple[str, str, str, int, int]]:
    """Origin, carrier, date, scheduled and departures of each row."""
    with gzip.open(csv_file, "rt", encoding="utf-8", newline="") as text:
        for row in csv.DictReader(text):
            yield row["origin"], row["carrier"], row["date"], int(row["scheduled"]), int(row["departures"])


def make_database(path: Path, csv_file: Path = FOLDER / "departures.csv.gz") -> int:
    """Writes the database, all of it or nothing, and answers its number of rows."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    unfinished.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(unfinished)) as database, database:
            database.execute(TABLE)
            written = database.executemany("insert into departures values (?, ?, ?, ?, ?)", rows(csv_file)).rowcount
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return written


if __name__ == "__main__":
    database_file = FOLDER / "departures.db"
    print(f"{make_database(database_file):,} rows in {database_file}")
