"""Is this request from Midbound? Checks signature and age, on the exact bytes received.

In two steps: what the headers claim is checked before the body is read, so that nobody can fill the
memory with bodies that no signature could match; then the body decides.

It is a few lines of our own, which a test compares with the reference verifier: that one copies a
body several times, as text, before it knows who sent it, and gives up at the first entry it can't
read.
"""

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"

TOLERANCE_S = 5 * 60
"""How far a timestamp may be off, as Standard Webhooks has it."""

_ID, _TIMESTAMP, _SIGNATURE = ID.encode(), TIMESTAMP.encode(), SIGNATURE.encode()
_LONGEST_ID = 255
_LEAST_KEY_BYTES = 16
_SECONDS = re.compile(r"[0-9]{1,12}")
_DIGEST_BYTES = hashlib.sha256().digest_size


class SecretError(ValueError):
    """A webhook secret can't be used; the message says which one, but never its value."""


class RefusedError(Exception):
    """The request is not a verified delivery. `reason` is a short word for metrics."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Signed(NamedTuple):
    """What headers claim; once `verify` returned, what is needed to check the signature again."""

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
                "MIDBOUND_CLOUD_WEBHOOK_SECRET is not set. Copy it from Midbound's webhook "
                "settings into .env"
            )
        self._keys = [_key(place, secret) for place, secret in enumerate(secrets, start=1)]

    def claimed(self, headers: Iterable[tuple[bytes, bytes]]) -> Signed:
        """What headers claim (names in lower case, as ASGI gives them), before the body is known.

        Raises `RefusedError` for what is missing, malformed or stale: no body could mend that.
        """
        given: dict[bytes, list[bytes]] = {_ID: [], _TIMESTAMP: [], _SIGNATURE: []}
        for name, value in headers:
            if name in given:
                given[name].append(value.strip(b" \t"))
        webhook_id, timestamp, signature = (_single(name, found) for name, found in given.items())
        if len(webhook_id) > _LONGEST_ID or not webhook_id.isprintable():
            raise RefusedError("header", f"{ID} must be 1 to {_LONGEST_ID} printable characters")
        if not _SECONDS.fullmatch(timestamp):
            raise RefusedError("header", f"{TIMESTAMP} must be whole seconds since 1970")
        if abs(time.time() - int(timestamp)) > TOLERANCE_S:
            raise RefusedError(
                "timestamp",
                f"{TIMESTAMP} is more than 5 minutes off. Check both clocks, and that retries "
                "are signed again",
            )
        if not any(_readable(signature)):
            raise RefusedError("header", f"{SIGNATURE} has no entry v1,BASE64 of a SHA-256")
        return Signed(webhook_id, timestamp, signature)

    def verify(self, signed: Signed, body: bytes) -> None:
        """Return if one of the secrets has signed this body.

        Raises `RefusedError` if none has, or if the body is not UTF-8.
        """
        digests = list(_readable(signed.signature))
        for key in self._keys:
            its = hmac.new(key, f"{signed.webhook_id}.{signed.timestamp}.".encode(), hashlib.sha256)
            its.update(body)
            expected = its.digest()
            if any(hmac.compare_digest(expected, digest) for digest in digests):
                break
        else:
            raise RefusedError(
                "signature",
                f"no entry of {SIGNATURE} matches. Check that MIDBOUND_CLOUD_WEBHOOK_SECRET is "
                "this endpoint's secret",
            )
        try:
            body.decode()
        except UnicodeDecodeError:
            raise RefusedError("body", "the body is not UTF-8, so it can't be JSON") from None


def _readable(signature: str) -> Iterable[bytes]:
    """The readable digests in a list of signatures: entries of other versions, and malformed ones,
    may stand before or after them.
    """
    for entry in signature.split():
        version, _, encoded = entry.partition(",")
        if version == "v1":
            try:
                digest = base64.b64decode(encoded)
            except binascii.Error:
                continue
            if len(digest) == _DIGEST_BYTES:
                yield digest


def _key(place: int, secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"))
    except ValueError:
        key = b""
    if not secret.startswith("whsec_") or len(key) < _LEAST_KEY_BYTES:
        raise SecretError(
            f"secret {place} in MIDBOUND_CLOUD_WEBHOOK_SECRET is not usable. It must be whsec_ "
            f"followed by base64 of at least {_LEAST_KEY_BYTES} bytes"
        )
    return key


def _single(name: bytes, found: list[bytes]) -> str:
    if len(found) != 1 or not found[0]:
        what = "is missing" if not found or not found[0] else "is there more than once"
        raise RefusedError("header", f"header {name.decode()} {what}")
    if not found[0].isascii():
        raise RefusedError("header", f"header {name.decode()} is not ASCII")
    return found[0].decode()
