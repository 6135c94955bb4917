"""Is this request Midbound's? Signature and age, on the exact bytes received."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from standardwebhooks import Webhook, WebhookVerificationError

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"

_ID, _TIMESTAMP, _SIGNATURE = ID.encode(), TIMESTAMP.encode(), SIGNATURE.encode()
_LONGEST_ID = 255
_LEAST_KEY_BYTES = 16
# The reference verifier reads any float; the specification says whole seconds.
_SECONDS = re.compile(r"[0-9]{1,12}")
_STALE = re.compile("too (old|new)")


class SecretError(ValueError):
    """A webhook secret can't be used; the message says which, never what it is."""


class RefusedError(Exception):
    """The request is not a verified delivery. `reason` is a short word for metrics."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Signed(NamedTuple):
    """The headers of a verified delivery: what is needed to check its signature again."""

    webhook_id: str
    timestamp: str
    signature: str


class Verifier:
    """Verifies with any of several secrets, so that one can be replaced without a gap."""

    def __init__(self, secrets: Sequence[str]) -> None:
        """Take secrets as Midbound shows them, `whsec_…`.

        Raises `SecretError` when there is none, or when one is empty, short or not base64.
        """
        if not secrets:
            raise SecretError(
                "MIDBOUND_CLOUD_WEBHOOK_SECRET is not set: copy it from Midbound's webhook settings"
                " into .env"
            )
        self._webhooks = [_webhook(place, secret) for place, secret in enumerate(secrets, start=1)]

    def verify(self, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> Signed:
        """Check a request by its headers (names in lower case, as ASGI gives them) and exact body.

        Raises `RefusedError` for whatever is missing, malformed, stale or not signed with a secret.
        """
        given: dict[bytes, list[bytes]] = {_ID: [], _TIMESTAMP: [], _SIGNATURE: []}
        for name, value in headers:
            if name in given:
                given[name].append(value)
        webhook_id, timestamp, signature = (_single(name, found) for name, found in given.items())
        if len(webhook_id) > _LONGEST_ID or not webhook_id.isprintable():
            raise RefusedError("header", f"{ID} must be 1 to {_LONGEST_ID} printable characters")
        if not _SECONDS.fullmatch(timestamp):
            raise RefusedError("header", f"{TIMESTAMP} must be whole seconds since 1970")
        malformed = False
        signed = {ID: webhook_id, TIMESTAMP: timestamp, SIGNATURE: signature}
        for webhook in self._webhooks:
            try:
                webhook.verify(body, signed, json_parse=False)
            except WebhookVerificationError as error:
                if _STALE.search(str(error)):
                    raise RefusedError(
                        "timestamp",
                        f"{TIMESTAMP} is more than 5 minutes off: check both clocks, and that"
                        " retries are signed again",
                    ) from None
            except UnicodeDecodeError:
                raise RefusedError("body", "the body is not UTF-8, so nothing signed it") from None
            except ValueError:
                # An entry without a comma, or no base64. It may stand behind the right signature of
                # another secret, so that only the end tells.
                malformed = True
            else:
                return Signed(webhook_id, timestamp, signature)
        if malformed:
            raise RefusedError("header", f"{SIGNATURE} is malformed")
        raise RefusedError(
            "signature",
            f"no entry of {SIGNATURE} matches: is MIDBOUND_CLOUD_WEBHOOK_SECRET this endpoint's?",
        )


def _webhook(place: int, secret: str) -> Webhook:
    try:
        webhook = Webhook(secret)
        key_bytes = len(webhook._whsecret)  # noqa: SLF001 - no public way to see how long it is
    except Exception:  # noqa: BLE001 - whatever it is, its text may quote the secret
        key_bytes = 0
    if not secret.startswith("whsec_") or key_bytes < _LEAST_KEY_BYTES:
        raise SecretError(
            f"secret {place} in MIDBOUND_CLOUD_WEBHOOK_SECRET is not usable: it must be whsec_ and"
            f" base64 of at least {_LEAST_KEY_BYTES} bytes"
        )
    return webhook


def _single(name: bytes, found: list[bytes]) -> str:
    if len(found) != 1 or not found[0]:
        what = "is missing" if not found or not found[0] else "stands there more than once"
        raise RefusedError("header", f"header {name.decode()} {what}")
    if not found[0].isascii():
        raise RefusedError("header", f"header {name.decode()} is not ASCII")
    return found[0].decode()
