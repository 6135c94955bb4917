"""The sink: what it takes as Slack and a webhook would, and how it shows it."""

import json
from datetime import UTC, datetime

from standardwebhooks.webhooks import Webhook
from starlette.testclient import TestClient

from sender.sink import create_sink

SECRET = "whsec_c2luaydzIG93biBzZWNyZXQgZm9yIGl0cyB0ZXN0cw=="
HOSTILE = "<script>alert(1)</script> & <!channel>"


def client() -> TestClient:
    return TestClient(create_sink(SECRET))


def test_it_shows_what_slack_would_as_text() -> None:
    sink = client()
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": HOSTILE}},
        {"type": "section", "text": {"type": "plain_text", "text": "one\ntwo"}},
        {
            "type": "actions",
            "elements": [{"type": "button", "text": {"text": "Open"}, "url": "https://desk/x"}],
        },
    ]
    assert sink.post("/slack", json={"text": "x", "blocks": blocks}).text == "ok"
    page = sink.get("/").text
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert 'href="https://desk/x"' in page
    assert "one\ntwo" in page


def test_it_refuses_what_is_not_signed_and_shows_what_is() -> None:
    sink = client()
    body = json.dumps({"data": {"lead": {"full_name": "Ann"}, "url": "javascript:x"}})
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    assert sink.post("/webhook", content=body, headers=headers).status_code == 200
    assert sink.post("/webhook", content=body + " ", headers=headers).status_code == 401
    assert sink.post("/slack", content=b"nonsense").status_code == 400
    page = sink.get("/").text
    assert "Ann" in page
    assert "javascript:" not in page.replace("&quot;javascript:x&quot;", "")
    assert page.count("Refused") == 2
