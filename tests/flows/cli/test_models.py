"""The commands on models, on a store without a flow."""

from datetime import timedelta

import pytest
from nights import CONTRACT, NOW, register
from typer.testing import CliRunner

from flows.cli.app import app
from lstm.errors import ConfigError, ModelError
from lstm.storage.registry.registry import Registry
from lstm.storage.store.database import open_store

PIPELINE = """
name = "small"
horizon = 2
frequency = "D"
time_zone = "America/New_York"

[source]
path = "t.csv"
series = ["id"]
time = "day"
targets = ["y"]
"""


@pytest.fixture
def pipeline(tmp_path):
    (tmp_path / "p.toml").write_text(PIPELINE, encoding="utf-8")
    return tmp_path / "p.toml"


@pytest.fixture
def registry(pipeline):
    (pipeline.parent / "store").mkdir()
    engine = open_store(f"sqlite:///{pipeline.parent / 'store' / 'nightcast.db'}")
    yield Registry(engine)
    engine.dispose()


def said(*words):
    shown = CliRunner().invoke(app, ["models", *map(str, words)])
    if shown.exception is not None and not isinstance(shown.exception, SystemExit):
        raise shown.exception
    return " ".join(shown.output.split())


def test_a_baseline_is_made_champion_by_its_name(pipeline, registry):
    """It gets a version; again, it is the same one."""
    told = said("promote", pipeline, "baseline:seasonal_naive", "--why", "the holidays")
    assert "v1 is champion of small; the next run forecasts with it" in told
    again = said("promote", pipeline, "baseline:seasonal_naive", "--why", "another reason")
    assert "v1 is champion of small already; nothing was changed" in again
    assert registry.model("small", 1).uri == "baseline:seasonal_naive"
    assert [change.why for change in registry.promotions("small")] == ["the holidays"]


@pytest.mark.parametrize(
    ("words", "kind", "message"),
    [
        (("baseline:magic", "--why", "x"), ConfigError, r"no baseline 'baseline:magic'; there are: baseline:naive, "),
        (("7", "--why", "x"), ConfigError, r"small has no model v7; there are: v1"),
        (("magic", "--why", "x"), ConfigError, r"'magic' is no version; give a number such as 2, or baseline:"),
        (("baseline:naive", "--why", "  "), ConfigError, r"a reason is needed to make baseline:naive champion"),
        (("v1", "--why", "x"), ModelError, r"missing or incomplete"),
    ],
)
def test_what_cannot_be_promoted_is_refused_with_what_there_is(pipeline, registry, words, kind, message):
    """v1 is a model whose folder is gone; nothing is promoted, nor registered."""
    register(registry.engine, "first")
    with pytest.raises(kind, match=message):
        said("promote", pipeline, *words)
    assert registry.champion("small") is None
    assert len(registry.models("small")) == 1


def test_a_version_for_another_horizon_is_refused(pipeline, registry):
    """The pipeline file has changed since."""
    registry.register_baseline("small", "naive", CONTRACT.model_copy(update={"horizon": 9}), NOW)
    with pytest.raises(ModelError, match=r"v1 has another contract than the pipeline \(horizon was 9, is 2\)"):
        said("promote", pipeline, "1", "--why", "x")


def test_who_was_champion_is_told_for_an_instant_and_for_a_whole_day(pipeline, registry):
    """v1 from 06:00 UTC of 1 May, v2 a day later: 1 May in New York ends at 04:00 UTC, with v1 only."""
    for name in ("naive", "seasonal_naive"):
        registry.register_baseline("small", name, CONTRACT, NOW)
    assert "small had no champion until now" in said("champion", pipeline)
    for days, version in ((0, 1), (1, 2)):
        registry.set_champion("small", version, who="ann", why=f"day {days}", now=NOW + timedelta(days=days))
    assert "champion v2 model baseline:seasonal_naive since 2024-05-02 06:00:00 UTC" in said("champion", pipeline)
    first = said("champion", pipeline, "--on", "2024-05-01")
    assert "champion v1" in first
    assert "before no champion by run none, by hand who ann why day 0" in first
    assert "v2" not in first
    both = said("champion", pipeline, "--on", "2024-05-02")
    assert "champion v1" in both
    assert "champion v2" in both
    assert "champion v1" in said("champion", pipeline, "--on", "2024-05-02T05:59:59Z")
    early = said("champion", pipeline, "--on", "2024-04-01")
    assert "small had no champion on 2024-04-01; the first was v1 from 2024-05-01 06:00:00 UTC" in early
    assert "champion v2" in said("champion", pipeline, "--on", "9999-12-31")  # a day with no day after it


def test_show_tells_when_by_whom_and_why_a_version_became_champion(pipeline, registry):
    """Each time."""
    registry.register_baseline("small", "naive", CONTRACT, NOW)
    registry.set_champion("small", 1, who="ann", why="nothing else is left", now=NOW)
    told = said("show", pipeline, 1)
    assert "since 2024-05-01 06:00:00 UTC, the first, by ann: nothing else is left" in told


def test_a_rollback_needs_a_reason(pipeline, registry):
    """Blanks are none; told before anything runs."""
    with pytest.raises(ConfigError, match="a reason is needed to roll back"):
        said("rollback", pipeline, "--why", " ")
