"""Events of a pipeline in Prefect, which automations act upon: each is told once, and only what was taken counts."""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from prefect import runtime, task
from prefect.client.orchestration import get_client
from prefect.events.schemas.events import Event, RelatedResource
from prefect.utilities.urls import url_for

from lstm.errors import ForecastError
from lstm.references import RunKey
from lstm.report.alerts import Alert
from lstm.storage.runs.run_folder import RunStore
from lstm.visible import visible
from tasks.retrying import RETRYING, asking_once

log = logging.getLogger("tasks.events")

MEMORY = "alerts.json"


@dataclass(frozen=True)
class AlertedRun:
    """The run that an alert is about. key: None where the pipeline file could not be read; then `name` is the file's.

    report: where a person reads more, empty where nothing was written.
    """

    name: str
    kind: str
    key: RunKey | None
    exit_code: int
    report: str = ""


@task(name="tell", task_run_name="tell", **RETRYING)
def tell(run: AlertedRun, alerts: list[Alert], memory: RunStore | None) -> list[str]:
    """Sends the alerts that this run has not told yet, and answers their events.

    memory: the run's folder, which remembers what the server has taken; a run that is resumed or repeated and ends the
    same is silent.
    """
    known = _remembered(memory)
    fresh = [alert for alert in alerts if alert.mark not in known]
    if not fresh:
        return []
    _post([_event(run, alert) for alert in fresh])
    _remember(memory, known | {alert.mark: alert.event for alert in fresh})
    return [alert.event for alert in fresh]


def _event(run: AlertedRun, alert: Alert) -> Event:
    """The event of an alert. A second one of the same content has the same id, so the server knows it again."""
    run_id = run.key.run_id if run.key is not None else ""
    flow_run = str(runtime.flow_run.id or "")
    return Event(
        id=uuid5(NAMESPACE_URL, f"{alert.event} {run_id or flow_run} {alert.mark}"),
        occurred=datetime.now(UTC),
        event=alert.event,
        resource={
            "prefect.resource.id": f"nightcast.pipeline.{run.name}",
            "prefect.resource.name": run.name,
            "nightcast.run": run_id,
            "nightcast.kind": run.kind,
            "nightcast.severity": alert.severity,
        },
        related=_related(flow_run),
        payload={
            "pipeline": run.name,
            "kind": run.kind,
            "run_id": run_id,
            "as_of": run.key.as_of if run.key is not None else "",
            "severity": alert.severity,
            "exit_code": run.exit_code,
            "sentence": visible(alert.sentence),
            "report": run.report,
            "flow_run": url_for("flow-run", obj_id=flow_run) or flow_run if flow_run else "",
            **alert.facts,
        },
    )


def _related(flow_run: str) -> list[RelatedResource]:
    """The flow run, its deployment and its tags, so that an automation can ask for them."""
    if not flow_run:
        return []
    related: list[dict[str, str]] = [
        {
            "prefect.resource.id": f"prefect.flow-run.{flow_run}",
            "prefect.resource.role": "flow-run",
            "prefect.resource.name": str(runtime.flow_run.name or ""),
        }
    ]
    if runtime.deployment.id:
        deployment = {"prefect.resource.id": f"prefect.deployment.{runtime.deployment.id}"}
        related.append(deployment | {"prefect.resource.role": "deployment"})
    for tag in sorted(runtime.flow_run.tags or []):
        related.append({"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"})
    return [RelatedResource.model_validate(resource) for resource in related]


def _post(events: list[Event]) -> None:
    """Hands events over, and returns when the server has them: `emit_event` would not tell that one was lost."""
    with asking_once(), get_client(sync_client=True) as client:
        body: Any = [event.model_dump(mode="json") for event in events]
        client.request("POST", "/events", json=body).raise_for_status()


def _remembered(memory: RunStore | None) -> dict[str, str]:
    """Events by mark. What cannot be read counts as nothing: better told twice than never."""
    try:
        content = memory.read_bytes(MEMORY) if memory is not None else None
        return dict(json.loads(content)) if content is not None else {}
    except (ValueError, TypeError, OSError, ForecastError) as error:
        log.warning("%s cannot be read: %s", MEMORY, error)
        return {}


def _remember(memory: RunStore | None, events: dict[str, str]) -> None:
    """Keeps which events were taken. A folder that takes nothing, such as on a full disk, costs a second telling."""
    if memory is None:
        return
    try:
        memory.write_bytes(MEMORY, json.dumps(events, indent=2, sort_keys=True).encode())
    except (OSError, ForecastError) as error:
        log.warning("%s cannot be written: %s", MEMORY, error)
