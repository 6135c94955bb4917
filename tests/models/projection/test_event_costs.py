"""An event costs what it says, not what hangs together: by CPU, at 30,000 and at 300."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from models.facts.ignored import Ignoring
from models.kept_out.names import Bar, barred_names
from models.storage.database import Database
from tests.desk import catch_up, take_in
from tests.models.people import ANN, check, profile, visit
from tests.reference.events import Delivery
from tests.reference.test_reference import Json, sent

FEW, MANY = 300, 30_000
TIMES = 9
"""How often each event is tried; the least counts, for others use the machine."""

Fill = Callable[[int, int], Iterator[Delivery]]
Event = Callable[[int], Delivery]


def addresses(first: int, end: int) -> Iterator[Delivery]:
    """A lead that holds very many."""
    for number in range(first, end, 300):
        some = (f"a{one}@x{one % 50}.org" for one in range(number, number + 300))
        yield visit(number, "v", f"s{number}", *some, url=ANN)


def addresses_of_nobody(first: int, end: int) -> Iterator[Delivery]:
    """A browser without profile in which very many are given, in one visit."""
    for number in range(first, end, 300):
        some = (f"a{one}@x{one % 50}.org" for one in range(number, number + 300))
        yield visit(number, "v", "s0", *some)


def visits(first: int, end: int) -> Iterator[Delivery]:
    """A browser that comes again and again."""
    for number in range(first, end):
        url = ANN if number % 2 else None
        yield visit(number, "v", f"s{number}", "ann@acme.com", url=url, employer="Acme")


def colleagues(first: int, end: int) -> Iterator[Delivery]:
    """A company where very many work."""
    for number in range(first, end):
        yield _joins(number, f"w{number}")


def pages(first: int, end: int) -> Iterator[Delivery]:
    """A visit with very many pages; of those beyond 10,000 it loses the rest."""
    del first
    yield visit(1, "v", "s0", "ann@acme.com", url=ANN)
    yield _over(2 + end, end)


def _joins(at: int, who: str, growth: float = 1.0) -> Delivery:
    firm: Json = {"domain": "acme.com", "name": "Acme", "_type": "full"}
    firm["headcount"] = {"growth": {"yoy": growth}}
    return profile(at, f"v-{who}", f"s-{who}", f"linkedin.com/in/{who}", who, firm)


def _over(at: int, many: int, sid: str = "s0") -> Delivery:
    events = [{"signal": "pageview", "url": f"https://x.io/{n}", "ts": n} for n in range(many)]
    return sent("session.finalized", at, {"session": {"vid": "v", "sid": sid, "events": events}})


def comes(url: str | None) -> Event:
    return lambda at: visit(at, "v", f"new{at}", f"new{at}@x.org", url=url)


def is_heard_of(url: str | None) -> Event:
    return lambda at: visit(at, "v", "s0", "a1@x1.org", url=url)


def is_checked(at: int) -> Delivery:
    return check(at, "v", "s0", "a1@x1.org", ("valid", "invalid")[at % 2])


def changes_jobs(at: int) -> Delivery:
    return profile(at, "v", "s0", ANN, f"Ann {at % 7}", {"domain": f"firm{at % 2}.com"})


def is_over(at: int) -> Delivery:
    return _over(at, 3, f"new{at}")


SHAPES: dict[str, tuple[Fill, dict[str, Event]]] = {
    "a lead's addresses": (
        addresses,
        {
            "comes": comes(ANN),
            "is heard of": is_heard_of(ANN),
            "is checked": is_checked,
            "changes jobs": changes_jobs,
        },
    ),
    "a browser's addresses": (
        addresses_of_nobody,
        {"comes": comes(None), "is heard of": is_heard_of(None), "is checked": is_checked},
    ),
    "a browser's visits": (
        visits,
        {
            "comes": comes(ANN),
            "is heard of": is_heard_of(ANN),
            "is checked": is_checked,
            "changes jobs": changes_jobs,
            "is over": is_over,
        },
    ),
    "a company's people": (
        colleagues,
        {
            "comes": comes(None),
            "begins there": lambda at: _joins(at, f"new{at}"),
            "the company grows": lambda at: _joins(at, f"w{at % 100}", growth=at),
        },
    ),
    "a visit's pages": (
        pages,
        {
            "comes": comes(ANN),
            "is heard of": is_heard_of(ANN),
            "is checked": is_checked,
            "changes jobs": changes_jobs,
        },
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("shape", SHAPES)
def test_an_event_costs_at_30000_at_most_twice_what_it_does_at_300(
    database: Database, shape: str
) -> None:
    # Somebody was forgotten once, so that all who come are looked at.
    with database.deriving() as db:
        barred_names(database, Ignoring()).add(db, ["vid:forgotten"], Bar("forgotten", sure=True))
    fill, events = SHAPES[shape]
    costs: dict[str, list[float]] = {what: [] for what in events}
    first = 0
    for size in (FEW, MANY):
        take_in(database, fill(first, size))
        catch_up(database)
        first = size
        for place, (what, event) in enumerate(events.items()):
            begin = MANY + size + 100 * (1 + place)
            costs[what].append(min(_cost(database, event(begin + n)) for n in range(TIMES)))
    too_much = {what: its for what, its in costs.items() if its[1] > 2 * its[0]}
    assert too_much == {}


def _cost(database: Database, delivery: Delivery) -> float:
    """CPU seconds that it takes to derive one, ours and the database's."""
    take_in(database, [delivery])
    before = time.process_time() + _server_s(database)
    catch_up(database)
    return time.process_time() + _server_s(database) - before


def _server_s(database: Database) -> float:
    """CPU seconds of a Postgres database's own processes so far; SQLite has none."""
    if not database.is_postgres:
        return 0.0
    backends = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database()")
    with database.read() as db:
        pids = db.execute(backends).scalars().all()
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9 for pid in pids)
