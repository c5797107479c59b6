"""Our automations on a real Prefect server: brought once, and those of others left alone."""

from receivers import receiving

from flows.deployment.automations import AutomationChange, _comparable, upsert_automations

ADDRESS = "NIGHTCAST_TEST_WEBHOOK"


def changes(upserted: list[AutomationChange]) -> dict[str, str]:
    """What became of each automation, by its short name."""
    return {automation.name.removeprefix("Nightcast: "): automation.what for automation in upserted}


def test_the_same_events_in_another_order_are_the_same_automation():
    """A set of events has no order: compared as lists, a declaration that had not changed was "updated" by chance."""
    events = [f"nightcast.event.{number}" for number in range(40)]
    assert _comparable(_automation("x", events)) == _comparable(_automation("x", events[::-1]))


def test_automations_come_once_stay_switched_off_and_leave_others_alone(client, monkeypatch):
    """Law: the same declaration again changes nothing; a person's switch and a person's automation are theirs."""
    foreign = client.create_automation(_automation("Nightcast: run failed"))
    try:
        with receiving() as receiver:
            monkeypatch.setenv(ADDRESS, receiver.url)
            first = changes(upsert_automations(client))
            assert set(first) == {
                "a run without a heartbeat has crashed",
                "a run that never began has crashed",
                "a crashed run goes on",
            }
            assert set(first.values()) == {"new"}
            second = changes(upsert_automations(client, f"env:{ADDRESS}"))
            assert {name for name, what in second.items() if what == "unchanged"} == set(first)
            ours = {automation.name: automation for automation in client.read_resource_related_automations("nightcast")}
            client.pause_automation(ours["Nightcast: gate rejected"].id)
            third = changes(upsert_automations(client))  # without --notify whoever was told stays
            assert set(third.values()) == {"unchanged"}
            assert third.keys() == second.keys()
            assert not client.read_automation(ours["Nightcast: gate rejected"].id).enabled
            told = {
                name for name, what in changes(upsert_automations(client, _own_block())).items() if what != "unchanged"
            }
            assert told == second.keys() - first.keys()
            assert not client.read_automation(ours["Nightcast: gate rejected"].id).enabled
            assert set(changes(upsert_automations(client)).values()) == {"unchanged"}
            assert receiver.bodies == []
        assert client.read_automation(foreign).description == "somebody's own"
        document = client.read_block_document_by_name("nightcast-alerts", "webhook", include_secrets=False)
        assert "hidden" not in str(document.data)
    finally:
        for automation in client.read_automations():
            client.delete_automation(automation.id)


def _own_block():
    """A block that somebody has made, and how `--notify` names it."""
    from prefect.blocks.webhook import Webhook

    Webhook(url="http://127.0.0.1:9/nobody").save("somebodys", overwrite=True)
    return "block:webhook/somebodys"


def _automation(name, events=("nobody.says.this",)):
    from prefect.events.schemas.automations import AutomationCore

    trigger = {"type": "event", "posture": "Reactive", "expect": events, "threshold": 1, "within": 0}
    actions = [{"type": "do-nothing"}]
    return AutomationCore.model_validate(
        {"name": name, "description": "somebody's own", "trigger": trigger, "actions": actions}
    )
