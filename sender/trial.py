"""Trying out a destination: one made-up message, sent at once, whatever else waits."""

import secrets
from typing import NamedTuple

from models.rules.destinations import Destination
from models.rules.messages import Desk, example
from models.settings import Settings
from models.tables.rules import SENT
from sender.delivering import attempt
from sender.network import Network


class Trial(NamedTuple):
    """Whether a destination accepted a message, its HTTP status, and what it or we say about it."""

    taken: bool
    status: int | None
    answer: str


async def try_out(destination: Destination, settings: Settings) -> Trial:
    """Send a destination a message about nobody."""
    desk = Desk(settings.dashboard_link(), settings.zone())
    message = example(f"msg_{secrets.token_hex(16)}", destination.leaves_out, desk)
    network = Network(allow_private=settings.sender_allow_private)
    try:
        tried = await attempt(network, destination, settings.sealing_key(), message)
    finally:
        await network.close()
    return Trial(tried.state == SENT, tried.status, tried.answer)
