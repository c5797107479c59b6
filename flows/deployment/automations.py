"""The automations of our deployments: read from `flows/deployment/automations.yaml`, brought to the Prefect server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import Automation, AutomationCore

from flows.deployment.notify import Target, present_target, target_of

DECLARED = Path(__file__).with_name("automations.yaml")
OWNER = "nightcast"  # the resource that owns them on the server, which tells ours from others of the same name
TAG = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.nightcast"}
FLOW_RUNS = {"prefect.resource.id": "prefect.flow-run.*"}


@dataclass(frozen=True)
class AutomationChange:
    """What an automation on the server came to when it was brought there."""

    name: str
    what: Literal["new", "updated", "unchanged", "removed"]


def upsert_automations(client: SyncPrefectClient, notify: str | None = None) -> list[AutomationChange]:
    """Brings the declared automations to the server, by name; the same again changes nothing, others are left alone.

    notify: who is told: see `flows.deployment.notify.target_of`. Without it whoever was told before stays; where
    nobody was, the automations that tell are left out. Raises ConfigError for what `notify` cannot mean.
    """
    present = {automation.name: automation for automation in client.read_resource_related_automations(OWNER)}
    target = target_of(notify, client) if notify is not None else present_target(list(present.values()))
    automations = declared_automations(target)
    upserted = [_upsert(client, automation, present.get(automation.name)) for automation in automations]
    obsolete = present.keys() - {automation.name for automation in automations}
    return upserted + [_remove(client, present[name]) for name in obsolete]


def declared_automations(target: Target | None) -> list[AutomationCore]:
    """The automations that the file declares; without a target only those that tell nobody."""
    content = yaml.safe_load(DECLARED.read_text(encoding="utf-8"))
    automations = list(content["rules"])
    if target is not None:
        automations += [_alert(entry, target) for entry in content["alerts"]]
        automations += [_silence(entry, target) for entry in content["silences"]]
    return [AutomationCore.model_validate(_completed(entry) | {"owner_resource": OWNER}) for entry in automations]


def _completed(automation: dict[str, Any]) -> dict[str, Any]:
    """An automation with all that the server would add by itself, so that the two can be compared."""
    trigger = {"type": "event", "threshold": 1, "within": 0, "match_related": TAG} | automation["trigger"]
    return automation | {"trigger": trigger, "tags": [OWNER]}


def _alert(entry: dict[str, Any], target: Target) -> dict[str, Any]:
    """The automation that tells each event of ours."""
    match: dict[str, Any] = {"prefect.resource.id": "nightcast.pipeline.*"}
    if "severities" in entry:
        match["nightcast.severity"] = entry["severities"]
    return {
        "name": entry["name"],
        "description": entry["description"],
        "enabled": entry.get("enabled", True),
        "trigger": {"posture": "Reactive", "match": match, "match_related": {}, "expect": entry["events"]},
        "actions": [target.alert_action()],
    }


def _silence(entry: dict[str, Any], target: Target) -> dict[str, Any]:
    """The automation that tells when a flow run gets a state of Prefect's, such as Crashed."""
    return {
        "name": entry["name"],
        "description": entry["description"],
        "trigger": {"match": FLOW_RUNS} | entry["trigger"],
        "actions": [target.state_action(entry["subject"], entry["description"])],
    }


def _upsert(client: SyncPrefectClient, automation: AutomationCore, present: Automation | None) -> AutomationChange:
    if present is None:
        client.create_automation(automation)
        return AutomationChange(automation.name, "new")
    desired = automation.model_copy(update={"enabled": present.enabled})  # somebody may have switched it off
    if _comparable(desired) == _comparable(present):
        return AutomationChange(automation.name, "unchanged")
    # An update must not name the owner, who stays.
    client.update_automation(present.id, AutomationCore.model_validate(desired.model_dump(exclude={"owner_resource"})))
    return AutomationChange(automation.name, "updated")


def _comparable(automation: AutomationCore) -> dict[str, Any]:
    """What two automations are compared by: without what the server gives or does not answer.

    Not as JSON: a trigger's events are sets, which become lists in an order of their own in each process.
    """
    core = AutomationCore.model_validate(automation.model_dump())
    return core.model_dump(exclude={"owner_resource": True, "trigger": {"id"}})


def _remove(client: SyncPrefectClient, automation: Automation) -> AutomationChange:
    client.delete_automation(automation.id)
    return AutomationChange(automation.name, "removed")
