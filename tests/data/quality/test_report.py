"""The quality report as people read it."""

import numpy as np

from lstm.data.frequency.aliases import parse_frequency
from lstm.data.quality.report import QualityReport, Repair, SeriesTable, listed, tally


def report(**changes: object) -> QualityReport:
    table = SeriesTable(
        name=("A",), first=("2024-01-01",), last=(None,), steps=(3,), observed={"y": (0,)}, missing=(1.0,)
    )
    values: dict[str, object] = {
        "rows_read": 1_200, "rows_used": 1_100, "rows_after_horizon": 100, "series": 1, "steps": 5,
        "cutoff": "2024-01-03", "newest": "2024-01-02", "frequency": "D", "inferred": True, "repairs": (),
        "warnings": (), "notes": (), "per_series": table,
    }  # fmt: skip
    return QualityReport.model_validate(values | changes)


REPAIRS = (
    Repair(kind="equal rows dropped", series="A", column="", count=2, first="2024-01-01"),
    Repair(kind="equal rows dropped", series="B", column="", count=3, first="2024-01-02"),
    Repair(kind="infinite values taken as missing", series="A", column="y", count=1, first="2024-01-03"),
)


def test_every_repair_is_counted() -> None:
    assert report(repairs=REPAIRS).repaired == 6


def test_sentences_tell_warnings_then_repairs_by_kind_then_notes() -> None:
    sentences = report(repairs=REPAIRS, warnings=("careful",), notes=("x.csv: read",)).sentences(10)
    assert sentences == [
        "careful",
        "equal rows dropped: 5, in A (2 from 2024-01-01), B (3 from 2024-01-02)",
        "infinite values taken as missing of y: 1, in A (1 from 2024-01-03)",
        "x.csv: read",
    ]


def test_the_last_sentence_counts_those_that_are_left_out() -> None:
    assert report(warnings=("a", "b", "c", "d")).sentences(3) == ["a", "b", "and 2 more in quality.json"]


def test_the_short_table_says_that_the_frequency_was_found() -> None:
    rows = dict(report().table())
    assert rows["frequency"] == "D (found)"
    assert rows["rows used"] == "1,100 (100 are later than this run may read)"


def test_json_comes_back() -> None:
    original = report(repairs=REPAIRS)
    assert QualityReport.model_validate_json(original.model_dump_json()) == original


def test_a_tally_has_one_repair_a_series_with_its_earliest_time() -> None:
    """1970-01-03 is ordinal 2 of days."""
    repairs = tally("mended", "y", np.array([1, 0, 1]), np.array([9, 4, 2]), ["A", "B"], parse_frequency("D"))
    assert [(repair.series, repair.count, repair.first) for repair in repairs] == [
        ("A", 1, "1970-01-05"),
        ("B", 2, "1970-01-03"),
    ]


def test_a_long_list_is_cut_and_counted() -> None:
    assert listed("abcdef") == "a, b, c and 3 more"
    assert listed("ab") == "a, b"
