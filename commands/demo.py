"""The demo's past: three weeks of made-up visits, kept as if they had been received at the time.

It also brings what a desk of that age would have by now: scores that know who buys there, and the
list of won deals with which `scoring backtest` compares them.
"""

import time
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from commands.database import opened
from models.settings import Settings

if TYPE_CHECKING:
    from models.ledger.deliveries import Delivery
    from models.storage.database import Database
    from simulator.history import History

BEFORE_MS = 65 * 60_000
"""How long before now it ends, in ms: visits less than an hour old would make rules ring."""

SEED = 21

DEALS = "won"
"""The list of companies that bought, with the dates on which they did."""

_FIT = """\
[fit]
seniority  = { weight = 35, any = ["c_level", "vp", "head", "director"] }
department = { weight = 25, any = ["marketing", "sales", "operations"] }
employees  = { weight = 40, full = [50, 2000], zero = [10, 10000] }
"""
RULE = "hot-pages"
"""The rule that makes the demo's messages, and its segment."""

_BATCH = 256
_WAITING = 128
"""More are kept only while at most this many deliveries wait to be derived, so that what arrives
meanwhile is derived soon."""

_POLL_S = 0.02


def demo_history() -> None:
    """Keep the demo's past in the ledger, for the receiver to derive; `up --demo` starts it."""
    from simulator.history import History

    chosen = Settings()
    secret = chosen.midbound_cloud_webhook_secret[0].get_secret_value()
    history = History(end_ms=int(time.time() * 1000) - BEFORE_MS, seed=SEED)
    with opened() as database:
        for _ in keep_history(database, history, secret):
            while waiting(database) > _WAITING:
                time.sleep(_POLL_S)
        keep_deals(database, history)


def ring_at(database: "Database", url: str, secret: str) -> None:
    """Make the demo's rule send to a sink at this address, as Slack and as a webhook."""
    from models.audit import system_user
    from models.rules import destinations, rules
    from models.segments import segments

    file, who = Settings().sealing_key(), system_user()
    kinds = {"demo-slack": ("slack", [f"{url}/slack"]),
             "demo-webhook": ("webhook", [f"{url}/webhook", secret])}  # fmt: skip
    with database.write() as db:
        for name, (kind, secrets) in kinds.items():
            if destinations.find(db, name):
                destinations.seal_anew(db, file, name, secrets)
            else:
                destinations.add(
                    db, file, name=name, kind=kind, secrets=secrets, owner=who, allow_private=True
                )
        if rules.find(db, RULE) is None:
            if segments.segment(db, RULE) is None:
                title = "Sees pricing, demo or contact"
                segments.save(db, RULE, "hot=yes", who=who, title=title, is_shared=True)
            rule = rules.read(RULE, RULE, "visit", tuple(kinds), cap_per_hour=300)
            rules.add(db, rule, who)


def is_empty(database: "Database") -> bool:
    """Whether the ledger holds nothing yet."""
    from sqlalchemy import select

    from models.tables import DELIVERY

    with database.read() as db:
        return db.execute(select(DELIVERY.c.seq).limit(1)).first() is None


def score_buyers(database: "Database") -> None:
    """Score by who buys in the demo; intent stays as in the first version."""
    from models.audit import recorded, system_user
    from models.scoring import versions

    text = f"{_FIT}\n{versions.first_text(Settings().hot_paths())}"
    with recorded(database, system_user(), "scoring set"):
        versions.save(database, text, system_user(), "Who buys in the demo")


def keep_deals(database: "Database", history: "History") -> None:
    """Keep the list of a history's deals."""
    from models.audit import changing, system_user
    from models.facts.keys import domain_key
    from models.segments import lists
    from models.segments.list_files import Entry

    found = ((domain_key(deal.domain), deal.won_ms) for deal in history.deals())
    entries = {key: Entry(key, date=won_ms) for key, won_ms in found if key}
    said = {"name": DEALS}
    with changing(database, system_user(), "list import", said=said) as (db, entry):
        lists.keep(db, DEALS, entries)
        entry.rows = len(entries)


def waiting(database: "Database") -> int:
    """How many deliveries are not derived yet."""
    from sqlalchemy import func, select

    from models.tables import PENDING

    with database.read() as db:
        return db.execute(select(func.count()).select_from(PENDING)).scalar_one()


def keep_history(database: "Database", history: "History", secret: str) -> Iterator[int]:
    """Write a history's deliveries to the ledger, newest first; yields how many, batch by batch.

    So the screens have the last days after a moment, and nothing old looks new. Each is signed with
    `secret` (`whsec_…`) for the time of its receipt.
    """
    from models.ledger.deliveries import keep

    deliveries = iter(sorted(_received(history, secret), key=lambda one: -one.received_at))
    while some := list(islice(deliveries, _BATCH)):
        keep(database, some)
        yield len(some)


def _received(history: "History", secret: str) -> "Iterator[Delivery]":
    from models.ledger.deliveries import Delivery
    from simulator.delivery import encode, sign
    from simulator.dice import Dice

    dice = Dice(SEED)
    for scheduled in history.events():
        body, webhook_id = encode(scheduled.event), str(scheduled.event["id"])
        received_at = scheduled.at_ms + int(dice.lognormvariate(5, 0.7))  # median 150 ms
        headers = sign(secret, webhook_id, body, now_s=received_at // 1000)
        yield Delivery(
            webhook_id,
            received_at,
            headers["webhook-timestamp"],
            headers["webhook-signature"],
            body,
        )
