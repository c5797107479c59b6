"""Tables made by a seed: many series of daily numbers, as a CSV."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv

FIRST_DAY = date(2010, 1, 1)
SEED = 3
# A cell of a thousand is empty, so that no reader gets by without a validity bitmap.
EMPTY = 0.001


def make_table(series: int, days: int, *, shuffled: bool = False) -> pa.Table:
    """Columns id (text), ds (date) and y (double, three decimals) of series * days rows, by series and time."""
    random = np.random.default_rng(SEED)
    rows = np.arange(series * days)
    if shuffled:
        random.shuffle(rows)
    codes, steps = (rows // days).astype(np.int32), (rows % days).astype(np.int32)
    ids = pa.array([f"S{number:06d}" for number in range(series)])
    first = (FIRST_DAY - date(1970, 1, 1)).days
    values = (100 + 10 * random.standard_normal(len(rows))).round(3)
    return pa.table(
        {
            "id": pa.DictionaryArray.from_arrays(pa.array(codes), ids),
            "ds": pa.array(steps + np.int32(first)).cast(pa.date32()),
            "y": pa.array(values, mask=random.random(len(rows)) < EMPTY),
        }
    )


def write_csv(path: Path, series: int, days: int, *, shuffled: bool = False) -> None:
    """The table as a CSV without quotes."""
    options = pacsv.WriteOptions(quoting_style="none", quoting_header="none")
    table = make_table(series, days, shuffled=shuffled)
    pacsv.write_csv(table.set_column(0, "id", table["id"].cast(pa.string())), path, options)


def as_of(days: int) -> str:
    """The start of the day after the newest one, as `RunKey.as_of`."""
    return f"{FIRST_DAY + timedelta(days=days)}T00:00:00Z"
