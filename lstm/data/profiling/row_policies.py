"""Codes for missing values, rows that come twice, and rows that cannot be used: what becomes of them."""

from collections.abc import Mapping

import numpy as np

from lstm.data.profiling.columns import Column
from lstm.data.profiling.keys import GuessedKey
from lstm.data.profiling.setting import Setting
from lstm.data.profiling.targets import GuessedTargets
from lstm.data.profiling.time_columns import GuessedTime
from lstm.data.profiling.times import TimeReading
from lstm.data.rows.missing_codes import MissingCodes
from lstm.data.timestamps.far_times import far_times

SHOWN = 3


def guess_codes(columns: Mapping[str, Column], time: GuessedTime, key: GuessedKey) -> tuple[list[Setting], list[str]]:
    """(the line about codes for a missing value, remarks on it); a code that another column has as a value is asked."""
    roles = {time.column.name, key.known_at, *key.names}
    numbers = [column for column in columns.values() if column.is_number and column.name not in roles]
    places: dict[str, dict[str, int]] = {}
    for column in numbers:
        for code, count in column.codes.items():
            places.setdefault(code, {})[column.name] = count
    doubtful = {code for code in places if any(_has_value(column, code) for column in numbers)}
    sentences = {code: f"{code} in {_cells(cells)}" for code, cells in places.items()}
    sure = tuple(code for code in places if code not in doubtful)
    settings = [Setting("missing", sure, "; ".join(sentences[code] for code in sure))] if sure else []
    remarks = [
        f"{sentences[code]}: taken for a missing value; if it was measured, take it out of source.missing"
        for code in sure
    ]
    remarks += [
        f"{sentences[code]} may be a missing value, but another column has such a value too; if it is one in both, add "
        "it to source.missing"
        for code in places
        if code in doubtful
    ]
    return settings, remarks


def _cells(cells: Mapping[str, int]) -> str:
    shown = [f"{count:,} cells of {name}" for name, count in cells.items()]
    return ", ".join(shown[:SHOWN]) + (f" and {len(shown) - SHOWN} more columns" if len(shown) > SHOWN else "")


def _has_value(column: Column, code: str) -> bool:
    codes = MissingCodes.of((code,)).numbers
    return column.values is not None and bool(np.isin(column.values, codes).any())


def guess_rows(
    columns: Mapping[str, Column], time: GuessedTime, key: GuessedKey, targets: GuessedTargets, questions: list[str]
) -> list[Setting]:
    """Lines about rows that come twice and rows that cannot be used. questions: gets what only a person knows."""
    settings = []
    count = len(key.repeated)
    if key.equal:
        settings.append(Setting("duplicates", "last", f"{_counted(count, 'row')} there twice, and equal"))
    elif count:
        policies = (
            ("last", "the later row is right"),
            ("sum", "they are parts of one"),
            ("mean", "they measure one thing"),
        )
        settings += [Setting("duplicates", name, f"choose: {why}", written=False) for name, why in policies]
        questions.append(_repeated_question(time.reading, key))
    if _has_empty_parts(columns, time, key):
        settings.append(Setting("empty_ids", "keep", "where one part of a key is empty, that is an id too"))
    if far := _far_rows(time.reading):
        settings.append(Setting("far_times", "set_aside", f"left out and counted: {far}"))
    bad = _bad_rows(columns, time, key, targets)
    if bad:
        settings.append(Setting("bad_rows", "set_aside", f"left out and counted: {bad}"))
    return settings


def _repeated_question(reading: TimeReading, key: GuessedKey) -> str:
    example = reading.text(int(key.repeated[0]))
    keys = f"series {', '.join(key.names)}" if key.names else "one series"
    clocks = (
        '; if it is the hour that clocks repeat in autumn, set time_zone and source.repeated_hour = "in_order"'
        if reading.kind == "naive"
        else ""
    )
    return (
        f"{_counted(len(key.repeated), 'row')} of the series and time of another row, and not equal to it ({keys}), "
        f"first {example}; set source.duplicates, or more columns in source.series{clocks}"
    )


def _counted(count: int, what: str) -> str:
    return f"1 {what} is" if count == 1 else f"{count:,} {what}s are"


def _far_rows(reading: TimeReading) -> str:
    """How many rows are of a time far from all others, and which; empty where none is."""
    distinct, place, counts = np.unique(reading.values[reading.fits], return_index=True, return_counts=True)
    far = far_times(distinct)
    if not far.any():
        return ""
    example = reading.text(int(np.flatnonzero(reading.fits)[place[far][0]]))
    return f"{_counted(int(counts[far].sum()), 'row')} far from all other times, such as {example}"


def _has_empty_parts(columns: Mapping[str, Column], time: GuessedTime, key: GuessedKey) -> bool:
    """True where rows lack one part of their key and have another."""
    empty = [columns[name].code[time.reading.fits] < 0 for name in key.names]
    return len(empty) > 1 and bool((np.any(empty, axis=0) & ~np.all(empty, axis=0)).any())


def _bad_rows(columns: Mapping[str, Column], time: GuessedTime, key: GuessedKey, targets: GuessedTargets) -> str:
    faults = [(time.column.name, "a time", ~time.reading.fits)]
    if not _has_empty_parts(columns, time, key):
        faults += [(name, "an id", columns[name].code < 0) for name in key.names]
    faults += [(column.name, "a number", column.bad) for column in targets.targets]
    # A row without any of its keys is blank, and left out anyway.
    blank = ~time.reading.fits & np.all([columns[name].code < 0 for name in (time.column.name, *key.names)], axis=0)
    return "; ".join(
        f"{_counted(int(rows.sum()), 'row')} without {what} in {name}"
        for name, what, bad in faults
        if (rows := bad & ~blank).any()
    )
