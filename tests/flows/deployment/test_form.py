"""The form of a run by hand: what it offers, and what the server refuses."""

import pytest
from prefect.utilities.schema_tools.validation import ValidationError, is_valid_schema, validate

from flows.deployment.form import ad_hoc_parameters
from lstm.errors import ConfigError

DEFAULTS, SCHEMA = ad_hoc_parameters({"small": "pipelines/small.toml", "departures": "pipelines/departures.toml"})


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("pipeline", "smal", "is not one of"),
        ("kind", "train", "is not one of"),
        ("as_of", "nonsense", "does not match"),
        ("as_of", "30.12.2013", "does not match"),
        ("overrides", {"training.max_epoch": 3}, "is not one of"),
        ("overrides", {"store.url": "sqlite:///elsewhere.db"}, "is not one of"),
        ("overrides", {"training.max_epochs": 0}, "less than the minimum of 1"),
        ("overrides", {"quality.late_end": "ignore"}, "is not one of"),
        ("overrides", {"quality.max_failed_share": 1.5}, "greater than the maximum"),
        ("overrides", {"gates": "none"}, "is not of type 'array'"),
        ("dry_run", "yes", "is not of type 'boolean'"),
        ("whatif", {"set_future": "scheduled*=1.1"}, "is not valid under any"),
        ("whatif", {"set_futur": ["scheduled*=1.1"]}, "Additional properties are not allowed"),
    ],
)
def test_the_server_refuses_nonsense_before_there_is_a_run_and_names_the_field(field, value, reason):
    """Checked by the very function that the server checks new runs with."""
    with pytest.raises(ValidationError, match=f"(?s)field.*{field}.*{reason}"):
        validate(DEFAULTS | {"pipeline": "small", field: value}, SCHEMA, raise_on_error=True)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"as_of": "", "kind": "monitor", "dry_run": True, "overrides": {}},
        {"as_of": "2013-12-30", "overrides": {"training.max_epochs": 3, "model.hidden": None, "gates": []}},
        {"as_of": "2013-12-30T05:00:00Z"},
        {"as_of": "1200"},
        {"kind": "whatif", "whatif": {"set_future": ["scheduled*=1.1"], "where": ["carrier=AA"], "future": ""}},
    ],
)
def test_the_server_takes_what_makes_sense(given):
    is_valid_schema(SCHEMA)
    validate(DEFAULTS | {"pipeline": "small"} | given, SCHEMA, raise_on_error=True)


def test_the_form_offers_the_pipelines_by_name_and_a_single_one_is_chosen_already():
    assert SCHEMA["properties"]["pipeline"]["enum"] == ["departures", "small"]
    assert "pipeline" not in DEFAULTS
    assert ad_hoc_parameters({"small": "small.toml"})[0] == {"pipeline": "small", "files": {"small": "small.toml"}}
    with pytest.raises(ConfigError, match="name a pipeline file"):
        ad_hoc_parameters({})
