"""A segment of a hundred thousand costs Live no more than one of ten: both are asked of the newest
leads, and of no others.
"""

import time
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import Table, text

from dashboard.screens.live.queries import WINDOW
from dashboard.screens.live.sifting.sieve import Look, Sieve
from dashboard.screens.live.wanted import Wanted, wanted
from models.filters.query import Filters
from models.segments import segments
from models.segments.asking import asked
from models.segments.members import count
from models.storage.database import Database
from models.tables import LEAD, SESSION, SESSION_PAGE
from tests.dashboard.deliveries import put
from tests.dashboard.screens.live.visitors import guest
from tests.desk import this_moment

MANY, TEN = 100_000, 10
ROUNDS = 5
QUERIES = {
    "many_devices": "device=desktop",
    "ten_devices": "device=mobile",
    "many_readers": "page=/blog&bots=hide",
    "ten_readers": "page=/pricing&bots=hide",
}


@pytest.fixture
def crowd(database: Database) -> Database:
    """A hundred thousand leads, ten of whom are otherwise."""
    put(database, guest(1, page="https://www.example.com/blog", score=90))
    with database.write() as db:
        for name, query in QUERIES.items():
            segments.save(db, name, query, who="x", is_shared=True)
        for table, own in (
            (LEAD, {"key": "'k' || i", "last_sid": "'s' || i", "heard_at": "heard_at - i"}),
            (SESSION, {"sid": "'s' || i", "lead": "'k' || i"}),
            (SESSION_PAGE, {"sid": "'s' || i"}),
        ):
            db.execute(text(_copies(table, own)), {"many": MANY})
        ten = "sid IN ({})".format(", ".join(f"'s{n}'" for n in range(1, TEN + 1)))
        db.execute(text(f"UPDATE session SET device = 'mobile' WHERE {ten}"))
        db.execute(text(f"UPDATE session_page SET path = '/pricing' WHERE {ten}"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("ANALYZE"))
    return database


def _copies(table: Table, own: dict[str, str]) -> str:
    """The only row there is, as often as `many` says, each with columns of its own."""
    names = [one.name for one in table.columns]
    columns = [f'"{name}"' for name in names]
    values = [own.get(name) or f'"{name}"' for name in names]
    return (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)"
        f' INSERT INTO "{table.name}" ({", ".join(columns)}) SELECT {", ".join(values)}'
        f' FROM n, "{table.name}"'
    )


@pytest.mark.long
@pytest.mark.parametrize("what", ["devices", "readers"])
def test_a_large_segment_costs_live_what_a_small_one_does(crowd: Database, what: str) -> None:
    many, ten = (wanted([("segment", f"{size}_{what}")]) for size in ("many", "ten"))
    with crowd.read() as db:
        asks = asked(db, Filters.parse({"segment": f"many_{what}"}), this_moment())
        assert count(db, asks) > MANY - TEN
    # Whoever is looked at alone, and all: in turns, for the machine does other things, too.
    costs = [(_cost(crowd, many), _cost(crowd, ten)) for _ in range(ROUNDS)]
    for large, small in zip(*(_least(its) for its in zip(*costs, strict=True)), strict=True):
        assert large < 1.5 * small


def _least(costs: Sequence[tuple[float, float]]) -> list[float]:
    return [min(its) for its in zip(*costs, strict=True)]


def _cost(database: Database, one: Wanted) -> tuple[float, float]:
    """Seconds of a look at all, and of one at what is new."""
    clock: Callable[[], float] = time.monotonic if database.is_postgres else time.thread_time
    sieve = Sieve()
    with database.read() as db:
        began = clock()
        ((found,),) = [list(some.values()) for some in sieve.whole(Look(db), [one])]
        between = clock()
        sieve.newest(Look(db))
        ended = clock()
    assert len(found.matching.keys) in {TEN, WINDOW - TEN}
    return between - began, ended - between
