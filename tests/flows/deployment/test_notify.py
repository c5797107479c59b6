"""Who is told of alerts: what `--notify` may mean, asked of a real Prefect server."""

import pytest

from flows.deployment.automations import upsert_automations
from flows.deployment.notify import target_of
from lstm.errors import ConfigError

ADDRESS = "NIGHTCAST_TEST_WEBHOOK"


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("https://hooks.example.org/secret", "since it is a secret"),
        ("env:NIGHTCAST_NOT_SET", "is not set"),
        ("block:no-such-secret", "no-such-secret"),
        ("block:slack-webhook/operations", "no block slack-webhook/operations"),
        (f"env:{ADDRESS}", "holds no address"),
    ],
)
def test_who_cannot_be_told_is_refused_in_words(client, monkeypatch, reference, problem):
    """One clear message, which never repeats an address; nothing is created then."""
    monkeypatch.setenv(ADDRESS, "secret-token-without-a-host")
    with pytest.raises(ConfigError, match=problem) as refusal:
        upsert_automations(client, reference)
    assert "secret-token" not in str(refusal.value)
    assert "hooks.example.org" not in str(refusal.value)
    assert client.read_resource_related_automations("nightcast") == []


def test_a_block_whose_package_is_elsewhere_is_refused_in_words(client):
    """The server has it, and only who has its class can tell what it does."""
    from prefect.client.schemas.actions import BlockDocumentCreate, BlockSchemaCreate, BlockTypeCreate

    pigeon = client.create_block_type(BlockTypeCreate(name="Pigeon", slug="pigeon"))
    schema = client.create_block_schema(BlockSchemaCreate(fields={}, block_type_id=pigeon.id))
    client.create_block_document(
        BlockDocumentCreate(name="loft", data={}, block_type_id=pigeon.id, block_schema_id=schema.id)
    )
    with pytest.raises(
        ConfigError, match="block:pigeon/loft: Prefect knows no blocks of the type pigeon on this machine"
    ):
        target_of("block:pigeon/loft", client)
