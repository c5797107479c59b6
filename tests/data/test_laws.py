"""Laws of the panel, over tables of every kind of grid, key and covariate.

Beyond examples: the order of the rows makes no difference, a panel written and read is equal, and `as_of` never lets
a later row through.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from drawn import ALIASES, CELLS, KEY_COLUMNS, KEYS, NUMBERS, Drawn, Row, drawn
from lstm.config import Pipeline
from lstm.data.ingest.assemble import assemble
from lstm.data.ingest.panel_settings import PanelSettings
from lstm.data.panel.arrow import panel_from_tables, panel_tables
from lstm.data.panel.panel import Panel
from lstm.data.quality.report import QualityReport
from lstm.data.rows.source_rows import SourceRows
from lstm.errors import DataError

LAWS = settings(max_examples=60, deadline=None)
INSTANT = pa.timestamp("us", tz="UTC")
SHUFFLES = st.randoms(use_true_random=False)


def ingest(case: Drawn, table: pa.Table | None = None) -> tuple[Panel, QualityReport]:
    return assemble(SourceRows(case.table() if table is None else table), PanelSettings.of(case.settings), case.as_of)


def fingerprint(case: Drawn, rows: list[Row] | None = None) -> str:
    return ingest(case, None if rows is None else case.table(rows))[0].fingerprint


def outcome(case: Drawn, table: pa.Table) -> tuple[str, QualityReport | None]:
    """(the panel's fingerprint, what was found); a refusal names the first row, so its words depend on the order."""
    try:
        panel, report = ingest(case, table)
    except DataError:
        return "refused", None
    return panel.fingerprint, report


def same_series(case: Drawn, row: Row, other: Row) -> bool:
    return all(row[name] == other[name] for name in KEY_COLUMNS[case.keys])


def history(panel: Panel, name: str) -> np.ndarray:
    """Targets and past covariates of a series from its start to the cutoff."""
    series = panel.names.index(name)
    rows = slice(panel.indptr[series], panel.indptr[series + 1] - panel.horizon)
    return np.hstack([panel.targets[rows], panel.past[rows]])


def contents(panel: Panel, name: str) -> list[Any]:
    """All of a series, in single precision."""
    series = panel.names.index(name)
    rows = slice(panel.indptr[series], panel.indptr[series + 1])
    blocks = (panel.targets[rows], panel.past[rows], panel.future[rows], panel.static[series])
    return [panel.start[series], *(block.astype(np.float32).tobytes() for block in blocks)]


# Order


@given(drawn(), SHUFFLES, st.booleans())
@LAWS
def test_the_order_of_the_rows_and_their_split_into_chunks_make_no_difference(
    case: Drawn, random: Any, inferred: bool
) -> None:
    """Any shuffle, any split: the same panel and the same quality numbers, also where the frequency is found."""
    case = case.with_settings(frequency=None) if inferred else case
    rows = [*case.rows, *case.ahead]
    shuffled = list(rows)
    random.shuffle(shuffled)
    cut = random.randint(0, len(rows))
    parts = pa.concat_tables([case.table(shuffled[:cut]), case.table(shuffled[cut:])])
    assert outcome(case, parts) == outcome(case, case.table(rows))


@given(st.data(), drawn(), SHUFFLES)
@LAWS
def test_rows_that_come_twice_count_once(data: st.DataObject, case: Drawn, random: Any) -> None:
    """Equal rows are dropped under the default policy, wherever they stand."""
    case = case.with_source(duplicates="error")
    copies = data.draw(st.lists(st.sampled_from(case.rows), max_size=3))
    twice = [*case.rows, *case.ahead, *copies]
    random.shuffle(twice)
    panel, report = ingest(case, case.table(twice))
    assert panel.fingerprint == fingerprint(case)
    assert sum(one.count for one in report.repairs if one.kind == "equal rows dropped") == len(copies)


@given(drawn())
@LAWS
def test_a_panel_that_is_written_to_parquet_and_read_again_is_equal(case: Drawn) -> None:
    panel = ingest(case)[0]
    file = BytesIO()
    pq.write_table(pa.concat_tables(panel_tables(panel)), file, compression="zstd", row_group_size=3)
    back = panel_from_tables([pq.read_table(file)])
    assert back.fingerprint == panel.fingerprint
    assert back.keys.equals(panel.keys)


# as_of


@st.composite
def later_rows(draw: st.DrawFn, case: Drawn, beyond: int) -> list[Row]:
    """Rows more than `beyond` steps after the cutoff, of known series and, where ids are text, of a new one."""
    templates = st.sampled_from([case.rows[0], *case.ahead])
    rows = draw(st.lists(st.tuples(templates, st.integers(beyond + 1, 60), CELLS, CELLS), max_size=4))
    made_up = [row | {"ds": case.at(step), "y": y, "wind": y, "plan": plan} for row, step, y, plan in rows]
    return [*made_up, *(row | {"id": "new", "size": 5.0} for row in made_up[:1] if case.keys == "text")]


@given(st.data(), drawn())
@LAWS
def test_rows_later_than_a_run_may_read_change_nothing(data: st.DataObject, case: Drawn) -> None:
    """Later than the horizon where future covariates are read, later than the cutoff where they are not."""
    beyond = case.settings.horizon if case.settings.source.future_covariates else 0
    later = data.draw(later_rows(case, beyond))
    known = [*case.rows, *case.ahead]
    assert fingerprint(case, [*later, *known]) == fingerprint(case, known)
    if not beyond:
        assert fingerprint(case, case.rows) == fingerprint(case, known)


@given(st.data(), drawn())
@LAWS
def test_rows_after_as_of_have_no_say_in_the_frequency_that_is_found(data: st.DataObject, case: Drawn) -> None:
    """The row of the step that begins at as_of is known, so only those after it are later."""
    case = case.with_source(future_covariates=[]).with_settings(frequency=None)
    later = data.draw(later_rows(case, 1))
    assert outcome(case, case.table([*later, *case.rows]))[0] == outcome(case, case.table(case.rows))[0]


def test_a_later_stamp_off_a_grid_of_end_labels_is_not_read() -> None:
    """Found by the law above: a step that its end names holds the times before it, not those that follow."""
    times = [datetime(2024, 3, 9, 0, 0, second, tzinfo=UTC) for second in (0, 3, 5)]
    table = pa.table({"ds": times, "y": [1.0, 2.0, 9.0]})
    source = {"path": "in.csv", "time": "ds", "targets": ["y"], "time_label": "end"}
    pipeline = Pipeline.model_validate({"name": "law", "horizon": 1, "source": source})
    panel, report = assemble(SourceRows(table), PanelSettings.of(pipeline), times[1])
    assert panel.targets[:, 0].tolist()[:2] == [1.0, 2.0]
    assert (report.frequency, report.rows_after_horizon) == ("3s", 1)


@given(st.data(), drawn())
@LAWS
def test_targets_and_past_covariates_of_the_horizon_are_never_read(data: st.DataObject, case: Drawn) -> None:
    changed = [row | {"y": data.draw(CELLS), "wind": data.draw(CELLS)} for row in case.ahead]
    assert fingerprint(case, [*case.rows, *changed]) == fingerprint(case)


@given(drawn(), NUMBERS)
@LAWS
def test_a_future_covariate_is_read_to_the_end_of_the_horizon_and_no_further(case: Drawn, other: float) -> None:
    """The other side of the law: what may be read is read."""
    case = case.with_source(future_covariates=["plan"], duplicates="error")
    first, end = case.rows[0], case.at(case.settings.horizon)
    changed = [
        row | {"plan": other} if row["ds"] == end and same_series(case, row, first) else row for row in case.ahead
    ]
    after = first | {"ds": case.at(case.settings.horizon + 1), "plan": other}
    changed_fingerprint = fingerprint(case, [*case.rows, *changed, after])
    assert (changed_fingerprint == fingerprint(case)) == (changed == case.ahead)


@given(drawn(), st.integers(1, 3))
@LAWS
def test_an_earlier_moment_sees_the_same_history_and_no_more(case: Drawn, steps: int) -> None:
    """A backfill replays the night: its panel is the later one, cut off at its own cutoff."""
    case = case.with_source(future_covariates=[], static_covariates=[], duplicates="error", gaps="missing")
    rows = [*case.rows, case.rows[0] | {"ds": case.at(-9), "y": 1.0}]
    newer = ingest(case, case.table(rows))[0]
    older = ingest(replace(case, as_of=case.moment(-steps)), case.table(rows))[0]
    assert older.cutoff == newer.cutoff - steps
    assert set(older.names) == {
        name for name, start in zip(newer.names, newer.start, strict=True) if start <= older.cutoff
    }
    for name in older.names:
        np.testing.assert_array_equal(history(older, name), history(newer, name)[:-steps])


# Series


@given(drawn(keys=("text",)), st.permutations([name for (name,) in KEYS["text"]]))
@LAWS
def test_relabelling_series_changes_nothing_but_their_names(case: Drawn, names: list[str]) -> None:
    other = dict(zip([name for (name,) in KEYS["text"]], names, strict=True))
    renamed = [row | {"id": other[row["id"]]} for row in [*case.rows, *case.ahead]]
    before, after = ingest(case)[0], ingest(case, case.table(renamed))[0]
    assert {other[name] for name in before.names} == set(after.names)
    for name in before.names:
        assert contents(before, name) == contents(after, other[name])


@given(st.data(), drawn(keys=("text",)))
@LAWS
def test_one_more_series_changes_no_other(data: st.DataObject, case: Drawn) -> None:
    """Whatever it holds; only single precision may become double."""
    rows = [*case.rows, *case.ahead]
    more = [row | {"id": "more", "y": data.draw(CELLS)} for row in rows if same_series(case, row, rows[0])]
    before, after = ingest(case)[0], ingest(case, case.table([*rows, *more]))[0]
    assert set(after.names) == {*before.names, "more"}
    for name in before.names:
        assert contents(before, name) == contents(after, name)


# Time zones

SHORT = drawn(aliases=("s", "15min", "h"))
OFFSETS = st.integers(-14 * 60, 14 * 60)
# In each, clocks change within the drawn hours or never; none of their days begins at another hour than midnight.
ZONES = st.sampled_from(["UTC", "America/New_York", "Europe/Budapest", "Asia/Kolkata", "Pacific/Apia"])


def retimed(case: Drawn, retime: Callable[[Row], Any], kind: pa.DataType) -> pa.Table:
    """The table of a case with other times."""
    rows = [*case.rows, *case.ahead]
    blank = [row | {"ds": None} for row in rows]
    table = replace(case, written=False).table(blank)
    return table.set_column(table.column_names.index("ds"), "ds", pa.array([retime(row) for row in rows], kind))


def at_midnight(case: Drawn, zone: str) -> Drawn:
    """The same rows of dates in another zone, as of the midnight there."""
    assert isinstance(case.as_of, datetime)
    as_of = datetime.combine(case.as_of.date(), time(), ZoneInfo(zone))
    return replace(case.with_settings(time_zone=zone), as_of=as_of)


@given(st.data(), SHORT)
@LAWS
def test_the_offset_that_a_stamp_is_written_with_makes_no_difference(data: st.DataObject, case: Drawn) -> None:
    """Each row may have an offset of its own: all name an instant."""

    def in_some_offset(row: Row) -> str:
        zone = timezone(timedelta(minutes=data.draw(OFFSETS)))
        return str(row["ds"].astimezone(zone).isoformat(sep=data.draw(st.sampled_from("T "))))

    assert ingest(case, retimed(case, in_some_offset, pa.string()))[0].fingerprint == fingerprint(case)


@given(SHORT, ZONES, st.sampled_from(["s", "ms", "us", "ns"]))
@LAWS
def test_the_zone_and_unit_of_a_column_of_instants_make_no_difference(case: Drawn, zone: str, unit: str) -> None:
    table = retimed(case, lambda row: row["ds"], INSTANT)
    times = table["ds"].cast(pa.timestamp(unit, tz=zone))
    assert ingest(case, table.set_column(table.column_names.index("ds"), "ds", times))[0].fingerprint == fingerprint(
        case
    )


@given(SHORT, ZONES)
@LAWS
def test_naive_stamps_are_read_by_the_clocks_of_the_zone_also_across_spring(case: Drawn, zone: str) -> None:
    """New York and Budapest skip an hour; no local time of these days comes twice."""
    case = case.with_settings(time_zone=zone)
    local = retimed(case, lambda row: row["ds"].astimezone(ZoneInfo(zone)).replace(tzinfo=None), pa.timestamp("us"))
    assert ingest(case, local)[0].fingerprint == fingerprint(case)


@given(st.data(), drawn(aliases=("D", "W-MON", "B", "ME", "YS")), ZONES)
@LAWS
def test_a_local_midnight_in_any_offset_is_that_local_day(data: st.DataObject, case: Drawn, zone: str) -> None:
    """A daily series on local days stays on local days, also over days of 23 hours."""
    case, home = at_midnight(case, zone), ZoneInfo(zone)

    def midnight(row: Row) -> str:
        instant = datetime.combine(row["ds"], time(), home)
        return instant.astimezone(timezone(timedelta(minutes=data.draw(OFFSETS)))).isoformat()

    assert ingest(case, retimed(case, midnight, pa.string()))[0].fingerprint == fingerprint(case)


# Rows that do not fit


BAD = st.sampled_from([{"id": ""}, {"id": None}, {"id": "  "}, {"ds": "soon"}, {"ds": ""}, {"ds": "2024-13-01"}])


def as_text(row: Row) -> str:
    return row["ds"] if isinstance(row["ds"], str) else str(row["ds"]).replace(" ", "T")


@given(st.data(), drawn(keys=("text",)))
@LAWS
def test_rows_that_are_set_aside_change_nothing_but_their_count(data: st.DataObject, case: Drawn) -> None:
    """Wherever they stand: without an id, or with a time that is none."""
    case = case.with_source(bad_rows="set_aside").with_settings(quality={"max_bad_share": 1.0, "freshness": 1_000})
    good = [*case.rows, *case.ahead]
    bad = [row | data.draw(BAD) for row in data.draw(st.lists(st.sampled_from(good), max_size=3))]
    mixed = replace(case, rows=data.draw(st.permutations([*good, *bad])), ahead=[])
    panel, report = ingest(case, retimed(mixed, as_text, pa.string()))
    assert panel.fingerprint == fingerprint(case)
    assert sum(one.rows for one in report.set_aside) == len(bad)
    # Rows in = rows used + rows that are counted among those that are not; but for series that begin later.
    counted = report.rows_used + report.rows_set_aside + report.rows_after_horizon + report.rows_not_known_yet
    waiting = any("begin after the cutoff" in warning for warning in report.warnings)
    assert report.rows_read == counted or (waiting and report.rows_read > counted)


@given(st.data(), SHORT)
@LAWS
def test_a_stamp_within_a_step_counts_for_it_where_the_file_says_floor(data: st.DataObject, case: Drawn) -> None:
    """A step that its start names holds the times that follow it, one that its end names those before it."""
    case = case.with_source(off_grid="floor", duplicates="error")
    assume(len({row["ds"] for row in case.rows}) >= 3)  # the others tell the phase of the grid
    direction = 1 if case.settings.source.time_label == "start" else -1
    shift = timedelta(seconds=direction * data.draw(st.integers(0, case.grid.step - 1)))
    chosen = data.draw(st.sampled_from(case.rows))["ds"]
    moved = retimed(case, lambda row: row["ds"] + (shift if row["ds"] == chosen else timedelta()), INSTANT)
    assert ingest(case, moved)[0].fingerprint == fingerprint(case)


@given(st.data(), drawn(aliases=("D", "B", "ME"), keys=("text",)), ZONES)
@LAWS
def test_a_time_of_day_is_cut_off_where_the_file_says_floor(data: st.DataObject, case: Drawn, zone: str) -> None:
    """By the clocks of the zone."""
    # A label at the end of a day or a weekday is the midnight after it.
    assume(case.settings.frequency == "ME" or case.settings.source.time_label == "start")
    case = at_midnight(case.with_source(off_grid="floor", duplicates="error"), zone)
    hours = st.integers(4, 23).map(lambda hour: time(hour, 59))
    moved = retimed(case, lambda row: datetime.combine(row["ds"], data.draw(hours)), pa.timestamp("us"))
    assert ingest(case, moved)[0].fingerprint == fingerprint(case)


@given(st.data(), drawn(aliases=("15min", "h"), keys=("text",)))
@LAWS
def test_the_order_of_rows_tells_the_two_passes_of_the_repeated_hour(data: st.DataObject, case: Drawn) -> None:
    """Two series over the night in which New York puts its clocks back, 05:00 to 07:00 UTC, however they alternate."""
    night = [datetime(2024, 11, 3, 4, tzinfo=UTC) + timedelta(seconds=case.grid.step * n) for n in range(16)]
    turns = data.draw(st.permutations(["B", "Ä"] * len(night)))
    clocks = {name: iter(night) for name in ("B", "Ä")}
    rows = [case.rows[0] | {"id": name, "ds": next(clocks[name]), "y": data.draw(CELLS)} for name in turns]
    case = replace(case, rows=[*rows, rows[0] | {"id": "7", "y": 1.0}], ahead=[], as_of=night[-1] + timedelta(hours=1))
    case = case.with_settings(time_zone="America/New_York").with_source(
        repeated_hour="in_order", future_covariates=[], static_covariates=[], past_covariates=[]
    )
    zone = ZoneInfo("America/New_York")
    local = retimed(case, lambda row: row["ds"].astimezone(zone).replace(tzinfo=None), pa.timestamp("us"))
    assert ingest(case, local)[0].fingerprint == fingerprint(case)


# Known since

CLOCKED = drawn(aliases=tuple(alias for alias in ALIASES if not alias.isdigit()))


def since(case: Drawn, versions: list[tuple[Row, Any]], kind: pa.DataType) -> pa.Table:
    """A table of rows with the moment since when each was known, in the column `known`."""
    known = pa.array([moment for _, moment in versions], kind)
    return case.table([row for row, _ in versions]).append_column("known", known)


@given(st.data(), CLOCKED)
@LAWS
def test_of_several_versions_the_last_one_known_by_then_counts(data: st.DataObject, case: Drawn) -> None:
    """Whatever earlier and later versions hold, in any order; rows that were known later only are not there."""
    rows, as_of = [*case.rows, *case.ahead], case.as_of
    assert isinstance(as_of, datetime)
    spans = st.integers(1, 10**7).map(lambda seconds: timedelta(seconds=seconds))
    others = [
        row | {"y": data.draw(CELLS), "wind": data.draw(CELLS), "plan": data.draw(CELLS)}
        for row in data.draw(st.lists(st.sampled_from(rows), max_size=4))
    ]
    earlier = [(row, as_of - timedelta(seconds=1) - data.draw(spans)) for row in others]
    later = [(row, as_of + data.draw(spans)) for row in others]
    never = [(row | {"ds": case.at(-data.draw(st.integers(0, 60)))}, as_of + data.draw(spans)) for row in others]
    known = [(row, as_of - timedelta(seconds=data.draw(st.integers(0, 1)))) for row in rows]
    versions = data.draw(st.permutations([*earlier, *known, *later, *never]))
    panel = ingest(case.with_source(known_at="known", duplicates="error"), since(case, versions, INSTANT))[0]
    assert panel.fingerprint == fingerprint(case.with_source(duplicates="error"))


@given(st.data(), CLOCKED)
@LAWS
def test_a_date_is_known_once_that_day_is_over(data: st.DataObject, case: Drawn) -> None:
    """Rows dated the day of as_of are not there yet, those of the day before are."""
    assert isinstance(case.as_of, datetime)
    today, case = case.as_of.date(), case.with_source(duplicates="error")
    rows = [*case.rows, *case.ahead]
    known = [(row, today - timedelta(days=1)) for row in rows]
    today_only = [(row | {"y": data.draw(CELLS), "plan": data.draw(NUMBERS)}, today) for row in rows]
    panel = ingest(case.with_source(known_at="known"), since(case, [*known, *today_only], pa.date32()))[0]
    assert panel.fingerprint == fingerprint(case)
