"""What is told anew to whom: whoever changed, at the next look; nothing where nothing did."""

import json
import time

from dashboard.screens.live.looking import Looking
from dashboard.screens.live.wanted import EVERYBODY, Wanted, wanted
from models.annotations import mentions, statements
from models.storage.database import Database
from models.storage.version import advance
from tests.dashboard.deliveries import put
from tests.dashboard.screens.live.visitors import employee, guest, lately

ABROAD = wanted([("country", "DE")])
EVERY = {EVERYBODY, ABROAD, wanted([("country", "DE"), ("sort", "grade")])}


def _eyes(*, again_s: float = 1_000) -> Looking:
    """What is new is looked for at once; what time alone changes never, or so often."""
    return Looking(again_s=again_s, news_share=1)


def _told(database: Database, eyes: Looking) -> dict[Wanted, list[dict[str, object]]]:
    with database.read() as db:
        feeds = eyes.feeds(db, EVERY, set())
    return {one: json.loads(text)["leads"] for one, text in feeds.items()}


def test_who_is_told_is_who_it_means(database: Database) -> None:
    eyes = _eyes()
    assert _told(database, eyes) == {one: [] for one in EVERY}
    assert _told(database, eyes) == {}
    put(database, guest(1, first="Ana", country="PT"))
    assert [lead["who"] for lead in _told(database, eyes)[EVERYBODY]] == ["Ana"]
    put(database, guest(2, first="Dia", country="DE"))
    assert _told(database, eyes).keys() == EVERY
    with database.write() as db:
        advance(db)
    assert _told(database, eyes) == {}


def test_what_is_said_of_somebody_is_told_at_once(database: Database) -> None:
    eyes = _eyes()
    # The others came long after her: nothing is heard of her any more.
    put(database, guest(1, first="Dia", country="DE"), received_at=1_000_000)
    put(database, guest(2, first="Ana", country="PT"))
    _told(database, eyes)
    with database.write() as db:
        mentions.lock_mentions(db)
        statements.say(db, ["01VIS0001"], statements.OWNER, "ann@example.com", "ann@example.com")
        advance(db)
    told = _told(database, eyes)
    assert told.keys() == EVERY
    assert told[ABROAD][0]["owner"] == "ann@example.com"


def test_what_changes_others_is_told_a_little_later(database: Database) -> None:
    eyes = _eyes()
    an_hour_ago = int(time.time() * 1000) - 3_600_000
    put(database, lately(employee(1, "acme.com"), 60), received_at=an_hour_ago)
    (before,) = _told(database, eyes)[EVERYBODY]
    put(database, lately(employee(2, "acme.com"), 5))
    assert before in _told(database, eyes)[EVERYBODY]
    while not (told := _told(database, eyes)):
        time.sleep(0.02)
    assert [lead["people"] for lead in told[EVERYBODY]] == [2, 2]
    assert _told(database, eyes) == {}


def test_who_comes_back_is_told_all_again(database: Database) -> None:
    eyes = _eyes()
    put(database, guest(1, first="Dia", country="DE"))
    _told(database, eyes)
    with database.read() as db:
        assert eyes.feeds(db, EVERY, {ABROAD}).keys() == {ABROAD}
        assert eyes.feeds(db, {EVERYBODY}, set()) == {}
        assert eyes.feeds(db, EVERY, set()).keys() == EVERY - {EVERYBODY}
