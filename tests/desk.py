"""The product as a test uses it: take deliveries in, derive them, read the exports."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from dashboard.exports.csv_text import stream
from models.exports.columns import EXPORTS
from models.facts.agents import describe_agent
from models.facts.channels import channel_of
from models.facts.ignored import Ignoring
from models.facts.keys import country_code
from models.facts.titles import meaning as titles
from models.filters.query import Filters, Question
from models.filters.times import When
from models.ledger import deliveries as ledger
from models.ledger.deliveries import Delivery
from models.projector import deriving
from models.storage.database import Database
from tests.reference import events
from tests.reference import leads as reference

NOBODY = Ignoring()
"""The lists of whom to ignore while none is set."""


def take_in(database: Database, deliveries: Iterable[events.Delivery], group: int = 256) -> None:
    """Put deliveries into the ledger, some at a time, without deriving them."""
    rest = iter(deliveries)
    while some := list(islice(rest, group)):
        kept = [Delivery(d.webhook_id, d.received_at, "1", "v1,test", d.body) for d in some]
        ledger.keep(database, kept)


def catch_up(database: Database, lists: Ignoring = NOBODY) -> None:
    """Return when all that was taken in is derived; the lists say whom to ignore."""
    deriving.catch_up(database, lists)


def this_moment() -> When:
    """Now, with the days of UTC: for what is asked."""
    return When.now(ZoneInfo("UTC"))


def question(given: Mapping[str, object] | None = None, /, **more: object) -> Question:
    """Filters, as of now, by name: texts, lists of texts, numbers; `since` and `until` in ms."""
    pairs = [
        (name, _text(name, value))
        for name, values in (dict(given or {}) | more).items()
        for value in (values if isinstance(values, list) else [values])
        if value is not None
    ]
    return Question(Filters.parse(pairs), this_moment())


def _text(name: str, value: object) -> str:
    if name in {"since", "until", "new_since"} and isinstance(value, int):
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
    return str(value)


DERIVED = [name for name in EXPORTS if name != "audit"]
"""Exports of what was derived; the audit log comes of no delivery."""


def exported(database: Database) -> dict[str, str]:
    """Every export of what is derived, whole, once everything taken in is."""
    catch_up(database)
    with database.read() as db:
        return {name: "".join(stream(db, name, question())) for name in DERIVED}


def expected(deliveries: Sequence[events.Delivery]) -> dict[str, str]:
    """The same by the reference reading of the merge rules."""
    return reference.exports(
        deliveries,
        describe_agent=describe_agent,
        iso2=country_code,
        channel_of=_channel_of,
        meaning_of=_meaning_of,
    )


def _channel_of(
    source: str | None,
    medium: str | None,
    referrer: str | None,
    landing_page: str | None,
    has_gclid: bool,  # noqa: FBT001 - as the reference asks
) -> str:
    return channel_of(source, medium, referrer, landing_page, has_gclid=has_gclid)


def _meaning_of(title: str) -> tuple[str, str]:
    meaning = titles.meaning_of(title)
    return meaning.seniority, meaning.department


def without_errors(exports: dict[str, str]) -> dict[str, str]:
    """Exports with what quarantine says replaced, for the reference does not word errors."""
    header, *rows = exports["quarantine"].split("\r\n")
    cut = [row.rpartition("Z,")[0] + "Z,error" if row else row for row in rows]
    return exports | {"quarantine": "\r\n".join([header, *cut])}


def eventually(holds: Callable[[], bool], within_s: float = 30) -> None:
    """Return as soon as something holds; fail when it does not within `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"still not so after {within_s} s"
        time.sleep(0.1)
