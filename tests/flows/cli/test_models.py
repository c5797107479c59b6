"""The commands that look at models, on a store without a flow."""

from datetime import timedelta

import pytest
from nights import CONTRACT, NOW

from lstm.errors import ConfigError


def test_who_was_champion_is_told_for_an_instant_and_for_a_whole_day(pipeline, registry, models):
    """v1 from 06:00 UTC of 1 May, v2 a day later: 1 May in New York ends at 04:00 UTC, with v1 only."""
    for name in ("naive", "seasonal_naive"):
        registry.register_baseline("small", name, CONTRACT, NOW)
    assert "small had no champion until now" in models("champion", pipeline)
    for days, version in ((0, 1), (1, 2)):
        registry.set_champion("small", version, who="ann", why=f"day {days}", now=NOW + timedelta(days=days))
    assert "champion v2 model baseline:seasonal_naive since 2024-05-02 06:00:00 UTC" in models("champion", pipeline)
    first = models("champion", pipeline, "--on", "2024-05-01")
    assert "champion v1" in first
    assert "before no champion by run none, by hand who ann why day 0" in first
    assert "v2" not in first
    both = models("champion", pipeline, "--on", "2024-05-02")
    assert "champion v1" in both
    assert "champion v2" in both
    assert "champion v1" in models("champion", pipeline, "--on", "2024-05-02T05:59:59Z")
    early = models("champion", pipeline, "--on", "2024-04-01")
    assert "small had no champion on 2024-04-01; the first was v1 from 2024-05-01 06:00:00 UTC" in early
    assert "champion v2" in models("champion", pipeline, "--on", "9999-12-31")  # a day with no day after it


def test_show_tells_when_by_whom_and_why_a_version_became_champion(pipeline, registry, models):
    """Each time."""
    registry.register_baseline("small", "naive", CONTRACT, NOW)
    registry.set_champion("small", 1, who="ann", why="nothing else is left", now=NOW)
    printed = models("show", pipeline, 1)
    assert "since 2024-05-01 06:00:00 UTC, the first, by ann: nothing else is left" in printed


def test_show_takes_a_version_as_the_tables_print_it(pipeline, registry, models):
    """`models list` says 1, the verdict says v1: either can be typed."""
    registry.register_baseline("small", "naive", CONTRACT, NOW)
    assert models("show", pipeline, "v1") == models("show", pipeline, "1")
    with pytest.raises(ConfigError, match="'latest' is no version; give a number such as 2"):
        models("show", pipeline, "latest")


def test_a_reason_in_square_brackets_is_told_as_it_was_given(pipeline, registry, models):
    """Trial: `--why "[bold]"` made `models champion` end in a traceback for ever; an escape sequence is shown."""
    registry.register_baseline("small", "naive", CONTRACT, NOW)
    registry.set_champion("small", 1, who="[/ann]", why="[/bold] [red]x \x1b[31m", now=NOW)
    told = "[/bold] [red]x \\x1b[31m"
    assert f"who [/ann] why {told}" in models("champion", pipeline)
    assert f"by [/ann]: {told}" in models("show", pipeline, 1)
    assert "[/ann]" not in models("list", pipeline)
