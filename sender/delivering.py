"""One message to one destination: its format, one try, and what the answer means."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from models.rules.destinations import GONE, Destination
from models.rules.messages import Message
from models.rules.outbox import Result, now_ms
from models.rules.sealing import SealError
from models.storage.rows import Row
from models.tables.rules import FAILED, SENT, WAITING
from sender import slack, webhook
from sender.network import Network, RefusedError, UnreachableError
from sender.schedule import next_try, retry_after


class Form(NamedTuple):
    """How a kind of destination receives messages: body and headers of each, how many may be on
    their way at a time, and how long to wait between two (seconds).
    """

    body: Callable[[Message], bytes]
    headers: Callable[[Message, bytes, Mapping[str, str]], dict[str, str]]
    at_once: int = 16
    every_s: float = 0.0


FORMS: dict[str, Form] = {
    "slack": Form(slack.body, slack.headers, 1, slack.EVERY_S),
    "webhook": Form(webhook.body, webhook.headers),
}

_OK, _REDIRECT, _CLIENT, _SERVER = 200, 300, 400, 500
_GONE, _TIMEOUT, _BUSY = 410, 408, 429

NOBODY = "the lead it was about is no longer known"


class Tried(NamedTuple):
    """The result of a try, with what was sent and whom it named beside. `is_down`: the problem is
    the destination, not the message, so other messages need not be tried now; `wait_s`: how long it
    asked us to wait, in seconds.
    """

    state: str
    status: int | None
    answer: str
    is_down: bool = False
    wait_s: float | None = None
    body: str | None = None
    named_beside: tuple[str, ...] = ()


async def attempt(
    network: Network, destination: Destination, key_file: Path, message: Message
) -> Tried:
    """Send a message once. Never raises because of what a destination does or is."""
    tried = await _attempt(network, destination, key_file, message)
    return tried if tried.body is None else tried._replace(named_beside=message.named_beside)


async def _attempt(
    network: Network, destination: Destination, key_file: Path, message: Message
) -> Tried:
    try:
        secrets = destination.secrets(key_file)
    except SealError as error:
        return Tried(FAILED, None, str(error), is_down=True)
    form = FORMS[destination.kind]
    sent = form.body(message)
    shown = sent.decode()
    try:
        headers = form.headers(message, sent, secrets)
        answer = await network.post(secrets["url"], sent, headers)
    except RefusedError as error:
        return Tried(FAILED, None, f"not sent: {error}", is_down=True)
    except UnreachableError as error:
        return Tried(FAILED, None, str(error), is_down=True, body=shown)
    # Some answers quote the request, and the address is a secret. Postgres keeps no NUL.
    said = " ".join(answer.text.replace(secrets["url"], "…").replace("\0", "\ufffd").split())
    if _OK <= answer.status < _REDIRECT:
        return Tried(SENT, answer.status, said, body=shown)
    if answer.status < _CLIENT:
        said = "it answered with a redirect, which is not followed"
    is_down = answer.status >= _SERVER or answer.status in {_GONE, _TIMEOUT, _BUSY}
    wait_s = retry_after(answer.headers) if is_down else None
    return Tried(FAILED, answer.status, said, is_down, wait_s, shown)


def result(row: Row, tried: Tried) -> Result:
    """What becomes of a message after a try."""
    now = now_ms()
    if tried.state == SENT:
        return Result(
            row["id"], SENT, now, tried.status, tried.answer, tried.body, tried.named_beside
        )
    again = next_try(now, row["attempts"] + 1, tried.wait_s)
    state = FAILED if again is None else WAITING
    # Whoever switches it on again wants the waiting messages, so they are not given up.
    if tried.status == _GONE:
        state = WAITING
    return Result(
        row["id"], state, again or now, tried.status, tried.answer, tried.body, tried.named_beside
    )


def gone(row: Row) -> Result:
    """What becomes of a message when nobody it was about is known any longer."""
    return Result(row["id"], FAILED, now_ms(), None, NOBODY, None)


def reason_to_switch_off(tried: Tried) -> str | None:
    """Why a destination is to be switched off at once, if it is."""
    return GONE if tried.status == _GONE else None
