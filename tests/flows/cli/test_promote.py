"""The commands that change who serves, on a store without a flow."""

import pytest
from nights import CONTRACT, NOW, register

from lstm.errors import ConfigError, ModelError


def test_a_baseline_is_made_champion_by_its_name(pipeline, registry, models):
    """It gets a version; again, it is the same one."""
    printed = models("promote", pipeline, "baseline:seasonal_naive", "--why", "the holidays")
    assert "v1 is champion of small; the next run forecasts with it" in printed
    again = models("promote", pipeline, "baseline:seasonal_naive", "--why", "another reason")
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
def test_what_cannot_be_promoted_is_refused_with_what_there_is(pipeline, registry, models, words, kind, message):
    """v1 is a model whose folder is gone; nothing is promoted, nor registered."""
    register(registry.engine, "first")
    with pytest.raises(kind, match=message):
        models("promote", pipeline, *words)
    assert registry.champion("small") is None
    assert len(registry.models("small")) == 1


def test_a_version_for_another_horizon_is_refused(pipeline, registry, models):
    """The pipeline file has changed since."""
    registry.register_baseline("small", "naive", CONTRACT.model_copy(update={"horizon": 9}), NOW)
    with pytest.raises(ModelError, match=r"v1 has another contract than the pipeline \(horizon was 9, is 2\)"):
        models("promote", pipeline, "1", "--why", "x")


def test_a_rollback_needs_a_reason(pipeline, registry, models):
    """Blanks are none; told before anything runs."""
    with pytest.raises(ConfigError, match="a reason is needed to roll back"):
        models("rollback", pipeline, "--why", " ")
