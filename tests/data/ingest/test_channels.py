"""Columns on the steps of the panel: what is hidden, infinite, static."""

import numpy as np
import pytest
from ingested import NAN, THREE_DAYS, assemble, at, history, pipeline, repairs, table

from lstm.errors import DataError


def test_targets_after_the_cutoff_are_hidden() -> None:
    """Complete periods only: on the 3rd, the 3rd itself is not over."""
    panel, report = assemble(table(THREE_DAYS), pipeline(), at("2024-01-03T18:00Z"))
    assert history(panel) == [1.0, 2.0, None, None]
    assert (report.rows_used, report.rows_after_horizon) == (2, 1)


def test_past_covariates_end_at_the_cutoff_and_future_ones_with_the_horizon() -> None:
    rows = [("A", f"2024-01-0{day}", float(day), 10.0 * day, 100.0 * day) for day in range(1, 7)]
    roles = {"past_covariates": ["wind"], "future_covariates": ["plan"]}
    panel, report = assemble(table(rows, ("id", "ds", "y", "wind", "plan")), pipeline(source=roles), at("2024-01-04"))
    np.testing.assert_array_equal(panel.past[:, 0], [10, 20, 30, NAN, NAN])
    np.testing.assert_array_equal(panel.future[:, 0], [100, 200, 300, 400, 500])
    assert (report.rows_used, report.rows_after_horizon) == (5, 1)


def test_infinite_values_are_missing_and_reported() -> None:
    rows = [("A", "2024-01-01", 1.0), ("A", "2024-01-02", float("inf")), ("A", "2024-01-03", float("-inf"))]
    panel, report = assemble(table(rows), pipeline(), at("2024-01-04"))
    assert history(panel) == [1.0, None, None, None, None]
    assert repairs(report) == [("infinite values taken as missing", "A", "y", 2, "2024-01-02")]


def test_static_covariates_are_numbers_or_the_place_among_their_texts() -> None:
    rows = [("A", "2024-01-01", 1.0, "red", "1.5"), ("A", "2024-01-02", 1.0, None, "1.5"),
            ("B", "2024-01-01", 1.0, "blue", ""), ("C", "2024-01-01", 1.0, None, "7")]  # fmt: skip
    settings = pipeline(source={"static_covariates": ["colour", "size"]})
    panel, _ = assemble(table(rows, ("id", "ds", "y", "colour", "size")), settings, at("2024-01-03"))
    np.testing.assert_array_equal(panel.static, [[1.0, 1.5], [0.0, NAN], [NAN, 7.0]])
    assert panel.categories == (("blue", "red"), ())


def test_a_static_text_among_numbers_is_said_by_its_series() -> None:
    rows = [(name, "2024-01-01", 1.0, size) for name, size in zip("ABCD", ["10", "20", "30", "unknown"], strict=True)]
    settings = pipeline(source={"static_covariates": ["size"]})
    panel, report = assemble(table(rows, ("id", "ds", "y", "size")), settings, at("2024-01-02"))
    np.testing.assert_array_equal(panel.static[:, 0], [10.0, 20.0, 30.0, NAN])
    assert "static covariate 'size' is a number, but text in D; it is missing there" in report.warnings


def test_a_static_text_that_a_later_row_has_changes_nothing() -> None:
    """Law: rows after as_of have no say, not even by the places of texts, nor by being no number."""
    rows = [("A", "2024-01-01", 1.0, "red", "1"), ("B", "2024-01-01", 1.0, "green", "2")]
    later = [("C", "2024-03-01", 1.0, "blue", "many")]
    settings = pipeline(source={"static_covariates": ["colour", "size"]})
    names = ("id", "ds", "y", "colour", "size")
    before, after = (assemble(table(some, names), settings, at("2024-01-02"))[0] for some in (rows, rows + later))
    np.testing.assert_array_equal(after.static, [[1.0, 1.0], [0.0, 2.0]])
    assert after.fingerprint == before.fingerprint


def test_a_static_covariate_with_two_values_is_refused_by_series() -> None:
    rows = [("A", "2024-01-01", 1.0, "x"), ("B", "2024-01-01", 1.0, "x"), ("B", "2024-01-02", 1.0, "y")]
    with pytest.raises(DataError, match=r"static covariate 'kind' has more than one value in 1 series, first 'B'"):
        assemble(
            table(rows, ("id", "ds", "y", "kind")), pipeline(source={"static_covariates": ["kind"]}), at("2024-01-03")
        )
