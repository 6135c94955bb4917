"""From the receiver's 200 to the message at a destination, and how many a second one gets."""

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import func, select

from models.rules import destinations, outbox, rules
from models.rules.outbox import LEAD, now_ms
from models.segments import segments
from models.storage.database import Database
from models.tables.rules import OUTBOX, SENT
from simulator.delivery import sign
from tests.bench.live import busy
from tests.bench.peers.peers import BODY_ONLY, serving
from tests.bench.ringing.many_rules import add_rules
from tests.bench.stream import PATH
from tests.conftest import SECRET
from tests.desk import catch_up, eventually, take_in
from tests.models.rules.desk import visit
from tests.processes import Running, free_port, start
from tests.sender.stand_in import SECRET as WEBHOOK_SECRET
from tests.sender.stand_in import Said, standing_in, webhook

PAGE = "/rings"
RULES = 100
AWAY = 10_000
BUSY = 100
"""Events a second beside those that ring."""

_APART_S = 0.25
_WITHIN_S, _FIRST_WITHIN_S = 30, 180
"""The first message waits for the projector and the sender to come up."""

_PEOPLE = 200
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Rang:
    """Times from a 200 to the message at a webhook that answers at once, in ms, while `rate`
    events/s came in beside and `away` messages waited for another destination that is away.
    """

    rate: int
    away: int
    ms: list[float]


def rang(url: str, folder: Path, *, rate: int, away: int, probes: int) -> Rang:
    """Let somebody come, once and again, whom one of a hundred rules rings for.

    Raises `AssertionError` when a message does not arrive within half a minute.
    """
    arrived: dict[str, float] = {}

    def judge(path: str, headers: dict[str, str], body: bytes) -> Said | None:
        at = time.monotonic()
        for sid in waited_for - arrived.keys():
            if sid.encode() in body:
                arrived[sid] = at
        return webhook(path, headers, body)

    waited_for = set[str]()
    with ExitStack() as stack:
        crm = stack.enter_context(standing_in(judge))
        running = stack.enter_context(_desk(url, folder, crm.url))
        if away:
            _wait_in_vain(url, folder, away)
        _probe(running, waited_for, arrived, _FIRST_WITHIN_S)
        stack.enter_context(busy(running, folder, rate, 6 + probes * (_APART_S + 0.5)))
        return Rang(rate, away, [_probe(running, waited_for, arrived) for _ in range(probes)])


def _probe(
    running: Running, waited_for: set[str], arrived: dict[str, float], within_s: float = _WITHIN_S
) -> float:
    sid = f"s-bench{next(_numbers)}-1"
    delivery = visit(sid.removeprefix("s-").removesuffix("-1"), page=PAGE)
    headers = sign(SECRET, delivery.webhook_id, delivery.body)
    waited_for.add(sid)
    to = f"{running.receiver}{PATH}"
    httpx.post(to, content=delivery.body, headers=headers).raise_for_status()
    answered = time.monotonic()
    eventually(lambda: sid in arrived, within_s)
    time.sleep(_APART_S)
    return max(0.0, (arrived[sid] - answered) * 1000)


@contextmanager
def _desk(url: str, folder: Path, crm: str) -> Iterator[Running]:
    """Receiver, projector and sender on a database with a hundred rules, one of which rings."""
    key_file = folder / "keys"
    database = Database(url)
    add_rules(database, RULES - 1, key_file, f"{crm}/many")
    _add_webhook(database, "crm", crm, key_file)
    with database.write() as db:
        segments.save(db, "rings", f"page={PAGE}", who="bench", is_shared=True)
        rules.add(db, rules.read("rings", "rings", "visit", ["crm"], cap_per_hour=10_000), "bench")
    database.close()
    environment = _environment(url, folder)
    with (
        start(["receiver"], folder, environment, fresh=True) as running,
        start(["sender"], folder, environment, fresh=True),
    ):
        yield running


def _environment(url: str, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": url,
        "MIDBOUND_CLOUD_WEBHOOK_SECRET": SECRET,
        "RECEIVER_PORT": str(free_port()),
        "DASHBOARD_PORT": str(free_port()),
        "SENDER_PORT": str(free_port()),
        "SPOOL_DIR": str(folder / "spool"),
        "KEY_FILE": str(folder / "keys"),
        "SENDER_ALLOW_PRIVATE": "1",
        "LOG_LEVEL": "WARNING",
    }


def _add_webhook(database: Database, name: str, url: str, key_file: Path) -> None:
    with database.write() as db:
        destinations.add(
            db, key_file, name=name, kind="webhook", secrets=[url, WEBHOOK_SECRET],
            owner="bench", allow_private=True,
        )  # fmt: skip


def _wait_in_vain(url: str, folder: Path, many: int) -> None:
    """Messages for a destination where nobody answers."""
    database = Database(url)
    _add_webhook(database, "away", f"http://127.0.0.1:{free_port()}", folder / "keys")
    _post(database, "away", many)
    database.close()


def _post(database: Database, destination: str, many: int) -> None:
    """Messages about some people, as rules make them."""
    people = [visit(f"of-{destination}-{n}", page="/pricing") for n in range(_PEOPLE)]
    take_in(database, people)
    catch_up(database)
    rows = [
        outbox.message(
            LEAD, "rings", destination, str(n), made_at=now_ms(),
            sid=f"s-of-{destination}-{n % _PEOPLE}-1",
        )
        for n in range(many)
    ]  # fmt: skip
    with database.write() as db:
        outbox.post(db, rows)


def messages_a_second(url: str, folder: Path, many: int) -> float:
    """How many messages a second a sender takes to a webhook that answers at once, from the first
    that it took on; a server of its own, which does nothing else.
    """
    database = Database(url)

    def sent() -> list[int]:
        its = (OUTBOX.c.state == SENT, OUTBOX.c.destination == "own")
        with database.read() as db:
            return [int(at) for at in db.execute(select(OUTBOX.c.sent_at).where(*its)).scalars()]

    try:
        with serving(BODY_ONLY, "", folder) as server:
            _add_webhook(database, "own", server.receiver, folder / "keys")
            _post(database, "own", many)
            with start(["sender"], folder, _environment(url, folder), fresh=True):
                eventually(lambda: _left(database) == 0, 60 + many / 100)
            at = sorted(sent())
    finally:
        database.close()
    # What was written down with the first had been sent before the clock starts.
    later = [moment for moment in at if moment > at[0]]
    return len(later) * 1000 / max(at[-1] - at[0], 1)


def _left(database: Database) -> int:
    query = select(func.count()).where(OUTBOX.c.state != SENT, OUTBOX.c.destination == "own")
    with database.read() as db:
        return int(db.execute(query).scalar_one())
