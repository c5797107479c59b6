"""The automations of our deployments: read from `flows/deployment/automations.yaml`, brought to the Prefect server."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.schemas.automations import Automation, AutomationCore

from flows.deployment.notify import Target, known_target, target_of

DECLARED = Path(__file__).with_name("automations.yaml")
OWNER = "nightcast"  # the resource that owns them on the server, which tells ours from others of the same name
TAG = {"prefect.resource.role": "tag", "prefect.resource.id": "prefect.tag.nightcast"}
FLOW_RUNS = {"prefect.resource.id": "prefect.flow-run.*"}


@dataclass(frozen=True)
class Upserted:
    """What became of an automation."""

    name: str
    what: Literal["new", "updated", "unchanged", "removed"]


def upsert_automations(client: SyncPrefectClient, notify: str | None = None) -> list[Upserted]:
    """Brings the declared automations to the server, by name; the same again changes nothing, others are left alone.

    notify: who is told: see `flows.deployment.notify.target_of`. Without it whoever was told before stays; where
    nobody was, the automations that tell are left out. Raises ConfigError for what `notify` cannot mean.
    """
    ours = {one.name: one for one in client.read_resource_related_automations(OWNER)}
    target = target_of(notify, client) if notify is not None else known_target(list(ours.values()))
    wanted = declared(target)
    done = [_upsert(client, one, ours.get(one.name)) for one in wanted]
    return done + [_remove(client, ours[name]) for name in ours.keys() - {one.name for one in wanted}]


def declared(target: Target | None) -> list[AutomationCore]:
    """The automations of the file; without a target only those that tell nobody."""
    content = yaml.safe_load(DECLARED.read_text(encoding="utf-8"))
    found = list(content["rules"])
    if target is not None:
        found += [_alert(one, target) for one in content["alerts"]]
        found += [_silence(one, target) for one in content["silences"]]
    return [AutomationCore.model_validate(one | {"owner_resource": OWNER}) for one in map(_whole, found)]


def _whole(automation: dict[str, Any]) -> dict[str, Any]:
    """With all that the server would add by itself, so that it can be compared."""
    trigger = {"type": "event", "threshold": 1, "within": 0, "match_related": TAG} | automation["trigger"]
    return automation | {"trigger": trigger, "tags": [OWNER]}


def _alert(entry: dict[str, Any], target: Target) -> dict[str, Any]:
    """Tells an event of ours, each time."""
    match: dict[str, Any] = {"prefect.resource.id": "nightcast.pipeline.*"}
    if "severities" in entry:
        match["nightcast.severity"] = entry["severities"]
    return {
        "name": entry["name"],
        "description": entry["description"],
        "enabled": entry.get("enabled", True),
        "trigger": {"posture": "Reactive", "match": match, "match_related": {}, "expect": entry["events"]},
        "actions": [target.tells_alert()],
    }


def _silence(entry: dict[str, Any], target: Target) -> dict[str, Any]:
    """Tells a state of Prefect's."""
    return {
        "name": entry["name"],
        "description": entry["description"],
        "trigger": {"match": FLOW_RUNS} | entry["trigger"],
        "actions": [target.tells_state(entry["subject"], entry["description"])],
    }


def _upsert(client: SyncPrefectClient, wanted: AutomationCore, known: Automation | None) -> Upserted:
    if known is None:
        client.create_automation(wanted)
        return Upserted(wanted.name, "new")
    kept = wanted.model_copy(update={"enabled": known.enabled})  # somebody may have switched it off
    if _comparable(kept) == _comparable(known):
        return Upserted(wanted.name, "unchanged")
    # An update must not name the owner, who stays.
    client.update_automation(known.id, AutomationCore.model_validate(kept.model_dump(exclude={"owner_resource"})))
    return Upserted(wanted.name, "updated")


def _comparable(automation: AutomationCore) -> dict[str, Any]:
    """Without what the server gives or does not answer."""
    known = AutomationCore.model_validate(automation.model_dump())
    return known.model_dump(mode="json", exclude={"owner_resource": True, "trigger": {"id"}})


def _remove(client: SyncPrefectClient, known: Automation) -> Upserted:
    client.delete_automation(known.id)
    return Upserted(known.name, "removed")
