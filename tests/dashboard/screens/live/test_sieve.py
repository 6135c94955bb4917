"""What is sifted a little at a time is what is sifted whole, on both databases."""

from dashboard.screens.live.queries import fitting
from dashboard.screens.live.sieve import Look, Sieve
from dashboard.screens.live.wanted import EVERYBODY, Wanted, wanted
from models.sayings import segments
from models.storage.database import Database
from tests.dashboard.deliveries import put
from tests.dashboard.screens.live.visitors import guest

FILTERS = (
    EVERYBODY,
    wanted([("country", "PT")]),
    wanted([("country.not", "PT"), ("bots", "show")]),
    wanted([("segment", "south")]),
    wanted([("utm_campaign", "nobody")]),
    wanted([("country.not", "DE"), ("sort", "grade")]),
)


def test_looks_at_what_changed_give_what_a_look_at_all_gives(database: Database) -> None:
    with database.write() as db:
        segments.save(db, "south", "country=PT&device=desktop", who="x", is_shared=True)
    sieve = Sieve()
    at = 1_700_000_000_000
    for step in range(24):
        country, score = ("PT", "ES", "DE")[step % 3], (90, 4)[step % 4 == 1]
        event = guest(step % 10, first=f"G{step % 10}", country=country, score=score)
        event |= {"id": f"evt_step_{step}"}
        sid = f"01STEP{step}"
        event["data"]["session"]["sid"] = event["data"]["attribution"]["sessionId"] = sid
        # Some come late: received before what is known already.
        put(database, event, received_at=at + step * 1_000 - (15_000 if step % 5 == 4 else 0))
        with database.read() as db:
            for one in FILTERS:
                assert sieve.newest(Look(db), one).fitting == fitting(db, one), (step, one)


def test_what_is_as_before_is_said_to_be(database: Database) -> None:
    sieve, abroad = Sieve(), wanted([("country", "DE")])
    put(database, guest(1, country="PT"), guest(2, country="DE"))
    with database.read() as db:
        assert sieve.newest(Look(db), abroad).is_other
        assert not sieve.newest(Look(db), abroad).is_other
    put(database, guest(3, country="PT"))
    assert not _other(database, sieve, abroad)
    put(database, guest(4, country="DE"))
    assert _other(database, sieve, abroad)


def _other(database: Database, sieve: Sieve, one: Wanted) -> bool:
    with database.read() as db:
        return sieve.newest(Look(db), one).is_other
