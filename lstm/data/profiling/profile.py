"""A pipeline file from a look at a table: each line with the reason why it is so."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from lstm.data.profiling.columns import describe
from lstm.data.profiling.keys import GuessedKey, guess_key
from lstm.data.profiling.marks import GuessedMarks, guess_marks
from lstm.data.profiling.row_policies import guess_codes, guess_rows
from lstm.data.profiling.setting import Setting
from lstm.data.profiling.targets import GuessedTargets, guess_targets
from lstm.data.profiling.time_columns import GuessedTime, guess_time, nearest_step
from lstm.data.profiling.times import TimeReading
from lstm.data.profiling.zone import GuessedZone, guess_zone

SHOWN = 5


@dataclass(frozen=True)
class Sample:
    """Rows of a table. name: of the file or table. whole: these are all rows.

    place: settings that say where the table is and how it is written. separator: of a CSV.
    """

    table: pa.Table
    name: str
    whole: bool
    place: tuple[Setting, ...]
    separator: str | None = None


@dataclass(frozen=True)
class Wishes:
    """What the command line says already, and so is not guessed."""

    time: str | None = None
    series: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    horizon: int | None = None


@dataclass(frozen=True)
class Guesses:
    """Everything that a table says about its pipeline file.

    source: lines of [source]. zone: of days and stamps. counts: the targets are whole and not negative.
    questions: what only a person knows, without which the file cannot run. remarks: what a person should look at.
    frequency: where the times alone would not give it.
    """

    source: tuple[Setting, ...]
    zone: GuessedZone
    counts: bool
    questions: tuple[str, ...]
    remarks: tuple[str, ...]
    frequency: str | None = None


def guess(sample: Sample, wishes: Wishes, now: datetime | None = None) -> Guesses:
    """What a pipeline file for this table should say. now: tells the century of years of two digits.

    Raises DataError where there is no time or nothing to forecast, ConfigError for a wish that cannot be granted.
    """
    marks = guess_marks(_texts(sample.table), sample.separator)
    columns = describe(sample.table, marks, now)
    time = guess_time(columns, sample.table, wishes.time, now)
    columns = {name: column for name, column in columns.items() if name not in time.parts}
    key = guess_key(columns, time, wishes.series, whole=sample.whole)
    targets = guess_targets(columns, time, key, wishes.targets, sample.name)
    zone = guess_zone(time.reading, key.series)
    around = None if zone.days else nearest_step(time.reading, key.series)
    questions: list[str] = []
    codes, code_remarks = guess_codes(columns, time, key)
    source = (
        *sample.place,
        *_marks(marks, questions),
        *codes,
        _series(key, wishes, sample.whole),
        *_time(time, key, wishes, questions),
        *_targets(targets, wishes),
        *_covariates(targets),
        *_known_at(time, key),
        *guess_rows(columns, time, key, targets, questions),
        *((_floored(),) if zone.days else ()),
        *((Setting("off_grid", "nearest", around[1]),) if around else ()),
    )
    steps = _integer_step(time.reading) if time.reading.kind == "integer" else None
    return Guesses(
        source,
        zone,
        all(column.is_whole and not column.truth for column in targets.targets),
        tuple(questions),
        (*code_remarks, *((f"numbers: {marks.why}",) if "look whether" in marks.why and marks.rival is None else ())),
        "D" if zone.days else around[0] if around else steps,
    )


def _integer_step(reading: TimeReading) -> str:
    numbers = reading.values[reading.fits]
    return str(int(np.gcd.reduce(numbers - numbers[0])) or 1)


def _texts(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    return {name: table[name] for name in table.column_names if pa.types.is_string(table[name].type)}


def _listed(names: tuple[str, ...] | list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f"{', '.join(names[:SHOWN])}{more}"


def _marks(marks: GuessedMarks, questions: list[str]) -> list[Setting]:
    if marks.rival is None:
        return [Setting(name, value, marks.why) for name, value in _mark_values(marks) if marks.why]
    questions.append(f"{marks.why}; uncomment the decimal or thousands mark that is meant")
    return [
        Setting(name, value, f"choose: {reading.why.partition(';')[0]}", written=False)
        for reading in (marks, marks.rival)
        for name, value in _mark_values(reading)
    ]


def _mark_values(marks: GuessedMarks) -> list[tuple[str, str]]:
    """What has to be written: a thousands mark, and a decimal mark unless it is the usual one beside that."""
    thousands = [("thousands", marks.thousands)] if marks.thousands is not None else []
    return [("decimal", marks.decimal), *thousands] if marks.decimal != "." or not thousands else thousands


def _series(key: GuessedKey, wishes: Wishes, whole: bool) -> Setting:
    if wishes.series:
        return Setting("series", key.names, "as you said")
    if not key.names:
        why = "no column tells series apart" if len(key.repeated) else "no time comes twice, so the table is one series"
        return Setting("series", (), why)
    if key.count == 1:
        return Setting("series", key.names, "one series so far")
    also = f"; {_listed(key.also)} would tell the same ones apart" if key.also else ""
    return Setting(
        "series", key.names, f"{key.count:,} series{'' if whole else ' in the rows that were looked at'}{also}"
    )


def _time(time: GuessedTime, key: GuessedKey, wishes: Wishes, questions: list[str]) -> list[Setting]:
    reading, name = time.reading, time.column.name
    other_times = [candidate.name for candidate in time.others if candidate.name != key.known_at]
    also = f"; also times: {_listed(other_times)}" if other_times else ""
    why = "as you said" if wishes.time else f"{_kind(reading)}{also}"
    settings = [Setting("time", name, why)]
    if time.parts:
        settings.append(Setting("time_parts", time.parts, "joined to it, as no column has the whole time"))
        if time.from_one_to_24:
            settings.append(Setting("time_label", "end", "hours count from 1 to 24, so each is named by its end"))
    if reading.rival is not None:
        row = int(np.argmax(reading.fits & (reading.values != reading.rival.values)))
        settings += [
            Setting(
                "time_format",
                candidate.layout or "",
                f"choose: row {row + 1} would be of {candidate.text(row)}",
                written=False,
            )
            for candidate in (reading, reading.rival)
        ]
        questions.append(
            f"{name}: {reading.layout!r} and {reading.rival.layout!r} both fit all times; uncomment the time_format "
            "that is meant"
        )
    elif reading.layout is not None:
        settings.append(
            Setting(
                "time_format",
                reading.layout,
                f"the only form that fits; the first row is of {reading.text(int(np.argmax(reading.fits)))}",
            )
        )
    return settings


def _kind(reading: TimeReading) -> str:
    if reading.kind == "integer":
        return "integer steps"
    return {"date": "dates", "naive": "stamps without an offset", "aware": "stamps with their offset"}[reading.kind]


def _targets(guessed: GuessedTargets, wishes: Wishes) -> list[Setting]:
    other_numbers = (*guessed.past, *guessed.future)
    also = f"; also numbers: {_listed(other_numbers)}" if other_numbers else ""
    return [Setting("targets", tuple(column.name for column in guessed.targets), f"{guessed.why}{also}")]


def _covariates(guessed: GuessedTargets) -> list[Setting]:
    evidence = "have values after the last target" if guessed.ahead else "by name"
    roles = (
        ("past_covariates", guessed.past, "if they explain the target; known up to now only"),
        ("future_covariates", guessed.future, f"if known to the end of the horizon; {evidence}"),
        ("static_covariates", guessed.static, "one value a series"),
    )
    return [Setting(name, columns, why, written=False) for name, columns, why in roles if columns]


def _known_at(time: GuessedTime, key: GuessedKey) -> list[Setting]:
    if key.known_at is not None:
        return [Setting("known_at", key.known_at, "tells versions of one observation apart; the last one known counts")]
    candidates = [column.name for column in time.others if column.has_known_name]
    why = "if it says since when a row was known; then a backfill reads only what was"
    return [Setting("known_at", name, why, written=False) for name in candidates[:1]]


def _floored() -> Setting:
    return Setting("off_grid", "floor", "a row a day with a time of day; each counts for its day")
