"""Deliveries: an event as the body and the signed headers of one Standard Webhooks request."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook


def encode(event: dict[str, Any]) -> bytes:
    """Return the body: compact JSON in UTF-8, as JavaScript's `JSON.stringify` writes it."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def sign(secret: str, webhook_id: str, body: bytes, *, now_s: int | None = None) -> dict[str, str]:
    """Return the headers of one attempt to deliver `body`, including the content type.

    `secret` is a single `whsec_<base64>`. `now_s` (Unix seconds, default: now) is part of what is
    signed, so each retry gets a new signature; `webhook_id` is the same for every attempt.

    Raises ValueError for a secret that is empty or not base64 and for a body that is not UTF-8.
    """
    if not secret.removeprefix("whsec_"):
        raise ValueError("the webhook secret is empty")
    timestamp = int(time.time()) if now_s is None else now_s
    signature = Webhook(secret).sign(
        webhook_id, datetime.fromtimestamp(timestamp, UTC), body.decode()
    )
    return {
        "content-type": "application/json",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature,
    }
