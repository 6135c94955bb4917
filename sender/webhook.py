"""A message as a Standard Webhook: signed JSON, the same `webhook-id` at each try.

`lead.matched.schema.json` beside this file describes the body; tests hold every message to it.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from standardwebhooks.webhooks import Webhook

from models.facts.visits import UTM
from models.rules.messages import Message

_MATCHED, _ROLLED_UP = "lead.matched", "rule.rolled_up"
"""What a body says that it is: of a lead, also where its colleagues are named beside it."""


def body(message: Message) -> bytes:
    """The body of a message, JSON in UTF-8."""
    data: dict[str, Any] = {"rule": message.rule, "url": message.url}
    if message.lead is not None:
        data["lead"] = message.lead
    if message.visit is not None:
        visit = message.visit
        names = ("sid", "started_at", "landing_page", "pages", *UTM, "channel")
        data["visit"] = {name: visit[name] for name in names}
        data["reasons"] = list(message.reasons)
    if message.kind in {"company", "roll-up"}:
        data |= {"people": list(message.others), "total": message.total}
    if message.kind == "test":
        data["test"] = True
    kind = _ROLLED_UP if message.kind == "roll-up" else _MATCHED
    whole = {"type": kind, "timestamp": message.timestamp, "data": data}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def headers(message: Message, sent: bytes, secrets: Mapping[str, str]) -> dict[str, str]:
    """The headers of a body: its id, the time of this try, and the signature over all three."""
    now = datetime.now(UTC)
    signature = Webhook(secrets["secret"]).sign(message.webhook_id, now, sent.decode())
    return {
        "content-type": "application/json",
        "user-agent": "visitor-desk",
        "webhook-id": message.webhook_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
