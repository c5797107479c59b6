"""[source]: a column has one role, and future covariates of another table are named."""

import pytest


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('targets = ["y"]\nseries = ["day"]', "column 'day' is named twice: in series and in time"),
        ('targets = ["y"]\npast_covariates = ["y"]', "column 'y' is named twice: in targets and in past_covariates"),
        ('targets = ["y"]\n[source.future]\npath = "f.csv"', "source.future_covariates names none"),
        ("targets = []", "source.targets"),
        ('targets = ["y"]\ntime_parts = ["day"]', "column 'day' is named twice: in time and in time_parts"),
        ('targets = ["y"]\ntime_parts = "hour"', "source.time_parts"),
        ('targets = ["y"]\nfar_times = "drop"', "source.far_times"),
        ('targets = ["y"]\nempty_ids = "drop"', "source.empty_ids"),
    ],
)
def test_columns_without_a_role_of_their_own_are_refused(refusal, lines, message):
    """With both roles."""
    assert message in refusal(part='targets = ["y"]', by=lines)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('targets = ["y"]\n[quality]\nunit_change = "ignore"', "quality.unit_change"),
        ('targets = ["y"]\n[quality]\nmax_jumped_share = 1.5', "quality.max_jumped_share"),
    ],
)
def test_a_policy_on_a_change_of_unit_that_does_not_exist_is_refused(refusal, lines, message):
    """By its name: nobody can say that it is to be published in silence."""
    assert message in refusal(part='targets = ["y"]', by=lines)


@pytest.mark.parametrize("region", ["Bayern", "DE-XX", "Germany-BY-1"])
def test_holidays_of_nowhere_are_refused_when_the_file_is_read(refusal, region):
    """Fault: `check` said that the data can be used, and the run stopped after it had read them."""
    said = refusal(f'[calendar]\nholidays = "{region}"\n')
    assert "calendar.holidays" in said
    assert f"{region!r} is not known to the holidays library" in said
