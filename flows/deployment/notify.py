"""Who is told of alerts: a webhook or a notification block of Prefect, and in which words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from prefect.blocks.core import Block, UnknownBlockType
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.events.actions import CallWebhook, SendNotification
from prefect.events.schemas.automations import Automation
from prefect.exceptions import ObjectNotFound

from flows.runs.secret_block import secret_block
from lstm.config import secret
from lstm.errors import ConfigError

BLOCK = "nightcast-alerts"

# A line for a person, and everything for a program; chats show `text`. Templates are Prefect's (Jinja).
ALERT_LINE = "{{ event.payload.pipeline }}: {{ event.payload.sentence }}"
ALERT_BODY = """{
  "text": {{ (event.payload.severity ~ ": " ~ event.payload.pipeline ~ ": " ~ event.payload.sentence) | tojson }},
  "event": {{ event.event | tojson }},
  "occurred": {{ event.occurred | string | tojson }},
  "payload": {{ event.payload | tojson }}
}"""
ALERT_TEXT = """{{ event.payload.sentence }}

{{ event.payload.kind }} of {{ event.payload.pipeline }} as of {{ event.payload.as_of }} ({{ event.payload.severity }})
flow run: {{ event.payload.flow_run }}
report: {{ event.payload.report }}"""
STATE_WORDS = 'event.resource["prefect.state-message"] or "MEANING"'
STATE_OF = 'flow.name ~ " of " ~ (flow_run.parameters.pipeline or flow_run.name)'
# A server has an address for people only where it was told one (PREFECT_UI_URL).
STATE_PAGE = "(flow_run | ui_url) or flow_run.id"
STATE_BODY = """{
  "text": {{ ("critical: " ~ OF ~ ": SUBJECT: " ~ (WORDS)) | tojson }},
  "event": {{ event.event | tojson }},
  "occurred": {{ event.occurred | string | tojson }},
  "payload": {
    "severity": "critical",
    "kind": {{ flow.name | tojson }},
    "sentence": {{ (WORDS) | tojson }},
    "flow_run_name": {{ flow_run.name | tojson }},
    "parameters": {{ flow_run.parameters | tojson }},
    "tags": {{ flow_run.tags | tojson }},
    "runs": {{ flow_run.run_count | tojson }},
    "flow_run": {{ (PAGE) | string | tojson }}
  }
}"""
STATE_TEXT = """{{ OF }}: SUBJECT: {{ WORDS }}

flow run: {{ PAGE }}"""


@dataclass(frozen=True)
class Target:
    """A block of Prefect by which somebody is told.

    kind: whether it is called with a body, or sends subject and text.
    """

    kind: Literal["call-webhook", "send-notification"]
    block: UUID

    def alert_action(self) -> dict[str, Any]:
        """The action that tells an event of ours."""
        return self._action("Nightcast: " + ALERT_LINE, ALERT_TEXT, ALERT_BODY)

    def state_action(self, subject: str, meaning: str) -> dict[str, Any]:
        """The action that tells a flow run's state. subject: what is the matter. meaning: for a state without words."""
        body, text = (_filled(template, subject, meaning) for template in (STATE_BODY, STATE_TEXT))
        return self._action(f"Nightcast: {subject}", text, body)

    def _action(self, subject: str, text: str, body: str) -> dict[str, Any]:
        content = {"payload": body} if self.kind == "call-webhook" else {"subject": subject, "body": text}
        return {"type": self.kind, "block_document_id": self.block, **content}


def _filled(template: str, subject: str, meaning: str) -> str:
    text = template.replace("WORDS", STATE_WORDS).replace("OF", STATE_OF).replace("PAGE", STATE_PAGE)
    return text.replace("SUBJECT", subject).replace("MEANING", meaning)


def target_of(reference: str, client: SyncPrefectClient) -> Target:
    """The block that a person means by `--notify`.

    `env:NAME` or `block:NAME`: the address of a webhook is there, in an environment variable or a Secret block; it is
    kept in a Webhook block. `block:TYPE/NAME`: a block that is there, of the type `webhook` or one that notifies, such
    as `slack-webhook`. Raises ConfigError for anything else.
    """
    kind, _, name = reference.partition(":")
    if kind == "block" and "/" in name:
        return _existing(reference, name, client)
    if kind not in ("env", "block") or not name:
        raise ConfigError(
            "--notify names where the address of a webhook is, since it is a secret: env:NAME, block:NAME (a Secret "
            "block), or block:TYPE/NAME for a block that notifies, such as block:slack-webhook/operations"
        )
    address = secret(reference, blocks=secret_block)
    if not address.startswith(("http://", "https://")):
        raise ConfigError(f"{reference} holds no address of a webhook; it begins with https:// or http://")
    headers: Any = {"Content-Type": "application/json"}
    return Target("call-webhook", UUID(str(Webhook(url=address, headers=headers).save(BLOCK, overwrite=True))))


def _existing(reference: str, slug: str, client: SyncPrefectClient) -> Target:
    type_name, _, name = slug.partition("/")
    try:
        document = client.read_block_document_by_name(name, type_name)
    except ObjectNotFound:
        raise ConfigError(
            f"{reference}: the Prefect server has no block {slug}; create it, or correct --notify"
        ) from None
    if type_name == "webhook":
        return Target("call-webhook", document.id)
    try:
        capabilities = Block.get_block_class_from_key(type_name).get_block_capabilities()
    except UnknownBlockType:
        raise ConfigError(
            f"{reference}: Prefect knows no blocks of the type {type_name} on this machine; install the package that "
            "brings them"
        ) from None
    if "notify" not in capabilities:
        raise ConfigError(
            f"{reference}: a block of the type {type_name} cannot send messages; name one such as slack-webhook"
        )
    return Target("send-notification", document.id)


def present_target(automations: Sequence[Automation]) -> Target | None:
    """Who the automations tell, None where they tell nobody."""
    for action in (action for automation in automations for action in automation.actions):
        if isinstance(action, CallWebhook | SendNotification):
            return Target(action.type, action.block_document_id)
    return None
