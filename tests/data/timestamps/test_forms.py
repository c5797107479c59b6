"""The form that times are written in: ISO 8601, or the only other one that fits all of them."""

import pytest
from time_columns import shown, times

from lstm.errors import DataError


@pytest.mark.parametrize(
    ("texts", "meant"),
    [
        (["2024-01-31", "2024-02-01"], ["2024-01-31", "2024-02-01"]),
        (["2024-01-31T00:00:00", "2024-02-01 00:00"], ["2024-01-31", "2024-02-01"]),
        (["2024-01-31 07:00", "2024-02-01"], ["2024-01-31 07:00Z", "2024-02-01 00:00Z"]),
        (["2024-01-31T07:00:00Z", "2024-01-31 09:00:00+02:00"], ["2024-01-31 07:00Z"] * 2),
        (["2024-01-31 07:00:00 UTC", "2024-01-31 12:45:00.000000000 +0545"], ["2024-01-31 07:00Z"] * 2),
        ([" 2024-01-31 ", "0001-01-01"], ["2024-01-31", "0001-01-01"]),
        (["9999-12-31", "1969-12-31"], ["9999-12-31", "1969-12-31"]),
    ],
)
def test_iso_texts_are_dates_where_all_are_midnights_and_instants_else(texts: list[str], meant: list[str]) -> None:
    assert shown(times(texts)) == meant


@pytest.mark.parametrize(
    ("texts", "meant", "layout"),
    [
        (["01.01.2024", "12.01.2024", "13.01.2024"], ["2024-01-01", "2024-01-12", "2024-01-13"], "%d.%m.%Y"),
        (["12/01/2024", "13/01/2024"], ["2024-01-12", "2024-01-13"], "%d/%m/%Y"),
        (["01/12/2024", "01/13/2024"], ["2024-01-12", "2024-01-13"], "%m/%d/%Y"),
        (["2024/1/9", "2024/1/10"], ["2024-01-09", "2024-01-10"], "%Y/%m/%d"),
        (["2024-1-9", "2024-01-10"], ["2024-01-09", "2024-01-10"], "%Y-%m-%d"),
        (["31-May-2022", "01-Jun-2022"], ["2022-05-31", "2022-06-01"], "%d-%b-%Y"),
        (["May 31, 2022", "June 1, 2022"], ["2022-05-31", "2022-06-01"], "%b %d, %Y"),
        (["31.12.2024 13:05"], ["2024-12-31 13:05Z"], "%d.%m.%Y %H:%M"),
        (["12/31/2024 1:05:00 PM"], ["2024-12-31 13:05Z"], "%m/%d/%Y %I:%M:%S %p"),
        (["12/31/2024 13:05 +0200"], ["2024-12-31 11:05Z"], "%m/%d/%Y %H:%M %z"),
        (["2024-W01", "2024-W02"], ["2024-01-01", "2024-01-08"], "%G-W%V"),
        (["2015Q1", "2015Q2"], ["2015-01-01", "2015-04-01"], "%YQ%q"),
    ],
)
def test_the_only_form_that_fits_all_times_is_taken_and_said(texts: list[str], meant: list[str], layout: str) -> None:
    """Never a mix of two readings; what is said can be written as time_format."""
    parsed = times(texts)
    assert shown(parsed) == meant
    assert parsed.notes == (f"times of 'ds' were read as {layout!r}, the only form that fits them all",)
    assert shown(times(texts, layout=layout)) == meant


def test_an_iso_column_needs_no_words() -> None:
    assert times(["2024-01-31"]).notes == ()


@pytest.mark.parametrize(("texts", "layouts"), [
    (["03/04/2024", "05/04/2024"], "'%d/%m/%Y' and '%m/%d/%Y'"),
    (["03-04-2024 10:00"], "'%d-%m-%Y %H:%M' and '%m-%d-%Y %H:%M'"),
])  # fmt: skip
def test_days_that_may_be_months_are_refused_with_both_readings(texts: list[str], layouts: str) -> None:
    """Ambiguous day-first dates are refused unless the format is given."""
    with pytest.raises(
        DataError, match=rf"'ds' is ambiguous: times such as '{texts[0]}' fit both {layouts}.*time_format"
    ):
        times(texts)


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        (["45292", "45293"], "is not an existing date or time in the ISO form"),
        (["01112025", "02112025"], "is not an existing date or time in the ISO form"),
        (["20240131", "20240201"], "is not an existing date or time in the ISO form"),
        (["31.01.24", "01.02.24"], "is not an existing date or time in the ISO form"),
        (["1-2015", "2-2015"], "is not an existing date or time in the ISO form"),
        (["2024-02-30"], "is not an existing date or time in the ISO form"),
    ],
)
def test_digits_two_digit_years_and_bare_numbers_are_never_guessed(texts: list[str], why: str) -> None:
    """Never 1970, never January for the first quarter."""
    with pytest.raises(DataError, match=rf"column 'ds' {why}.*'{texts[0]}' of series 'A', line 2.*source.time_format"):
        times(texts)


def test_two_forms_in_one_column_are_refused_by_row() -> None:
    """A file that was glued together of two exports."""
    with pytest.raises(DataError, match=r"'31.01.2024' of series 'A', line 3"):
        times(["2024-01-30", "31.01.2024"])
    with pytest.raises(DataError, match=r"'01/30/2024' of series 'A', line 4"):
        times(["28.01.2024", "29.01.2024", "01/30/2024"])


def test_two_forms_are_refused_even_where_bad_rows_are_set_aside() -> None:
    """13/01 is no month and 01/13 is no day: nobody knows what 03/04 is."""
    with pytest.raises(DataError, match="the form '%d/%m/%Y' that others have"):
        times(["13/01/2024", "14/01/2024", "03/04/2024", "01/13/2024"], bad_rows="set_aside")


def test_a_stamp_without_an_offset_among_others_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"has no offset, but other rows have one: '2024-01-02 00:00' of series 'A', line 3"
    ):
        times(["2024-01-01T00:00Z", "2024-01-02 00:00"])
