"""Rows that come twice, and rows that cannot be used: what becomes of them."""

from collections.abc import Mapping

import numpy as np

from lstm.data.profiling.columns import Column
from lstm.data.profiling.keys import GuessedKey, GuessedTime
from lstm.data.profiling.setting import Setting
from lstm.data.profiling.targets import GuessedTargets
from lstm.data.profiling.times import TimeReading


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


def _bad_rows(columns: Mapping[str, Column], time: GuessedTime, key: GuessedKey, targets: GuessedTargets) -> str:
    faults = [(time.column.name, "a time", ~time.reading.fits)]
    faults += [(name, "an id", columns[name].code < 0) for name in key.names]
    faults += [(column.name, "a number", column.bad) for column in targets.targets]
    # A row without any of its keys is blank, and left out anyway.
    blank = ~time.reading.fits & np.all([columns[name].code < 0 for name in (time.column.name, *key.names)], axis=0)
    return "; ".join(
        f"{_counted(int(rows.sum()), 'row')} without {what} in {name}"
        for name, what, bad in faults
        if (rows := bad & ~blank).any()
    )
