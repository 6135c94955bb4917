"""Deliveries: an event as the bytes and signed headers of one Standard Webhooks request."""

import json
import time
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook


def encode(event: dict[str, Any]) -> bytes:
    """Give the body: compact JSON in UTF-8, as JavaScript's `JSON.stringify` would write it."""
    return json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()


def sign(secret: str, webhook_id: str, body: bytes, *, now_s: int | None = None) -> dict[str, str]:
    """Give the headers of one attempt to deliver `body`, content type included.

    `secret` is one `whsec_<base64>`. `now_s` (unix seconds, default: now) goes into the signature,
    so a retry is signed afresh, while `webhook_id` stays the same on every attempt.

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
