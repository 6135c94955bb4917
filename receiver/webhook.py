"""The webhook's route: body, verification, keeping, answer.

Plain ASGI, because this is the one path that must be cheap: a framework's request, routing and
response objects cost as much as everything else here together.
"""

import json
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from models.ledger.deliveries import Delivery
from receiver import bodies
from receiver.bodies import Bodies, CrowdedError, HungUpError, TooLargeError
from receiver.inbox import AwayError, FullError, Outcome
from receiver.receiver import Receiver
from receiver.verify import RefusedError

WEBHOOK = "/webhooks/midbound"
RETRY_AFTER_S = 5

_PATHS = frozenset({WEBHOOK, f"{WEBHOOK}/"})
_OTHERS = frozenset({"/healthz", "/readyz", "/metrics"})

_ANSWERS: dict[Outcome, bytes] = {
    "stored": b'{"status":"stored"}',
    "duplicate": b'{"status":"duplicate"}',
    "conflict": b'{"status":"duplicate"}',  # to the sender it is one
    "dropped": b'{"status":"stored"}',  # who is forgotten is nobody's business
    "spooled": b'{"status":"spooled"}',
}


_CLOSE = (b"connection", b"close")
"""Sent when a body is not read to its end: there may be no end."""

_RETRY = (b"retry-after", str(RETRY_AFTER_S).encode())


class Webhook:
    """Answers at `/webhooks/midbound`; passes everything else on."""

    def __init__(self, app: ASGIApp, receiver: Receiver) -> None:
        self._app = app
        self._receiver = receiver
        self._bodies = Bodies(receiver.settings.max_body_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer requests to the webhook's address, and pass on all others."""
        if scope["type"] != "http" or scope["path"] not in _PATHS:
            if scope["type"] == "http" and scope["path"] not in _OTHERS:
                self._receiver.refuse("path")
            await self._app(scope, receive, send)
            return
        if scope["method"] != "POST":
            self._receiver.refuse("method")
            await _answer(
                send,
                405,
                _detail("this address takes POST from Midbound"),
                (b"allow", b"POST"),
                _CLOSE,
            )
            return
        try:
            delivery = await self._delivery(scope, receive)
        except RefusedError as error:
            await self._refuse(send, 401, error.reason, str(error))
        except TooLargeError:
            limit = self._receiver.settings.max_body_bytes
            detail = f"the body is larger than MAX_BODY_BYTES, {limit} bytes"
            await self._refuse(send, 413, "too_large", detail, close=True)
        except TimeoutError:
            detail = (
                f"the body did not arrive within {bodies.BODY_TIMEOUT_S} s, at {bodies.LEAST_RATE}"
                " bytes a second or more"
            )
            await self._refuse(send, 408, "slow", detail, close=True)
        except CrowdedError:
            self._receiver.refuse("crowded")
            detail = (
                "too many bodies are arriving at once, and this one has taken longest. Send it "
                "again"
            )
            await _answer(send, 503, _detail(detail), _RETRY, _CLOSE)
        except HungUpError:
            await self._refuse(send, 400, "hung_up", "the body is incomplete", close=True)
        else:
            await self._take_in(delivery, send)

    async def _delivery(self, scope: Scope, receive: Receive) -> Delivery:
        """What the request delivers, once it is known to be from Midbound."""
        verifier = self._receiver.verifier
        signed = verifier.claimed(scope["headers"])
        limit = self._receiver.settings.max_body_bytes
        for name, value in scope["headers"]:
            # The leading digits are enough to know that a number is too large.
            if name == b"content-length" and value.isdigit() and int(value[:19]) > limit:
                raise TooLargeError
        body = await self._bodies.read(receive)
        verifier.verify(signed, body)
        return Delivery(
            signed.webhook_id, int(time.time() * 1000), signed.timestamp, signed.signature, body
        )

    async def _take_in(self, delivery: Delivery, send: Send) -> None:
        """Keep a delivery; 200 only once it is committed or spooled."""
        receiver = self._receiver
        try:
            outcome = await receiver.inbox.take_in(delivery)
        except (FullError, AwayError) as error:
            full = isinstance(error, FullError)
            receiver.count(delivery.body, "full" if full else "away")
            why = (
                "too many deliveries are waiting"
                if full
                else "neither database nor spool can take deliveries"
            )
            await _answer(send, 503, _detail(f"{why}. Send it again"), _RETRY)
            return
        receiver.count(delivery.body, outcome)
        await _answer(send, 200, _ANSWERS[outcome])

    async def _refuse(
        self, send: Send, status: int, reason: str, detail: str, *, close: bool = False
    ) -> None:
        self._receiver.refuse(reason)
        await _answer(send, status, _detail(detail), *([_CLOSE] if close else []))


def _detail(sentence: str) -> bytes:
    return json.dumps({"detail": sentence}).encode()


async def _answer(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                *headers,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
